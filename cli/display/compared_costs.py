"""What a project costs on both clouds, side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from soundstage.cli.display.cost_documents import cost_document
from soundstage.cli.display.costs import WORDS
from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.pricing.facts import as_of
from soundstage.pricing.lines import KINDS, Estimate, Unpriced
from soundstage.stacks.billing.both_clouds import BothClouds, Side
from soundstage.stacks.kinds.resource_kinds import BUCKET, DISK, MACHINE

_AT_LEAST: Final = "+ at least so much, because something in it has no price that is known; ? a difference that is therefore not known."
_KINDS: Final = ((MACHINE, "machine"), (DISK, "disk"), (BUCKET, "storage"))


def compared_costs_text(found: BothClouds, name: str, screen: Screen) -> str:
    """Machines, kinds and sums of AWS and Google Cloud beside each other; then what is not the same, and what has no price."""
    aws, google = sides(found)
    head = f"{name} in {aws.region} (AWS) and in {google.region} (Google Cloud), US dollars, typical"
    parts = [screen.paint(head, "bold")]
    if aws.machines or google.machines:
        parts.append(
            table(
                ("machine", "AWS", "hour", "month", "Google Cloud", "hour", "month"),
                list(_machines(aws, google)),
                screen,
            )
        )
    parts.append(table(("a month", "AWS", "Google Cloud", "difference"), list(_kinds(aws, google)), screen))
    parts.append(table(("altogether", "AWS", "Google Cloud", "difference"), list(_sums(aws, google)), screen))
    if any(side.costs.project.unpriced or (side.costs.studio and side.costs.studio.unpriced) for side in (aws, google)):
        parts.append(filled(screen, _AT_LEAST))
    for side in (aws, google):
        if missing := [one.resource for one in side.costs.project.unpriced]:
            parts.append(
                filled(
                    screen,
                    f"No price is known on {side.title} for: {', '.join(missing)}.",
                )
            )
        if instead := sorted({f"{taken} for {asked}" for asked, taken in side.costs.project.stand_ins}):
            parts.append(
                filled(screen, f"Some prices on {side.title} are those of another region: {', '.join(instead)}.")
            )
    if found.told:
        parts.append(filled(screen, f"Not the same on {found.there.title}:", *(f"- {one}" for one in found.told)))
    parts.append(
        filled(screen, f"List prices without taxes, discounts and free allowances: {_dated(found)}.", *_closing())
    )
    return "\n\n".join(parts)


def compared_costs_document(found: BothClouds) -> dict[str, Any]:
    """What `cost --compare --json` prints."""
    return {
        "currency": "USD",
        "prices": _dated(found),
        **{side.family: _side(side) for side in sides(found)},
        "not_the_same": list(found.told),
        "file_says": found.here.family,
    }


def sides(found: BothClouds) -> tuple[Side, Side]:
    """AWS, then Google Cloud."""
    return (found.here, found.there) if found.here.family == "aws" else (found.there, found.here)


def _side(side: Side) -> dict[str, Any]:
    of_machines = {name: round(_of_machine(side, name).month().typical, 2) for name in side.machines}
    about = {"region": side.region, "machines": dict(side.machines), "machines_monthly_usd": of_machines}
    return about | cost_document(side.costs)


def _closing() -> Iterator[str]:
    yield "The month of a machine holds its disks and its picture."
    yield "At the most: more hours and media, and what no page says for certain, such as whether a picture through a tunnel is billed."
    yield "The machines are not the same: other processors, and another GPU where its name differs. `workstation prices --compare` shows both."


def _dated(found: BothClouds) -> str:
    used = {one.key: one for side in sides(found) for one in side.costs.project.sources}
    return as_of(used.values(), found.here.costs.today)


def _machines(aws: Side, google: Side) -> Iterator[tuple[str, ...]]:
    for name in dict.fromkeys((*aws.machines, *google.machines)):
        yield (name, *(cell for side in (aws, google) for cell in _machine(side, name)))


def _machine(side: Side, name: str) -> tuple[str, str, str]:
    if name not in side.machines:
        return "not offered", "-", "-"
    own = _of_machine(side, name)
    hour = sum(line.hour.typical for line in own.lines if line.kind == "machine")
    if not hour:  # without its price, what its disks cost is no month of the machine
        return side.machines[name], "?", "?"
    part = _part(any(one.machine == name for one in side.costs.project.unpriced))
    return side.machines[name], f"{hour:.2f}{part}", f"{own.month().typical:,.2f}{part}"


def _of_machine(side: Side, name: str) -> Estimate:
    """What a machine costs with its disks and its picture."""
    return Estimate(tuple(line for line in side.costs.project.lines if line.machine == name), ())


def _kinds(aws: Side, google: Side) -> Iterator[tuple[str, ...]]:
    here, there = (side.costs.project.by(lambda line: line.kind) for side in (aws, google))
    for kind in KINDS:
        month = [found[kind].typical if kind in found else 0.0 for found in (here, there)]
        part = [any(_kind(one) == kind for one in side.costs.project.unpriced) for side in (aws, google)]
        if any(month) or any(part):
            yield (WORDS[kind], *_cells(month, part))


def _sums(aws: Side, google: Side) -> Iterator[tuple[str, ...]]:
    part = [bool(side.costs.project.unpriced) for side in (aws, google)]
    for words, sum_of in _SUMS:
        yield (words, *_cells([sum_of(side.costs.project) for side in (aws, google)], part))
    studios = [side.costs.studio for side in (aws, google)]
    usd, part = (
        [one.month().typical if one else 0.0 for one in studios],
        [bool(one and one.unpriced) for one in studios],
    )
    yield ("the studio's own stack, a month", *_cells(usd, part))


def _kind(one: Unpriced) -> str:
    """Under which kind a resource without a price would stand; empty where that is not known."""
    return next((kind for types, kind in _KINDS if one.type in types), "")


_SUMS: tuple[tuple[str, Callable[[Estimate], float]], ...] = (
    ("an hour in which all machines work", lambda one: one.hour.typical),
    ("the first month", lambda one: one.month().typical),
    ("the first month, at the most", lambda one: one.month().high),
    ("the twelfth month", lambda one: one.month(11).typical),
    ("a month with all machines stopped", lambda one: one.stopped.typical),
    ("a month after `down`", lambda one: one.parked.typical),
)


def _cells(usd: Sequence[float], partial: Sequence[bool]) -> tuple[str, str, str]:
    """Both sums, and what the second is more: not known where one of them is a part."""
    (aws, google), (of_aws, of_google) = usd, partial
    difference = "?" if of_aws or of_google else f"{google - aws:+,.2f}"
    return f"{aws:,.2f}{_part(of_aws)}", f"{google:,.2f}{_part(of_google)}", difference


def _part(is_part: bool, /) -> str:
    return "+" if is_part else ""
