"""What protects work and media: disks, their last snapshots, keys, and what deleting media takes."""
