"""Methods of dataclasses that are written when they are first called.

Python writes six methods of a frozen dataclass as text and compiles each by itself: 0.6 ms a class, for the 220 classes that a preview
loads a tenth of its processor time (Python 3.11, measured 2026-11). Few are ever compared, hashed or shown. Here only `__init__`,
whose signature people read, is written at once. Python 3.13 writes them all together, and is left alone.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Final

Method = Callable[..., Any]
_AT_ONCE: Final = "__init__"
_write: Final[Callable[..., Method] | None] = getattr(dataclasses, "_create_fn", None)


def write_methods_late() -> None:
    """Let dataclasses that are made from now on do so. Doing so again changes nothing."""
    if _write is not None:
        dataclasses._create_fn = _late  # type: ignore[attr-defined]


def _late(name: str, *how: Any, **more: Any) -> Method:
    assert _write is not None  # noqa: S101 - said by the one function that puts this in place
    write = _write
    if name == _AT_ONCE:
        return write(name, *how, **more)
    written: Method | None = None

    def method(*given: Any) -> Any:
        nonlocal written
        if written is None:
            written = write(name, *how, **more)
        return written(*given)

    method.__name__ = name
    return method
