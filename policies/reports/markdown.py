"""Markdown for a pull request's comment."""

import re
from typing import Final

from soundstage.policies.report import Finding, Report
from soundstage.policies.reports.words import adjusted, one_line, summary

_MOST = 50
"""Findings in one comment; GitHub refuses comments beyond 65,536 characters."""
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
        lines += [_row(item) for item in found[:_MOST]]
        lines.append("")
        if len(found) > _MOST:
            lines += [f"… and {len(found) - _MOST} more.", ""]
    if follows := report.consequences:
        lines += ["<details><summary>Follows from these, and goes when they are mended</summary>", ""]
        lines += [
            f"- {item.policy.id}: {cell(item.where)}: {cell(item.message)} (follows from {item.reason})"
            for item in follows[:_MOST]
        ]
        if len(follows) > _MOST:
            lines.append(f"- … and {len(follows) - _MOST} more")
        lines += ["", "</details>", ""]
    if report.waived:
        lines += ["<details><summary>Waived</summary>", "", "| Policy | Resource | Why |", "|---|---|---|"]
        lines += [f"| {item.policy.id} | {cell(item.where)} | {cell(item.reason)} |" for item in report.waived]
        lines += ["", "</details>", ""]
    if report.blind or report.unjudged:
        lines += ["<details><summary>Could not be judged</summary>", ""]
        lines += [
            f"- {item.policy.id}: {cell(item.name or 'the stack')} {cell(item.path)}: {cell(item.reason)}"
            for item in report.blind[:_MOST]
        ]
        if len(report.blind) > _MOST:
            lines.append(f"- … and {len(report.blind) - _MOST} more")
        lines += [f"- {count} of {cell(kind)}: no policy knows this type" for kind, count in report.unjudged]
        lines += ["", "</details>", ""]
    return "\n".join(lines).rstrip() + "\n"


def _row(item: Finding) -> str:
    level = "**refused**" if item.level == "mandatory" else "advised"
    return (
        f"| {level} | {item.policy.id} {cell(item.policy.title)} ({item.policy.severity}) | {cell(item.where)} "
        f"| {cell(item.message)} | {cell(item.policy.fix)} |"
    )


def cell(text: str) -> str:
    """Text from a plan inside a table: it can neither end the cell nor bring a link, an image, HTML, a formula or a mention."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"([\\`*_{}\[\]()#!|~$])", r"\\\1", plain)
    return _LINKED.sub(rf"\1{_BREAK}", escaped)
