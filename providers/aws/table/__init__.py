"""The resource table: every Pulumi type and data source that the simulated AWS knows. Adding one is adding an entry."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from soundstage.providers.aws.table import lookups
from soundstage.providers.entry import Entry, Invoke

_MODULES: Final = (
    "accessanalyzer", "addresses", "bucket_settings", "budgets", "cloudtrail", "compute", "costexplorer", "dlm", "dns", "ebs",
    "endpoints", "exclusive", "iam", "instance", "kms", "network", "s3", "scheduler", "security_groups", "sns", "ssm",
    "watching",
)  # fmt: skip

TYPES: Final[Mapping[str, Entry]] = MappingProxyType(
    {entry.token: entry for name in _MODULES for entry in import_module(f"{__name__}.{name}").TYPES}
)
INVOKES: Final[Mapping[str, Invoke]] = MappingProxyType(dict(lookups.LOOKUPS))
