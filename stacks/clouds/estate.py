"""Everything in an account that carries our tags or our names, whether a state knows it or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What something is, as far as it matters for what it costs and whether it may hold somebody's work."""

    MACHINE = "machine"
    DISK = "disk"
    SNAPSHOT = "snapshot"
    ADDRESS = "address"
    GATEWAY = "gateway"
    ENDPOINT = "endpoint"
    KEY = "key"
    BUCKET = "bucket"
    ROLE = "role"
    LOG_GROUP = "log group"
    OTHER = "other"


@dataclass(frozen=True)
class Thing:
    """One resource of an account."""

    id: str
    kind: Kind
    region: str
    studio: str
    project: str
    """Empty for a studio's own."""
    name: str = ""
    detail: str = ""
    """`g5.2xlarge, running`; of another kind, what the cloud calls it (`ec2:subnet`)."""
    type: str = ""
    """The type of a machine or a disk."""
    gib: int = 0
    places: int = 1
    """How many zones an endpoint is in: each is billed."""
    is_running: bool = False
    is_windows: bool = False
    made: datetime | None = None
    """In UTC; None where the cloud does not say."""
    attached_to: str = ""
    """Id of the machine that it is attached to."""
    names: frozenset[str] = field(default_factory=frozenset)
    """What a state may call it: its id, its ARN, the end of its ARN."""


class Estate(Protocol):
    """What is in an account that is ours by its tags or its name. Nothing here asks a state."""

    def regions(self) -> list[str]:
        """The regions that this account may use."""

    def things(self, region: str) -> list[Thing]:
        """All that there is of it in a region. What an account has without a region comes with every region."""

    def delete(self, thing: Thing) -> None:
        """Delete a machine, disk, snapshot, address, gateway or endpoint; for a machine, when it is gone. One that is gone is no error."""


def said(tags: Mapping[str, str], key: str) -> str:
    """What a tag says, empty without it."""
    return str(tags.get(key, ""))
