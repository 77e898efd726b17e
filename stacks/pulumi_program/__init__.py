"""What the plain `pulumi` command runs in this checkout (see Pulumi.yaml)."""
