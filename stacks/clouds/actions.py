"""What each type of resource takes of whoever makes, changes and deletes it."""

from typing import Protocol

from soundstage.core.values import Properties


class Actions(Protocol):
    """The permissions that resources take."""

    def creating(self, type: str, inputs: Properties) -> frozenset[str]:
        """The actions that it takes to create a resource; `UsageError` for a type that nobody knows."""

    def deleting(self, type: str, inputs: Properties) -> frozenset[str]:
        """The actions that it takes to delete it."""

    def changing(self, type: str, inputs: Properties) -> frozenset[str]:
        """The actions that it takes to look whether it is as it should be, and to change it."""

    def passed_to(self, type: str) -> str:
        """The service that a resource of this type hands a role to; empty for most."""
