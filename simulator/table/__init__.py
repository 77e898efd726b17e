"""The resource table: every Pulumi type and data source that the simulated AWS knows. Adding one is adding an entry."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from soundstage.simulator.table import compute, ebs, endpoints, iam, kms, network, s3, security_groups
from soundstage.simulator.table.entry import Entry, Invoke

_SERVICES: Final = (network, security_groups, endpoints, compute, ebs, kms, iam, s3)

TYPES: Final[Mapping[str, Entry]] = MappingProxyType(
    {entry.token: entry for service in _SERVICES for entry in service.TYPES}
)
INVOKES: Final[Mapping[str, Invoke]] = MappingProxyType({})
