"""Corrections of moto 5.2, one file each. They are applied once, before the first request (`apply_all`)."""

from functools import cache
from importlib import import_module
from typing import Final

_CORRECTIONS: Final = (
    "absences", "access_logs", "backends", "bodies", "bucket_policies", "characters", "checksums", "clock", "deletions", "filters", "images",
    "interfaces", "keys", "lookups", "pages", "policies", "rules", "tags", "user_data", "volumes",
)  # fmt: skip


@cache
def apply_all() -> None:
    """Import moto and apply every correction to it."""
    for name in _CORRECTIONS:
        import_module(f"{__name__}.{name}").apply()
