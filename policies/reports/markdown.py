"""Markdown for a pull request's comment."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from soundstage.policies.report import Finding, Report
from soundstage.policies.reports.words import adjusted, one_line, summary

MOST: Final = 50
"""Findings in one list."""
MOST_CHARACTERS: Final = 60_000
"""GitHub refuses comments beyond 65,536 characters."""
_LINKED: Final = re.compile(r"(:(?=//)|www(?=\.)|[@#])", re.IGNORECASE)
"""What makes a link, a mention or a reference of bare words (GitHub Flavored Markdown 0.29, section 6.9 "Autolinks"). A
backslash or an entity does not help: the words are looked through after those were read."""
_BREAK: Final = "&#8203;"
"""A space without width, which parts them."""


def render(report: Report, _colour: bool) -> str:
    mark = "❌" if report.violations(mandatory=True) else "✅"
    lines = [
        f"### {mark} Soundstage policies: {cell(report.project)}/{cell(report.stack)}",
        "",
        f"{summary(report)}",
        "",
        *(f"⚠️ {cell(text)}\n" for text in adjusted(report)),
    ]
    found = report.violations()
    if found:
        lines += ["| | Policy | Resource | What | Fix |", "|---|---|---|---|---|"]
        lines += [row(item) for item in found[:MOST]]
        lines.append("")
        if len(found) > MOST:
            lines += [f"… and {len(found) - MOST} more.", ""]
    lines += details(
        "Follows from these, and goes when they are mended",
        [
            f"{item.policy.id}: {cell(item.where)}: {cell(item.message)} (follows from {item.reason})"
            for item in report.consequences
        ],
    )
    lines += details("Waived", [f"{item.policy.id}: {cell(item.where)}: {cell(item.reason)}" for item in report.waived])
    return fitted([*lines, *unseen(report)])


def unseen(report: Report) -> list[str]:
    """What could not be judged, folded away: a line for each value, over which several policies stumble."""
    places: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for item in report.blind:
        places[item.name or "the stack", item.path, item.reason][item.policy.id] = None
    spots = [
        f"{cell(name)} {cell(path)}: {cell(reason)} ({', '.join(ids)})" for (name, path, reason), ids in places.items()
    ]
    types = [f"{count} of {cell(kind)}: no policy knows this type" for kind, count in report.unjudged]
    return details("Could not be judged", [*types, *spots])


def details(title: str, entries: Sequence[str]) -> list[str]:
    """A list that is folded away; nothing where it is empty."""
    if not entries:
        return []
    more = [f"- … and {len(entries) - MOST} more"] if len(entries) > MOST else []
    return [
        f"<details><summary>{title}</summary>",
        "",
        *(f"- {entry}" for entry in entries[:MOST]),
        *more,
        "",
        "</details>",
        "",
    ]


def fitted(lines: Sequence[str]) -> str:
    """The text, without its last lines where it would be longer than a comment can be."""
    kept, length = list(lines), sum(len(line) + 1 for line in lines)
    while length > MOST_CHARACTERS:
        length -= len(kept.pop()) + 1
    cut = (
        ["", "… and more than a comment can hold; the other report formats have it all."]
        if len(kept) < len(lines)
        else []
    )
    return "\n".join([*kept, *cut]).rstrip() + "\n"


def row(item: Finding) -> str:
    level = "**refused**" if item.level == "mandatory" else "advised"
    place = f"<br>{cell(item.source.file)}:{item.source.line}" if item.source else ""
    return (
        f"| {level} | {item.policy.id} {cell(item.policy.title)} ({item.policy.severity}) | {cell(item.where)}{place} "
        f"| {cell(item.message)} | {_with_code(item.policy.fix)} |"
    )


def _with_code(text: str) -> str:
    """Words of a policy, in which backticks mark what is typed."""
    parts = re.split(r"(`[^`|]+`)", one_line(text))
    return "".join(part if part.startswith("`") else cell(part) for part in parts)


def cell(text: str) -> str:
    """Text from a plan inside a table: it can neither end the cell nor bring a link, an image, HTML, a formula or a mention."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"([\\`*_{}\[\]()#!|~$])", r"\\\1", plain)
    return _LINKED.sub(rf"\1{_BREAK}", escaped)
