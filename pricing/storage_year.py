"""A year of a bucket, month by month: what of it is in which storage class, as media come in evenly and age through lifecycle rules.

Exact for an even flow: what is between two ages at a moment is the flow of the days between, and a month is billed by its average.
Versions that were replaced are not counted. How S3 bills each class is in data/storage_classes.json.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import ceil, inf
from typing import Any, Final

from soundstage.components.lifecycle import LEAST_BILLED_DAYS
from soundstage.pricing.facts import price
from soundstage.pricing.lines import MONTHS

DAYS_A_MONTH: Final = 365 / 12
PART_MIB: Final = 8
"""A larger file is sent in parts of this size, each a request (AWS CLI, `multipart_chunksize`)."""
_KIB_A_GIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Flow:
    """What comes into a bucket. `tiers` are (days of age, storage class), rising; `expires_days` None for never."""

    gib_per_month: float
    stored_gib: float
    mean_file_mib: float
    tiers: tuple[tuple[int, str], ...] = ()
    expires_days: int | None = None
    cloud: str = "aws"


@dataclass(frozen=True, slots=True)
class Part:
    """What one month costs for one reason. `key` is the class or `requests`, `moves`, `early`; `gib` is the average that is stored."""

    key: str
    gib: float
    usd: float


def year(flow: Flow, region: str) -> tuple[tuple[Part, ...], ...]:
    """The parts of each of the twelve months. Raises `LookupError` with the item that has no price in the region."""
    return tuple(tuple(_month(flow, region, number)) for number in range(MONTHS))


def priced_items(flow: Flow) -> list[str]:
    """The items whose prices a year takes."""
    found = ["s3.standard.put"]
    for start, storage_class in spans(flow):
        item = classes()[storage_class]["item"]
        found += [f"{item}.storage"] if storage_class != "INTELLIGENT_TIERING" else [name for _, name in _INTELLIGENT]
        found += [f"{item}.transition"] if start[0] else []
    return list(dict.fromkeys(found))


_INTELLIGENT: Final = (
    (0, "s3.intelligent_tiering.storage"),
    (30, "s3.intelligent_tiering.storage.infrequent"),
    (90, "s3.intelligent_tiering.storage.archive_instant"),
)
"""Days without a read after which Intelligent-Tiering bills an object lower (Amazon S3 User Guide, read 2026-11)."""


def _month(flow: Flow, region: str, number: int) -> Iterator[Part]:
    begin, end = number * DAYS_A_MONTH, (number + 1) * DAYS_A_MONTH
    a_day, kib = flow.gib_per_month / DAYS_A_MONTH, flow.mean_file_mib * 1024
    requests = 1 if flow.mean_file_mib <= PART_MIB else ceil(flow.mean_file_mib / PART_MIB) + 2
    yield Part("requests", 0.0, _usd("s3.standard.put", objects(flow.gib_per_month, kib) * requests, region))
    for (start, stop), storage_class in spans(flow):
        rules = classes()[storage_class]
        stored = between(flow, a_day, start, stop, begin, end)
        number_of = objects(stored, kib)
        billed = stored if kib >= rules["least_kib"] else number_of * rules["least_kib"] / _KIB_A_GIB
        if storage_class == "INTELLIGENT_TIERING":
            usd = _usd("s3.intelligent_tiering.monitoring", number_of, region)
            for (after, item), until in zip(_INTELLIGENT, [30, 90, inf], strict=True):
                first, last = start + after, min(stop, start + until)
                usd += _usd(item, between(flow, a_day, first, last, begin, end), region) if last > first else 0.0
        else:
            usd = _usd(
                f"{rules['item']}.storage", billed + number_of * rules["overhead_class_kib"] / _KIB_A_GIB, region
            )
        if rules["overhead_standard_kib"]:
            usd += _usd("s3.standard.storage", number_of * rules["overhead_standard_kib"] / _KIB_A_GIB, region)
        yield Part(storage_class, stored, usd)
        if start:
            moved = a_day * max(0.0, end - max(begin, start)) + (flow.stored_gib if begin <= start < end else 0.0)
            yield Part("moves", 0.0, _usd(f"{rules['item']}.transition", objects(moved, kib), region))
        too_early = LEAST_BILLED_DAYS.get(storage_class, 0) - (stop - start)
        if too_early > 0:
            left = a_day * max(0.0, end - max(begin, stop)) + (flow.stored_gib if begin <= stop < end else 0.0)
            yield Part("early", 0.0, _usd(f"{rules['item']}.storage", left * too_early / DAYS_A_MONTH, region))


def spans(flow: Flow) -> list[tuple[tuple[float, float], str]]:
    """From which to which age (days) media are in which class. Smaller files than 128 KiB are not moved."""
    moves: Sequence[tuple[int, str]] = flow.tiers
    if flow.cloud == "aws" and flow.mean_file_mib * 1024 < _document()["smallest_moved_kib"]:
        moves = ()
    ends = inf if flow.expires_days is None else float(flow.expires_days)
    starts = [(0, "STANDARD"), *sorted(moves)]
    found = []
    for (start, storage_class), following in zip(starts, [*(day for day, _ in starts[1:]), inf], strict=True):
        stop = min(float(following), ends)
        if stop > start:
            found.append(((float(start), stop), storage_class))
    return found


def between(flow: Flow, a_day: float, start: float, stop: float, begin: float, end: float) -> float:
    """The GiB between two ages, on the average from day `begin` to day `end`."""
    flowed = a_day * (_area(start, stop, end) - _area(start, stop, begin)) / (end - begin)
    there = flow.stored_gib * max(0.0, min(end, stop) - max(begin, start)) / (end - begin)
    return flowed + there


def _area(start: float, stop: float, day: float) -> float:
    """What is between two ages, summed over the days to `day`, for a flow of 1 a day."""
    if day <= start:
        return 0.0
    if day <= stop:
        return (day - start) ** 2 / 2
    return (stop - start) ** 2 / 2 + (stop - start) * (day - stop)


def objects(gib: float, kib: float) -> float:
    return gib * _KIB_A_GIB / kib if kib else 0.0


def _usd(item: str, quantity: float, region: str) -> float:
    found = price("aws", item, region)
    if found is None:
        raise LookupError(item)
    return found.amount(quantity)


def classes() -> dict[str, Any]:
    """The storage classes of S3, and how each is billed."""
    found: dict[str, Any] = _document()["classes"]
    return found


def google_classes() -> dict[str, Any]:
    """The storage classes of Cloud Storage."""
    found: dict[str, Any] = _document()["google"]["classes"]
    return found


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (files("soundstage.pricing") / "data" / "storage_classes.json").read_text("utf-8")
    )
    return document
