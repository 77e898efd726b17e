"""Writes every generated page of the documentation, or with `--check` says which are out of date.

A page, or a folder of pages, is written by a script `docs/generate_<what>.py`; each takes `--check`, and adding one is adding such
a script.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    scripts = sorted(FOLDER.glob("generate_*.py"))
    stale = []
    for script in scripts:
        if subprocess.run([sys.executable, script, *sys.argv[1:]], check=False).returncode:
            stale.append(str(script.relative_to(FOLDER)))
    if stale:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
