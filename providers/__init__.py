"""One Pulumi provider for each kind of cloud: `base.CloudProvider` says what it is, `table_provider` makes one of a cloud's catalogue,
`aws/` has the one for AWS, `gcp/` the one for Google Cloud. Both engines use it on the simulated cloud; on a real one it finds what was
lost (`aws.seeking`, `gcp.seeking`) and says which permissions a call takes.

A catalogue's table has one `entry` for each type; `mapping` is how a property and a parameter say the same, `work` one operation on one
resource, `calls` how one call is made, tried again and refused.
"""
