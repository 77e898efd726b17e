"""AWS as a table: one entry in `table/` for each Pulumi resource type says which calls create, read, change and delete it.
`provider.AwsProvider` does what the table says, by `providers.table_provider`; `work` is one operation on one resource, `mapping` how
a property and a parameter say the same, `permissions` what it takes.
"""

from typing import Final

from soundstage.providers.base import Package

PACKAGE: Final = Package("aws", "7.51.1")
"""What the types of the table are those of; it belongs to the installed `pulumi-aws`."""
