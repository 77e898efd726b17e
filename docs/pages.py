"""What every script that generates pages does with them: writes them, or with `--check` says which are out of date."""

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def deliver(pages: Mapping[Path, str], source: str) -> int:
    """Write the pages. With `--check` among the arguments none is written, and those that differ are named instead.

    `source` says in words what they are made of. Returns the exit status: 1 when something is out of date.
    """
    if "--check" not in sys.argv[1:]:
        for path, text in pages.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not what {source} now. Run `make docs`.", file=sys.stderr)
    return int(bool(stale))
