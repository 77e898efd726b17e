"""What a boot script needs to know about its machine: plain values, none of them secret."""

from dataclasses import dataclass
from typing import Final

PROFILES: Final = ("baseline", "studio", "content")
LONGEST_USER_DATA: Final = 16 * 1024
"""Bytes of user data that EC2 accepts, before base64. Amazon EC2 User Guide "Run commands at launch", read 2026-11."""

DATA_VOLUME_TAG: Final = "soundstage:data-volume"
SCRATCH_VOLUME_TAG: Final = "soundstage:scratch-volume"
OWN_DISK_TAG: Final = "soundstage:disk-"
"""Tags by which a machine learns the ids of its volumes, through its metadata service; the last is followed by a disk's name.
In the boot script the ids would make it unknown until the volumes exist, and different for every machine."""


@dataclass(frozen=True, slots=True)
class BootFacts:
    """What a machine is for and what it must be made into."""

    project: str
    workstation: str
    user: str
    """The person's account on the machine."""
    profile: str
    """`baseline`, `studio` or `content`: what may leave the machine through the display."""
    access: str
    """`session`, `allowlist` or `vpn`; with `session` the display listens on loopback only."""
    gpu: bool = True
    log_group: str = ""
    """Name of the log group that the machine tells of its start; empty for none."""
    tools_document: str = ""
    """Name of the document of Systems Manager that brings the machine its tools (`tools_document.py`)."""
    bucket: str = ""
    """Name of the bucket that is mounted as a drive; empty for none."""
    prefix: str = ""
    """Part of the bucket that is mounted, ending in `/`; empty for all of it."""
    data_volume: bool = True
    """Whether a data volume is attached."""
    scratch_volume: bool = False
    """Whether a scratch volume is attached; without one, local disks are used if the machine has any."""
    disks: tuple[tuple[str, str], ...] = ()
    """Disks of a program's own: the name of each and the letter of its device, which is that of its drive on Windows."""
    commands: tuple[str, ...] = ()
    """Commands of a program's own, which run last."""
    web: bool = False
    """Whether the machine reaches the internet, so that what its image lacks can be installed."""
