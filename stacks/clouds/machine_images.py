"""The images of an account, from which machines are made: what a cloud can do with them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class MachineImage:
    """One image as the cloud has it now, in one region."""

    id: str
    name: str
    region: str
    state: str
    """`pending`, `available`, `failed`, `disabled` …"""
    made: datetime
    """In UTC."""
    owner: str
    disk_gib: int
    """Size of its system disk."""
    tags: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    """Why it failed, in the cloud's words."""

    @property
    def usable(self) -> bool:
        return self.state == "available"


class Images(Protocol):
    """The images of an account. Nothing here waits. Every call is about one region."""

    def found(self, ids: Collection[str], region: str) -> dict[str, MachineImage]:
        """Those of these ids that there are, by id."""

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:
        """The images of an owner (twelve digits, or `self`) by exact name; a `*` at the end stands for anything."""

    def make(self, instance_id: str, name: str, tags: Mapping[str, str]) -> str:
        """Make an image of a machine that is stopped, with its system disk alone. Returns its id; it is there later. Where the account has
        one of that name by now, that is it: a name says of which machine the image is, and since when."""

    def copy(self, image: MachineImage, region: str, key: str, tags: Mapping[str, str]) -> str:
        """Copy an image to another region, encrypted with the key (an alias or an ARN) there. Returns its id; it is there later, or
        failed later: whether the key can be used is found out on the way."""

    def in_use(self, ids: Collection[str], region: str) -> dict[str, tuple[str, ...]]:
        """Who uses each of these images: machines that are not terminated. Ids of images that nobody uses are left out."""

    def delete(self, id: str, region: str) -> None:
        """Delete an image with its snapshots."""

    def share(self, id: str, region: str, account: str) -> None:
        """Let another account make machines of it."""

    def refuse_stranger(self, account: str) -> None:
        """Raise `UsageError` for what nothing can be shared with. Asks nobody."""

    @property
    def key_of_others(self) -> str:
        """What must be done with the key before somebody else can use what is shared with them, in sentences."""

    def disk_key(self, region: str, studio: str) -> str:
        """The key that encrypts the disks of a studio's builders, and copies of images, in a region; empty where it is the cloud's own,
        which nothing can be shared under."""

    def link(self, bucket: str, key: str, seconds: int) -> str:
        """An address at which an object of a bucket can be had for so long, without credentials."""

    # Of the machine that an image is made of.

    def machine_state(self, instance_id: str) -> str:
        """`pending`, `running`, `stopping`, `stopped`, `terminated` …"""

    def halt(self, instance_id: str) -> None:
        """Tell it to stop."""

    def host_keys(self, instance_id: str) -> tuple[str, ...]:
        """The host keys that it told the cloud at its start, such as `ssh-ed25519 AAAA…`; none while it has not."""
