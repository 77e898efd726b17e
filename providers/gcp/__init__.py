"""Google Cloud as a table: `documents/` are Google's own descriptions of its APIs, `discovery` reads them, and one entry in `table/` for
each Pulumi resource type says what of them creates, reads, changes and deletes it. `rest` makes the calls, `editing` those that change
a part of something that Google takes as a whole; `provider.GoogleProvider` does what the table says, by `providers.table_provider`.
"""

from typing import Final

from soundstage.providers.base import Package

PACKAGE: Final = Package("gcp", "10.2.0")
"""What the types of the table are those of; it belongs to the installed `pulumi-gcp`."""
