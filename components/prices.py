"""What machines and the keeping of work disks cost, as far as a price is known. The figures, their source and their date are in
`data/prices.json`. US dollars; those of snapshots are those of us-east-1, and other regions ask somewhat more."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


def machine_hour(type: str, region: str) -> float | None:
    """US dollars an hour of a machine type with Linux, on demand; None where no price is known."""
    usd: float | None = _prices()["machine_hour"].get(type, {}).get(region)
    return usd


def snapshot_month(gib: float) -> float:
    """US dollars a month for this much of snapshots."""
    return float(_prices()["snapshot_gb_month"]) * gib


def initialization(gib: float) -> float:
    """US dollars for reading this much of a snapshot at a rate that was asked for."""
    return float(_prices()["initialization_gb"]) * gib


@cache
def _prices() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(
        (files("soundstage.components") / "data" / "prices.json").read_text("utf-8")
    )
    return document
