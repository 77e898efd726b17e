"""All policies, by id."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType, ModuleType

from soundstage.core.errors import UsageError
from soundstage.policies.checks import (
    accounts,
    cost,
    deputies,
    entrance,
    google_roles,
    governance,
    identity,
    idle,
    keys,
    logging,
    names,
    network_layout,
    network_reach,
    network_zones,
    residency,
    rights,
    services,
    sessions,
    storage,
    storage_media,
    storage_sharing,
    trust,
    workstation,
    workstation_economy,
)
from soundstage.policies.policy import AREAS, Policy

MODULES: tuple[ModuleType, ...] = (
    network_reach,
    network_zones,
    names,
    network_layout,
    workstation,
    entrance,
    workstation_economy,
    idle,
    sessions,
    storage,
    storage_media,
    residency,
    storage_sharing,
    identity,
    rights,
    trust,
    deputies,
    accounts,
    google_roles,
    keys,
    logging,
    services,
    cost,
    governance,
)


def _order(policy: Policy) -> tuple[int, int]:
    area, _, number = policy.id.partition("-")
    return tuple(AREAS).index(area), int(re.sub(r"\D", "", number))


@cache
def catalogue() -> Mapping[str, Policy]:
    """Every policy, ordered by area and number."""
    found = [item for module in MODULES for item in vars(module).values() if isinstance(item, Policy)]
    return MappingProxyType({item.id: item for item in sorted(found, key=_order)})


def find(id: str, place: str = "") -> Policy:
    """The policy with this id; `UsageError` names the nearest one otherwise."""
    policies = catalogue()
    if id.upper() in policies:
        return policies[id.upper()]
    nearest = get_close_matches(id.upper(), policies, n=1)
    meant = f' Did you mean "{nearest[0]}"?' if nearest else ""
    raise UsageError(f"{place}There is no policy {id!r}.{meant}", "List them with `workstation check --list`.")
