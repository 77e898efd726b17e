"""The report for a person at a terminal: worst first, grouped by policy, with the fix."""

from collections import defaultdict
from itertools import groupby
from textwrap import wrap

from soundstage.policies.policy import Level
from soundstage.policies.report import BlindSpot, Finding, Report
from soundstage.policies.reports.words import adjusted, one_line, summary

_RED, _YELLOW, _GREEN, _DIM, _BOLD = "31", "33", "32", "2", "1"
_WIDTH = 100
_MOST = 8
"""Resources or values listed in full under one policy."""


def render(report: Report, colour: bool) -> str:
    """Violations, what follows from them, waivers, blind spots and a closing line."""

    def paint(text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if colour else text

    lines: list[str] = []
    for id, group in groupby(report.violations(), key=lambda item: item.policy.id):
        listed = list(group)
        mandatory = listed[0].level is Level.MANDATORY
        mark = paint("refused", _RED, _BOLD) if mandatory else paint("advised", _YELLOW)
        policy = listed[0].policy
        lines.append(f"{mark}  {paint(id, _BOLD)} {policy.title} {paint(f'({policy.severity})', _DIM)}")
        lines += [f"    {told(item)}" for item in listed[:_MOST]]
        if len(listed) > _MOST:
            lines.append(f"    … and {len(listed) - _MOST} more")
        lines += [paint(f"    {text}", _DIM) for text in wrap(f"Fix: {policy.fix}", _WIDTH - 4)]
        lines.append("")
    lines += _follows(report, paint("Follows from these, and goes when they are mended", _BOLD))
    if report.waived:
        lines.append(paint("Waived", _BOLD))
        lines += [f"    {item.policy.id} {told(item)}: {one_line(item.reason)}" for item in report.waived]
        lines.append("")
    lines += _blind(report, paint("Could not be judged", _BOLD))
    if changed := adjusted(report):
        lines += [paint(line, _YELLOW) for text in changed for line in wrap(one_line(text), _WIDTH)] + [""]
    good = not report.violations(mandatory=True)
    lines.append(paint(summary(report), _GREEN if good else _RED))
    return "\n".join(lines) + "\n"


def told(finding: Finding) -> str:
    """One violation on one line."""
    where = f" [{one_line(finding.paths[0])}]" if finding.paths and finding.paths[0] else ""
    return f"{one_line(finding.where)}: {one_line(finding.message)}{where}"


def _follows(report: Report, title: str) -> list[str]:
    """Only which policies, and what they follow from: the values are those of the violation above."""
    by_cause: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for item in report.consequences:
        by_cause[item.where, item.reason][item.policy.id] = None
    lines = [
        f"    {one_line(where)}: {', '.join(ids)} (follows from {cause})"
        for (where, cause), ids in list(by_cause.items())[:_MOST]
    ]
    if len(by_cause) > _MOST:
        lines.append(f"    … and {len(by_cause) - _MOST} more")
    return [title, *lines, ""] if lines else []


def _blind(report: Report, title: str) -> list[str]:
    if not report.blind and not report.unjudged:
        return []
    lines = [title]
    spots = sorted(report.blind, key=_place)
    places = [(place, list(group)) for place, group in groupby(spots, key=_place)]
    for (name, path), group in places[:_MOST]:
        ids = ", ".join(dict.fromkeys(spot.policy.id for spot in group))
        where = f"{name or 'the stack'} {path}".strip()
        lines.append(f"    {one_line(where)}: {one_line(group[0].reason)} ({ids})")
    if len(places) > _MOST:
        lines.append(f"    … and {len(places) - _MOST} more places")
    for kind, count in report.unjudged:
        lines.append(f"    {count} of {one_line(kind)}: no policy knows this type")
    return [*lines, ""]


def _place(spot: BlindSpot) -> tuple[str, str]:
    return (spot.name, spot.path)
