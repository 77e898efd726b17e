"""Methods of dataclasses that are written when they are first called.

Python writes six methods of a frozen dataclass as text and compiles each by itself: 0.6 ms a class, for the 220 classes that a preview
loads a tenth of its processor time (Python 3.11, measured 2026-11). Many are never made, and few are ever compared, hashed or shown.
Python 3.13 writes them all together, and is left alone.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Final

Method = Callable[..., Any]
_INIT: Final = "__init__"
_write: Final[Callable[..., Method] | None] = getattr(dataclasses, "_create_fn", None)


def write_methods_late() -> None:
    """Let dataclasses that are made from now on do so. Doing so again changes nothing."""
    if _write is not None:
        dataclasses._create_fn = _late  # type: ignore[attr-defined]


class _LateInit:
    """The `__init__` of a class, which is the plain function as soon as anybody makes an instance or reads its signature."""

    def __init__(self, write: Callable[[], Method]) -> None:
        self._write = write
        self._written: Method | None = None

    def __get__(self, instance: object, owner: type) -> Method:
        if self._written is None:
            self._written = self._write()
        written = self._written
        for cls in owner.__mro__:
            if cls.__dict__.get(_INIT) is self:
                written.__qualname__ = f"{cls.__qualname__}.{_INIT}"
                setattr(cls, _INIT, written)
        bound: Method = written.__get__(instance, owner)
        return bound


def _late(name: str, *how: Any, **more: Any) -> Any:
    assert _write is not None  # noqa: S101 - said by the one function that puts this in place
    write = _write
    if name == _INIT:
        return _LateInit(lambda: write(name, *how, **more))
    written: Method | None = None

    def method(*given: Any) -> Any:
        nonlocal written
        if written is None:
            written = write(name, *how, **more)
        return written(*given)

    method.__name__ = name
    return method
