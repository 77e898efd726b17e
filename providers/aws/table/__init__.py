"""The resource table: every Pulumi type and data source that the simulated AWS knows. Adding one is adding an entry."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from soundstage.providers.aws.table import (
    accessanalyzer,
    addresses,
    bucket_settings,
    budgets,
    cloudtrail,
    compute,
    costexplorer,
    dns,
    ebs,
    endpoints,
    exclusive,
    iam,
    instance,
    kms,
    lookups,
    network,
    s3,
    scheduler,
    security_groups,
    sns,
    ssm,
    watching,
)
from soundstage.providers.aws.table.entry import Entry, Invoke

_SERVICES: Final = (
    accessanalyzer,
    addresses,
    bucket_settings,
    budgets,
    cloudtrail,
    compute,
    costexplorer,
    dns,
    ebs,
    endpoints,
    exclusive,
    iam,
    instance,
    kms,
    network,
    s3,
    scheduler,
    security_groups,
    sns,
    ssm,
    watching,
)

TYPES: Final[Mapping[str, Entry]] = MappingProxyType(
    {entry.token: entry for service in _SERVICES for entry in service.TYPES}
)
INVOKES: Final[Mapping[str, Invoke]] = MappingProxyType(dict(lookups.LOOKUPS))
