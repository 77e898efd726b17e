"""Machines and what they cost, to choose one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.pricing.facts import as_of
from soundstage.pricing.machines import Offer, Wanted


@dataclass(frozen=True)
class Listed:
    """What was found, for a week of `hours` of work, on the day `today`."""

    wanted: Wanted
    offers: Sequence[Offer]
    hours: float
    today: date

    @property
    def dated(self) -> str:
        return as_of({one.source.key: one.source for one in self.offers if one.source}.values(), self.today)


def prices_text(listed: Listed, screen: Screen) -> str:
    """A row for each machine in a region, and the day of the prices."""
    if not listed.offers:
        return screen.lines("No machine fits. Ask for less, or for another region: `workstation prices --region all`.")
    clouds, regions = ({one.has.cloud for one in listed.offers}, {one.region for one in listed.offers})
    headings = [
        "machine", *(["cloud"] if len(clouds) > 1 else []), *(["region"] if len(regions) > 1 else []),
        "GPU", "vCPU", "GiB", "USD an hour", f"{listed.hours:g} h a week", "in a project file",
    ]  # fmt: skip
    rows = [
        (
            one.has.type, *([one.has.cloud] if len(clouds) > 1 else []), *([one.region] if len(regions) > 1 else []),
            _gpu(one), str(one.has.vcpus), f"{one.has.memory_gib:g}", money(one.low, one.high, 4),
            money(one.low, one.high, 2, listed.hours), ", ".join(one.named) or "-",
        )
        for one in listed.offers
    ]  # fmt: skip
    where = next(iter(regions)) if len(regions) == 1 else ""
    head = [*([screen.paint(where, "bold")] if where else []), table(headings, rows, screen), ""]
    lines = [f"List prices in US dollars without taxes: {listed.dated}."]
    if listed.wanted.purchase == "spot":
        lines.append("Spot prices change every hour: these are of one day, from the cheapest zone to the dearest.")
    if any(one.low is None for one in listed.offers):
        lines.append("A price that is left open is not known.")
    if any(one.has.cloud == "gcp" for one in listed.offers):
        lines.append("Google's machines are shown with their GPU and its licence for virtual workstations.")
    if lacking := sorted({one.has.gpu or "" for one in listed.offers if one.licence_missing}):
        lines.append(f"The price of that licence is not known of the {' and the '.join(lacking)}, and is not counted.")
    return "\n".join([*head, filled(screen, *lines)])


def prices_document(listed: Listed) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "os": listed.wanted.os,
        "purchase": listed.wanted.purchase,
        "hours_per_week": listed.hours,
        "prices": listed.dated,
        "machines": [machine_document(one, listed.hours) for one in listed.offers],
    }


def machine_document(one: Offer, hours: float) -> dict[str, Any]:
    """A machine in a region."""
    return {
        "cloud": one.has.cloud,
        "type": one.has.type,
        "region": one.region,
        "gpu": one.has.gpu,
        "gpus": one.has.gpus,
        "gpu_gib": one.has.vram_gib or None,
        "vcpus": one.has.vcpus,
        "memory_gib": one.has.memory_gib,
        "hourly_usd": one.low,
        "hourly_usd_at_most": one.high,
        "weekly_usd": None if one.low is None else round(one.low * hours, 2),
        "priced_on": one.source.day.isoformat() if one.source else None,
        "source": one.source.url if one.source else None,
        "named": list(one.named),
        "licence_unpriced": one.licence_missing,
    }


def _gpu(one: Offer) -> str:
    """`4 L4 of 22.4 GiB`, `1/4 L4 of 5.6 GiB`."""
    if one.has.gpu is None:
        return "-"
    share = f"1/{1 / one.has.gpus:.0f} " if one.has.gpus < 1 else f"{one.has.gpus:.0f} " if one.has.gpus > 1 else ""
    return f"{share}{one.has.gpu} of {one.has.vram_gib:g} GiB"


def money(low: float | None, high: float | None, places: int, times: float = 1) -> str:
    """`0.91-1.20`, or one figure where both are alike; `?` where it is not known."""
    if low is None or high is None:
        return "?"
    first, last = f"{low * times:.{places}f}", f"{high * times:.{places}f}"
    return first if first == last else f"{first}-{last}"
