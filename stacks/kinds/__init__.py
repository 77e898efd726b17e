"""What resources on record or in a plan are, whatever the cloud: a machine, a disk, a bucket, and what is read off each."""
