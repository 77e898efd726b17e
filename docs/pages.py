"""What every script that generates pages does with them: writes them, or with `--check` says which are out of date."""

import sys
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent

_DIFFERENCES: Final = 20
"""Lines of what differs that are shown of each page: enough to see whether it is old or differs from run to run."""


def deliver(pages: Mapping[Path, str], source: str, nothing_else: Sequence[Path] = ()) -> int:
    """Write the pages. With `--check` among the arguments none is written, and those that differ are named instead.

    `source` says in words what they are made of; what is in `nothing_else` and not a page is a leftover, and goes. Returns the exit
    status: 1 when something is out of date.
    """
    leftovers = [path for path in nothing_else if path not in pages]
    if "--check" not in sys.argv[1:]:
        for path, text in pages.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for path in leftovers:
            path.unlink()
        return 0
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in [*stale, *leftovers]:
        print(f"{path.relative_to(ROOT)} is not what {source} now. Run `make docs`.", file=sys.stderr)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        changes = unified_diff(
            before.splitlines(), pages.get(path, "").splitlines(), "written", "now", lineterm="", n=0
        )
        print(*list(changes)[:_DIFFERENCES], sep="\n", file=sys.stderr)
    return int(bool(stale or leftovers))
