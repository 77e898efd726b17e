"""Prices that a cloud itself was asked for, kept in the state folder beside those that come with Soundstage: the newer ones hold.

Read from the answers of the AWS Price List (`GetProducts`, `FormatVersion` aws_v1) and of `DescribeSpotPriceHistory`. Which usage type
an item is, and by how much its unit differs from ours, is in data/price_list.csv.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.core.errors import StateError
from soundstage.core.home import home_to_read, state_home

FORMAT: Final = "soundstage.prices/1"
FILE: Final = "prices.json"
MOST_BYTES: Final = 8 << 20
_SHARED: Final = {"tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
"""What of an EC2 product is the machine as anybody rents it."""


@dataclass(frozen=True)
class Refreshed:
    """What AWS asks in one region on one day, in US dollars: machines by system an hour, spot from the cheapest zone to the dearest with
    Linux, items by the bands of a month."""

    region: str
    taken: date
    machines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    spot: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    items: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


def machines_in(products: Iterable[str]) -> dict[str, dict[str, float]]:
    """Machine type → system (`linux`, `windows`) → US dollars an hour, of the products that are machines as anybody rents them."""
    found: dict[str, dict[str, float]] = {}
    for product in map(json.loads, products):
        has = product["product"]["attributes"]
        system = str(has.get("operatingSystem", "")).lower()
        plain = has.get("licenseModel", "No License required") == "No License required" and has.get(
            "operation", ""
        ).startswith("RunInstances")
        if system in ("linux", "windows") and plain and all(has.get(key) == value for key, value in _SHARED.items()):
            for _, usd in _bands(product, "Hrs"):
                found.setdefault(has["instanceType"], {})[system] = usd
    return found


def bands_in(products: Iterable[str], usage: str, unit: str, factor: float) -> tuple[tuple[float, float], ...]:
    """The bands of the one product whose usage type is `usage`, as the region calls it (`EU-NatGateway-Hours`); none where there is no
    such product, or several that ask different prices."""
    found = set()
    for product in map(json.loads, products):
        called = str(product["product"]["attributes"].get("usagetype", ""))
        if called == usage or called.endswith(f"-{usage}"):
            bands = tuple(sorted((start, usd * factor) for start, usd in _bands(product, unit)))
            if bands and any(usd for _, usd in bands):
                found.add(bands)
    return found.pop() if len(found) == 1 else ()


def spot_in(history: Iterable[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Machine type → the lowest and the highest price of its zones, each zone's newest."""
    newest: dict[tuple[str, str], tuple[Any, float]] = {}
    for one in history:
        key = (one["InstanceType"], one["AvailabilityZone"])
        if key not in newest or one["Timestamp"] > newest[key][0]:
            newest[key] = (one["Timestamp"], float(one["SpotPrice"]))
    by_type: dict[str, list[float]] = {}
    for (type, _), (_, usd) in newest.items():
        by_type.setdefault(type, []).append(usd)
    return {type: (min(found), max(found)) for type, found in by_type.items()}


def keep(found: Refreshed) -> Path:
    """Keep what was asked, in the place of what was kept for the region. Returns the file."""
    path = state_home() / FILE
    regions = _document(path)["regions"] if path.exists() else {}
    regions[found.region] = {
        "taken": found.taken.isoformat(),
        "machines": {type: dict(usd) for type, usd in sorted(found.machines.items())},
        "spot": {type: list(usd) for type, usd in sorted(found.spot.items())},
        "items": {item: [list(band) for band in bands] for item, bands in sorted(found.items.items())},
    }
    files.write(path, json.dumps({"format": FORMAT, "regions": regions}, indent=1) + "\n", 0o600)
    return path


def kept() -> list[Refreshed]:
    """What was kept. Raises `StateError` for a file that is no such thing."""
    path = home_to_read() / FILE
    if not path.exists():
        return []
    try:
        return [
            Refreshed(
                region, date.fromisoformat(one["taken"]), one["machines"],
                {type: (float(low), float(high)) for type, (low, high) in one["spot"].items()},
                {item: tuple((float(start), float(usd)) for start, usd in bands) for item, bands in one["items"].items()},
            )
            for region, one in _document(path)["regions"].items()
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path) from error


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(files.read(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or not isinstance(document.get("regions"), dict)
    ):
        raise _damaged(path)
    return document


def _damaged(path: Path) -> StateError:
    return StateError(
        f"{path} holds no prices that can be read.", "Delete it, and run `workstation prices --refresh` again."
    )


def _bands(product: Mapping[str, Any], unit: str) -> Iterator[tuple[float, float]]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            if str(dimension["unit"]).lower() == unit.lower() and "USD" in dimension["pricePerUnit"]:
                yield float(dimension.get("beginRange") or 0), float(dimension["pricePerUnit"]["USD"])
