"""A comparison of two plans as text: for a terminal, for a pull request's comment, and for programs."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from soundstage.policies.comparison import Comparison
from soundstage.policies.report import Finding
from soundstage.policies.reports.json import document as report_document
from soundstage.policies.reports.markdown import MOST, cell, details, fitted, row, unseen
from soundstage.policies.reports.terminal import told
from soundstage.policies.reports.words import adjusted, one_line, summary

MARK: Final = "<!-- soundstage policies: {} -->"
"""Begins a comment, so that a pipeline finds its own and writes it anew instead of adding another."""


def document(compared: Comparison) -> dict[str, Any]:
    """The report of the later plan, with what changed beside it."""
    return report_document(compared.after) | {
        "compared": {
            "new": [item.fingerprint for item in compared.new],
            "unchanged": [item.fingerprint for item in compared.unchanged],
            "gone": [
                {
                    "policy": item.policy.id,
                    "resource": item.name,
                    "urn": item.urn,
                    "message": one_line(item.message),
                    "fingerprint": item.fingerprint,
                }
                for item in compared.gone
            ],
        }
    }


def _json(compared: Comparison, _colour: bool) -> str:
    return json.dumps(document(compared), indent=2, ensure_ascii=True) + "\n"


def _terminal(compared: Comparison, colour: bool) -> str:
    lines = []
    for title, listed in (("New", compared.new), ("Gone", compared.gone)):
        lines += [title, *(f"    {item.policy.id} {told(item)}" for item in listed), ""] if listed else []
    return "\n".join([*lines, f"compared: {compared.sentence}", compared.after.render("terminal", colour=colour)])


def _markdown(compared: Comparison, _colour: bool) -> str:
    after = compared.after
    name = f"{cell(after.project)}/{cell(after.stack)}"
    mark = "❌" if after.violations(mandatory=True) else "✅"
    lines = [
        MARK.format(name),
        f"### {mark} Soundstage policies: {name}",
        "",
        f"**{compared.sentence}**",
        "",
        summary(after),
        "",
        *(f"⚠️ {cell(text)}\n" for text in adjusted(after)),
    ]
    if compared.new:
        lines += ["#### New", "", "| | Policy | Resource | What | Fix |", "|---|---|---|---|---|"]
        lines += [row(item) for item in compared.new[:MOST]]
        lines += [f"\n… and {len(compared.new) - MOST} more." if len(compared.new) > MOST else "", ""]
    lines += details(
        f"Gone ({len(compared.gone)})",
        [
            f"{item.policy.id} {cell(item.policy.title)}: {cell(item.where)}: {cell(item.message)}"
            for item in compared.gone
        ],
    )
    lines += details(f"Unchanged ({len(compared.unchanged)})", _by_policy(compared.unchanged))
    return fitted([*lines, *unseen(after)])


def _by_policy(found: Iterable[Finding]) -> list[str]:
    counted = Counter((item.policy.id, item.policy.title, item.level.value) for item in found)
    return [f"{id} {cell(title)} ({level}): {count}" for (id, title, level), count in counted.items()]


COMPARED: Final[Mapping[str, Callable[[Comparison, bool], str]]] = MappingProxyType(
    {"terminal": _terminal, "markdown": _markdown, "json": _json}
)
"""Format → renderer of a comparison and whether colour is wanted."""
