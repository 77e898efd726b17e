"""AWS as a table: one entry in `table/` for each Pulumi resource type says which calls create, read, change and delete it.
`provider.AwsProvider` does what the table says, by `providers.table_provider`; `permissions` is what it takes, `seeking` and `adoption`
find what was lost.
"""

from typing import Final

from soundstage.providers.base import Package

PACKAGE: Final = Package("aws", "7.51.1")
"""What the types of the table are those of; it belongs to the installed `pulumi-aws`."""
