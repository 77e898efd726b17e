"""One Pulumi provider for each kind of cloud: `base.CloudProvider` says what it is, `aws/` is the one for AWS. Both engines use it on the
simulated cloud; on a real one it finds what was lost (`aws.seeking`) and says which permissions a call takes.
"""
