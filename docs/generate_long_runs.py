"""Writes the figures of the long runs (docs/long_runs.yaml) into their sections of docs/security.md and docs/performance.md, or with
`--check` says whether they are out of date."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pages import ROOT, deliver

FACTS = ROOT / "docs" / "long_runs.yaml"
BEGIN, END = (
    "<!-- written by docs/generate_long_runs.py from docs/long_runs.yaml -->",
    "<!-- end of what is written -->",
)


def tables() -> dict[str, str]:
    """The table of each page, by the page's name."""
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    return {
        "security.md": _table(
            ("Part", "What", "Last run"),
            [(f"`{part}`", about["what"], about["last"]) for part, about in facts["parts"].items()],
        ),
        "performance.md": _table(
            ("What", "Figure", "When"), [(one["what"], one["figure"], one["when"]) for one in facts["figures"]]
        ),
    }


def section(page: str) -> str:
    """What stands in `page` between the two marks, with them."""
    return f"{BEGIN}\n{tables()[page]}\n{END}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def pages() -> Mapping[Path, str]:
    """Both pages, with their sections as the facts say."""
    marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    written: dict[Path, Any] = {}
    for name in tables():
        path = ROOT / "docs" / name
        text = path.read_text(encoding="utf-8")
        if not marked.search(text):
            raise SystemExit(f"docs/{name} has no place for the long runs: put these two lines there.\n{BEGIN}\n{END}")
        written[path] = marked.sub(lambda _, name=name: section(name), text)
    return written


if __name__ == "__main__":
    sys.exit(deliver(pages(), "docs/long_runs.yaml says"))
