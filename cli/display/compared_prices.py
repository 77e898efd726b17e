"""The machines of both clouds side by side, by role and size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from soundstage.cli.display.prices import machine_document, money
from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.pricing.comparing import Pair
from soundstage.pricing.facts import as_of
from soundstage.pricing.machines import Offer, Wanted

_WIDE: Final = 112
"""Columns of a screen on which the costs of a week have room too."""


@dataclass(frozen=True)
class Compared:
    """What was found in the regions `aws` and `gcp`, for a week of `hours` of work, on the day `today`."""

    wanted: Wanted
    aws: str
    gcp: str
    pairs: Sequence[Pair]
    hours: float
    today: date

    @property
    def offers(self) -> list[Offer]:
        return [one for pair in self.pairs for one in (pair.aws, pair.gcp) if one]

    @property
    def dated(self) -> str:
        found = {one.source.key: one.source for one in self.offers if one.source}
        return as_of(found.values(), self.today)


def compared_text(found: Compared, screen: Screen) -> str:
    """A row for each role and size, and the day of the prices."""
    wide = screen.width >= _WIDE
    hour, week = "an hour" if wide else "USD/h", [f"{found.hours:g} h a week"] if wide else []
    headings = ["role", "size", "AWS", hour, *week, "Google Cloud", hour, *week]
    rows = [
        (one.role, one.size, *_cells(one.aws, found.hours, wide=wide), *_cells(one.gcp, found.hours, wide=wide))
        for one in found.pairs
    ]
    system, purchase = found.wanted.os.capitalize(), "spot" if found.wanted.purchase == "spot" else "on demand"
    head = f"{found.aws} (AWS) and {found.gcp} (Google Cloud), {system}, {purchase}, US dollars"
    lines = [
        f"List prices without taxes: {found.dated}. Google's are with the GPU and its licence for virtual workstations.",
        "Disks, network and storage come on top. The machines are not the same: other processors, and another GPU where its name differs.",
    ]
    if any(one.licence_missing for one in found.offers):
        lines.append("* without its licence for virtual workstations, whose price is not known.")
    if any(one.low is None for one in found.offers):
        lines.append("? stands for a price that is not known.")
    if not wide:
        lines.append(
            f"What {found.hours:g} hours a week cost is shown on a screen of {_WIDE} columns, and with --json."
        )
    return "\n".join([screen.paint(head, "bold"), table(headings, rows, screen), "", filled(screen, *lines)])


def compared_document(found: Compared) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "os": found.wanted.os,
        "purchase": found.wanted.purchase,
        "hours_per_week": found.hours,
        "prices": found.dated,
        "aws_region": found.aws,
        "gcp_region": found.gcp,
        "compared": [
            {
                "role": one.role,
                "size": one.size,
                "aws": machine_document(one.aws, found.hours) if one.aws else None,
                "gcp": machine_document(one.gcp, found.hours) if one.gcp else None,
            }
            for one in found.pairs
        ],
    }


def _cells(one: Offer | None, hours: float, *, wide: bool) -> tuple[str, ...]:
    """The machine, what it costs an hour and, on a wide screen, a week."""
    if one is None:
        return ("not offered", "-", "-")[: 3 if wide else 2]
    mark = "*" if one.licence_missing else ""
    gpu = f", {one.has.gpu}" if one.has.gpu else ""
    week = [money(one.low, one.high, 0, hours)] if wide else []
    return f"{one.has.type}{gpu}", money(one.low, one.high, 2) + mark, *week
