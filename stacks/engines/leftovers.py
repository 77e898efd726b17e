"""What the SDK leaves behind when a program is cut short."""

import gc
import sys


def collect_leftovers() -> None:
    """The SDK leaves the coroutines of such a program unfinished, and Python complains about each on stderr when it comes
    upon them (pulumi 3.272, `automation/_server.py`). So they are collected now, and nothing is said."""
    previous, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
    try:
        gc.collect()
    finally:
        sys.unraisablehook = previous
