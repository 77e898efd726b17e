"""What the simulated cloud keeps faithfully and never acts on. A plan shows it, so that nobody takes it for tried."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from soundstage.providers.aws.table import TYPES

RECORDED_ONLY: Final[Mapping[str, str]] = MappingProxyType(
    {token: entry.recorded for token, entry in sorted(TYPES.items()) if entry.recorded}
)
"""Pulumi type → what does not happen."""

NOT_EMULATED: Final = (
    "Network packets: a security group, route, network ACL or DNS rule is kept, and nothing passes or is stopped by it.",
    "The policies of VPC endpoints, and those of an organisation: they are kept and not judged.",
    "What runs on a machine: boot scripts are kept and not run. A session leads to a page and an SSH server on this computer.",
    "Time that passes on machines: a machine runs at once, and no idle stop or alarm acts by itself. Budgets and schedules do.",
    "Copies of objects, events and logs to other places.",
    "Capacity: the cloud has every machine that a zone offers, until `simulator faults` says otherwise.",
    "What is billed by traffic and requests. The bill counts what is there by the hour: machines, disks, addresses, keys, objects.",
)
"""What the simulated cloud does not do at all, one sentence each."""
