"""The command's door, knocked at in process: a command line goes in, its exit code and all that it printed come out."""

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from soundstage.cli.main import main

CODES = {0, 1, 2, 3, 4, 5}
MOST_LINES = 60
"""More than any refusal needs: one line per fault, of which a small file cannot have many."""


def typed(*arguments: str, given: str = "") -> tuple[int, str]:
    """Type a command line, with `given` on stdin. Returns its exit code and everything that it printed."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _stdin(given):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue() + err.getvalue()


@contextlib.contextmanager
def _stdin(text: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before


def assert_polite(code: int, printed: str, *, what: object = "", debug: bool = False) -> None:
    """Words and an exit code: no traceback, no fault of ours, nothing that a terminal would obey."""
    assert code in CODES, f"{what!r}: {code}\n{printed}"
    assert "inside Soundstage" not in printed, f"{what!r}\n{printed}"
    assert debug or "Traceback" not in printed, f"{what!r}\n{printed}"
    raw = [sign for sign in printed if sign not in "\n\t" and (ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0)]
    raw += [sign for sign in printed if sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"]
    assert raw == [], f"{what!r}: a terminal would obey {raw!r}"


def files(folder: Path) -> set[str]:
    """The names of all that is in `folder`."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
