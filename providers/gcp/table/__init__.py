"""The resource table: every Pulumi type and data source of Google Cloud that we know. Adding one is adding an entry."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from soundstage.providers.entry import Entry, Invoke
from soundstage.providers.gcp.table import lookups

_MODULES: Final = ("compute", "iam", "logs", "network", "storage")

TYPES: Final[Mapping[str, Entry]] = MappingProxyType(
    {entry.token: entry for name in _MODULES for entry in import_module(f"{__name__}.{name}").TYPES}
)
INVOKES: Final[Mapping[str, Invoke]] = MappingProxyType(dict(lookups.LOOKUPS))
