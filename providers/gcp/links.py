"""Names of things as Compute Engine takes them: a program says `nvidia-l4-vws`, the API wants to know whose and where."""

from collections.abc import Mapping
from typing import Any, Final

_WHERE: Final = {
    "acceleratorType": "zones/{zone}/acceleratorTypes",
    "diskType": "zones/{zone}/diskTypes",
    "machineType": "zones/{zone}/machineTypes",
    "network": "global/networks",
    "sourceSnapshot": "global/snapshots",
    "subnetwork": "regions/{region}/subnetworks",
}
"""Property → what it names, and where that is."""


def region_of(zone: str) -> str:
    """`europe-west4` of `europe-west4-a`."""
    return zone.rpartition("-")[0]


def linked(body: Any, params: Mapping[str, Any]) -> Any:
    """A body in which every bare name is a part of an address, as far as the parameters of the call say where."""
    zone = str(params.get("zone", ""))
    place = {"project": params.get("project"), "zone": zone, "region": params.get("region") or region_of(zone)}
    kind = {"type": "zones/{zone}/diskTypes"} if "sizeGb" in body or "sourceImage" in body else {}
    return _linked(body, place, {**_WHERE, **kind})


def _linked(value: Any, place: Mapping[str, Any], where: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _link(item, where[key], place)
            if key in where and isinstance(item, str)
            # Only the outermost object can be a disk.
            else _linked(item, place, _WHERE)
            for key, item in value.items()
        }
    return [_linked(item, place, _WHERE) for item in value] if isinstance(value, list) else value


def _link(name: str, where: str, place: Mapping[str, Any]) -> str:
    path = where.format_map(place)
    return name if "/" in name or not name or "//" in path else f"projects/{place['project']}/{path}/{name}"
