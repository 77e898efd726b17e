"""What the simulated cloud remembers beside moto, per account and region. It is part of the snapshot."""

from typing import Any, TypeVar

Kind = TypeVar("Kind")

GLOBAL = "aws"
"""The region of what has none."""


class Memory:
    """One object of each kind per account and region, made when first asked for."""

    def __init__(self) -> None:
        self._kept: dict[tuple[type[Any], str, str], Any] = {}

    def of(self, kind: type[Kind], account: str, region: str = GLOBAL) -> Kind:
        """The object of `kind` that belongs to `account` and `region`."""
        key = (kind, account, region)
        if key not in self._kept:
            self._kept[key] = kind()
        found: Kind = self._kept[key]
        return found

    def every(self, kind: type[Kind], account: str) -> list[Kind]:
        """The objects of `kind` that `account` has, one for each region."""
        return [kept for (of_kind, owner, _), kept in self._kept.items() if of_kind is kind and owner == account]
