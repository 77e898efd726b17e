"""What a cloud tells of an account's bill."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from soundstage.components.tags import CLIENT, PROJECT, WORKSTATION
from soundstage.pricing.advised import Unused
from soundstage.pricing.bill import Bill

TAGS = (PROJECT, CLIENT, WORKSTATION)
"""The tags by which a bill is split. Each has to be active for cost allocation."""


class Readable(Protocol):
    """A bill that can be read."""

    def today(self) -> date:
        """The day that it is in the cloud, in UTC."""

    def of_project(self, project: str, start: date, end: date) -> Bill:
        """What a project cost from a day to another one, both included: by machine and usage type."""

    def of_studio(self, start: date, end: date) -> Bill:
        """What all projects of the account cost: by client and project."""


class Bills(Readable, Protocol):
    """The bill of an account. Asking may itself be billed."""

    def inactive(self) -> list[str]:
        """Which of `TAGS` the bill is not split by. Tags that nothing ever carried are left out."""

    def activate(self, keys: Sequence[str]) -> str:
        """Have the bill split by these tags from now on. Returns what the cloud says against it; empty when it is done."""

    def unused(self, studio: str, project: str) -> list[Unused]:
        """Disks and addresses of a project that cost and that nothing is attached to."""
