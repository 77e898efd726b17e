"""Who is asked before anything is changed, and who sees what would be."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

Previewed = TypeVar("Previewed")

Confirm: TypeAlias = Callable[[Previewed], bool]
"""Agrees to what was previewed, or raises. Returns whether somebody was asked: an answer can take hours."""
OnPreview: TypeAlias = Callable[[Previewed], None]
"""Sees what was previewed before it is judged."""


def unasked(_preview: object) -> bool:
    """For callers who have agreed already."""
    return False


def unseen(_preview: object) -> None:
    """For callers who do not look."""
