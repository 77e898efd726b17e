"""What a plan costs: a few lines for a preview, and all of it."""

from collections.abc import Iterator
from typing import Final

from soundstage.cli.display.chart import Picture
from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.cli.display.text import count, spoken
from soundstage.pricing.difference import Difference
from soundstage.pricing.facts import as_of
from soundstage.pricing.lines import KINDS, Estimate
from soundstage.pricing.spending_months import months_from, series
from soundstage.pricing.usage import ASSUMPTIONS, Range
from soundstage.stacks.costs import Costs

_WIDE: Final = 110
"""Columns from which a table has room for everything."""
MOST_NAMED: Final = 3
"""Resources without a price that a preview names; `cost` names all."""
WORDS: Final = {
    "machine": "machines", "disk": "disks", "stream": "pictures", "storage": "buckets", "snapshot": "snapshots",
    "network": "network", "keys": "keys", "logs": "logs", "guard": "watching",
}  # fmt: skip
_CLASSES = {
    "STANDARD": "Standard", "STANDARD_IA": "infrequent", "ONEZONE_IA": "one zone", "INTELLIGENT_TIERING": "intelligent",
    "GLACIER_IR": "instant archive", "GLACIER": "archive", "DEEP_ARCHIVE": "deep archive", "requests": "writes", "moves": "moves",
    "early": "left too early", "NEARLINE": "Nearline", "COLDLINE": "Coldline", "ARCHIVE": "Archive",
}  # fmt: skip


def cost_lines(costs: Costs, command: str, screen: Screen) -> str:
    """What a preview says of the price, in a few lines. `command` is what shows all of it."""
    found, at_least = costs.project, "at least " if costs.project.unpriced else ""
    month, year = found.month(), found.year
    growing = f", growing to {_usd(year[-1].typical)} in a year" if year[-1].typical > month.typical * 1.05 else ""
    lines = [
        f"Cost in US dollars: {at_least}{_usd(found.hour.typical)} an hour while all machines work; a month {at_least}{_span(month)}{growing};",
        f"with machines stopped {at_least}{_usd(found.stopped.typical)}, after `down` {at_least}{_usd(found.parked.typical)}.",
    ]
    if found.unpriced:
        names = [one.resource for one in found.unpriced]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        lines.append(
            f"Without {count(len(names), 'resource')} that no price is known for: {', '.join(names[:MOST_NAMED])}{more}."
        )
    if costs.before is not None and abs(change := month.typical - costs.before.month().typical) >= 0.01:
        lines.append(f"That is {_usd(abs(change))} a month {'more' if change > 0 else 'less'} than what is there now.")
    if told := _budget(costs):
        lines.append(told)
    stands = spoken(sorted({asked for asked, _ in found.stand_ins}))
    instead = f" Some are those of another region, because those of {stands} are not known." if stands else ""
    lines.append(f"{_first_upper(as_of(found.sources, costs.today))}.{instead} `{command}` shows all of it.")
    return filled(screen, *lines)


def cost_text(costs: Costs, title: str, screen: Screen, *, every: bool = False) -> str:
    """All of it: by kind, by resource, month by month, what is assumed, what is not known, and of when the prices are."""
    found = costs.project
    parts = [screen.paint(title, "bold"), _summary(costs, screen), _kinds(found, screen)]
    parts.append(_resources(found, screen, every=every))
    if storage := _months(found, screen):
        parts.append(storage)
    parts += [_assumed(costs, screen), *_gaps(found, screen)]
    if costs.studio is not None:
        least = "at least " if costs.studio.unpriced else ""
        parts.append(
            filled(
                screen,
                f"The studio's own stack, which all projects share: {least}{_span(costs.studio.month())} a month, not counted above.",
            )
        )
    used = (*found.sources, *(costs.studio.sources if costs.studio else ()))
    parts.append(
        filled(
            screen,
            f"List prices in US dollars, without taxes, discounts and free allowances: {as_of(used, costs.today)}.",
        )
    )
    return "\n\n".join(part for part in parts if part)


def cost_picture(costs: Costs, title: str) -> Picture:
    """The year as a picture, with the sentence that it shows."""
    found, limit = costs.project, costs.limit
    months = months_from(costs.today)
    name = title.partition(" on ")[0]
    floor = "at least " if found.unpriced else ""
    told = f"{name}: {floor}{_usd(found.month().typical)} USD in {months[0]}, {floor}{_usd(found.month(11).typical)} in {months[11]}"
    if limit is not None and limit.month is not None:
        told += f"; over the budget of {_usd(limit.monthly_usd)} from {months[limit.month - 1]} on"
    elif limit is not None:
        told += f"; within the budget of {_usd(limit.monthly_usd)}" + (
            " as far as prices are known" if found.unpriced else ""
        )
    notes = [
        f"An estimate of {costs.today}, typical, at list prices in US dollars without taxes: {as_of(found.sources, costs.today)}."
    ]
    if found.unpriced:
        notes.append(f"Without {count(len(found.unpriced), 'resource')} that no price is known for.")
    stands = spoken(sorted({asked for asked, _ in found.stand_ins}))
    if stands:
        notes.append(f"Some prices are those of another region, because those of {stands} are not known.")
    return Picture(told, months, series(found), limit.monthly_usd if limit else None, tuple(notes))


def difference_text(found: Difference, screen: Screen) -> str:
    """What a change does to the price."""
    rows = [
        (one.resource, _maybe(one.before), _maybe(one.after), f"{one.usd:+.2f}") for one in found.changed
    ]  # fmt: skip
    after, before = found.after.month().typical, found.before.month().typical
    total = f"{'At least as far as prices are known: ' if not found.complete else ''}{_usd(before)} → {_usd(after)} a month ({after - before:+.2f})."
    listed = (
        table(("resource", "before", "after", "USD a month"), rows, screen)
        if rows
        else screen.lines("No price changes.")
    )
    return "\n".join([screen.paint("Difference", "bold"), listed, filled(screen, total)])


def _summary(costs: Costs, screen: Screen) -> str:
    found = costs.project
    least = "at least " if found.unpriced else ""
    lines = [
        f"An hour in which all machines work: {least}{_span(found.hour, 4)}",
        f"The first month:                    {least}{_span(found.month())}",
        f"The twelfth month:                  {least}{_span(found.month(11))}",
        f"A month with all machines stopped:  {least}{_span(found.stopped)}",
        f"A month after `down`:               {least}{_span(found.parked)}",
    ]
    if costs.parked:
        lines.append(
            f"Parked: {', '.join(costs.parked)}. What keeps their disks costs about {_usd(costs.parked_usd)} a month, which no other "
            "figure here holds."
        )
    return filled(screen, *lines, *([told] if (told := _budget(costs)) else []))


def _kinds(found: Estimate, screen: Screen) -> str:
    rows = []
    for kind in KINDS:
        chosen = Estimate(tuple(line for line in found.lines if line.kind == kind), ())
        if chosen.lines:
            month = chosen.month()
            rows.append(
                (
                    WORDS[kind],
                    f"{chosen.hour.typical:.2f}",
                    *(f"{usd:.2f}" for usd in month),
                    *(f"{one.typical:.2f}" for one in (chosen.month(11), chosen.stopped, chosen.parked)),
                )
            )
    return table(("USD", "an hour", "low", "a month", "high", "12th", "stopped", "after down"), rows, screen)


def _resources(found: Estimate, screen: Screen, *, every: bool) -> str:
    shown = sorted(found.lines, key=lambda line: (KINDS.index(line.kind), -line.month(0).typical, line.resource))
    if not every:
        shown = [line for line in shown if max(line.month(0).typical, line.parked.typical) >= 1]
    left = len(found.lines) - len(shown)
    rows = [
        (
            line.resource,
            line.what,
            _range(line.month(0)) if screen.width >= _WIDE else f"{line.month(0).typical:.2f}",
            f"{line.stopped.typical:.2f}",
            f"{line.parked.typical:.2f}",
        )
        for line in shown
    ]
    listed = table(("resource", "what", "month", "stopped", "after down"), rows, screen)
    if not left:
        return listed
    lines = count(left, "line")
    return f"{listed}\n{screen.lines(f'{lines} of less than a dollar left out: `--all` shows them.')}"


def _months(found: Estimate, screen: Screen) -> str:
    stored = [line for line in found.lines if line.parts]
    keys = [key for key in _CLASSES if any(part.get(key, 0) >= 0.005 for line in stored for part in line.parts)]
    if not keys:
        return ""
    rows = [
        (
            str(number + 1),
            *(f"{sum(line.parts[number].get(key, 0.0) for line in stored):.2f}" for key in keys),
            f"{found.month(number).typical:.2f}",
        )
        for number in range(len(found.year))
    ]
    return table(("month", *(_CLASSES[key] for key in keys), "everything"), rows, screen)


def _assumed(costs: Costs, screen: Screen) -> str:
    names = costs.project.assumes
    rows = []
    for one in ASSUMPTIONS:
        if one.name in names:
            value = " / ".join(f"{each:g}" for each in dict.fromkeys(costs.usage[one.name]))
            said = " (said)" if one.name in costs.usage.said else ""
            rows.append((one.name, f"{value} {one.unit}{said}", one.says))
    if not rows:
        return ""
    headings = ("assumption", "low / typical / high", "what it is")
    wide = screen.width >= _WIDE
    listed = table(headings if wide else headings[:2], rows if wide else [row[:2] for row in rows], screen)
    clock = [f"{name} works {hours:g} h a week by its hours." for name, hours in sorted(costs.usage.hours.items())]
    how = "Set them under `cost` in the project file, which says what each is, or with `--assume NAME=NUMBER`."
    return f"{listed}\n{filled(screen, *clock, how)}"


def _gaps(found: Estimate, screen: Screen) -> Iterator[str]:
    """What is not known, and what was taken in its place."""
    if found.unpriced:
        rows = [(one.resource, one.type, one.why) for one in found.unpriced]
        yield "\n".join(
            [
                screen.paint("Not in any sum, because no price is known", "yellow"),
                table(("resource", "type", "why"), rows, screen),
            ]
        )
    for (asked, taken), kinds in sorted(found.stand_ins.items()):
        what = spoken([WORDS[kind] for kind in kinds])
        yield filled(
            screen,
            f"{asked}: some prices of {what} are not known; those of {taken} stand in for them. Most regions cost 0 to 30 per cent more.",
        )
    if found.told:
        yield filled(screen, *found.told)


def _budget(costs: Costs) -> str | None:
    limit = costs.limit
    if limit is None:
        return None
    budget = f"the budget of {_usd(limit.monthly_usd)} a month"
    if limit.week is not None:
        return f"At this price {budget} is used up in week {limit.week} of the month."
    if limit.month is not None:
        return f"At this price {budget} is too small from month {limit.month} on."
    if costs.project.unpriced:
        return f"What has a price stays within {budget}; whether all of it does is not known."
    high = max(month.high for month in costs.project.year)
    return f"Within {budget}" + (f"; at the high end ({_usd(high)}) it is not." if high > limit.monthly_usd else ".")


def _usd(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _span(found: Range, places: int = 0) -> str:
    show = _usd if not places else lambda value: f"{value:.{places}f}"
    if show(found.low) == show(found.high):
        return show(found.typical)
    return f"{show(found.typical)} ({show(found.low)} to {show(found.high)})"


def _range(found: Range) -> str:
    if found.exact:
        return f"{found.typical:.2f}"
    return f"{found.typical:.2f} ({found.low:.2f}-{found.high:.2f})"


def _maybe(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]
