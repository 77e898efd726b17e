"""Disks of machines: how large and how quick they may be, and how quick the work on them needs them to be."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from soundstage.components.arguments import number_faults

if TYPE_CHECKING:
    import pulumi

LARGEST_DISK_GIB: Final = 16384
"""Amazon EBS User Guide "General Purpose SSD volumes", read 2026-11: a gp3 volume may be larger, and none here is."""
DEVICES: Final = tuple(f"/dev/sd{letter}" for letter in "hijklnop")
"""Where disks of a program's own are attached. EC2 recommends `f` to `p` (User Guide, "Device names for volumes", read 2026-11); ours
have `f` and `g`, and `m` would be the drive of the media on Windows."""
# Amazon EBS User Guide "General Purpose SSD volumes"; Amazon EC2 API Reference "CreateVolume", read 2026-11.
LEAST_IOPS: Final = 3000
MOST_IOPS: Final = 80_000
MOST_IOPS_PER_GIB: Final = 500
LEAST_MIB_PER_SECOND: Final = 125
MOST_MIB_PER_SECOND: Final = 2000
LEAST_INITIALIZATION: Final = 100
MOST_INITIALIZATION: Final = 300
"""MiB a second at which EBS reads a snapshot into a volume, where one asks for it (Amazon EBS User Guide, "Use an Amazon EBS Provisioned
Rate for Volume Initialization", read 2026-11)."""
IOPS_PER_MIB: Final = 4
"""How many operations a second must be there for each MiB/s: a gp3 volume has at most 0.25 MiB/s for each."""


@dataclass(frozen=True)
class Disk:
    """A gp3 volume. None for what AWS decides: 3000 operations and 125 MiB a second."""

    size_gib: int
    iops: int | None
    mib_per_second: int | None
    keep: bool
    """Whether a last snapshot is taken when it is deleted."""
    device: str
    snapshot_id: "pulumi.Input[str] | None"
    initialization: int | None
    """MiB a second at which the disk is read from its snapshot; None for whenever a part of it is first used."""

    @classmethod
    def of(
        cls,
        size_gib: int,
        iops: int | None,
        mib_per_second: int | None,
        *,
        keep: bool = False,
        device: str = "",
        snapshot_id: "pulumi.Input[str] | None" = None,
        initialization: int | None = None,
    ) -> Self:
        """A disk with the operations that its throughput needs, where nobody says how many."""
        if iops is None and mib_per_second is not None and mib_per_second * IOPS_PER_MIB > LEAST_IOPS:
            iops = mib_per_second * IOPS_PER_MIB
        return cls(size_gib, iops, mib_per_second, keep, device, snapshot_id, initialization)


def speed_faults(prefix: str, size_gib: int, iops: int | None, mib_per_second: int | None) -> list[str]:
    """What is wrong with the speed of a disk; empty when nothing is. `prefix` stands before the names of its arguments."""
    faults = []
    if mib_per_second is not None:
        faults += number_faults(f"{prefix}mib_per_second", mib_per_second, LEAST_MIB_PER_SECOND, MOST_MIB_PER_SECOND)
    if iops is not None:
        faults += number_faults(f"{prefix}iops", iops, LEAST_IOPS, MOST_IOPS)
        if mib_per_second is not None and mib_per_second > LEAST_MIB_PER_SECOND:
            least = mib_per_second * IOPS_PER_MIB
            if iops < least:
                faults.append(f"{prefix}iops is {iops}; {mib_per_second} MiB a second need at least {least}")
    needed = Disk.of(size_gib, iops, mib_per_second).iops
    if not faults and size_gib and needed and needed > max(LEAST_IOPS, size_gib * MOST_IOPS_PER_GIB):
        faults.append(f"{prefix}iops is {needed}, too many for {size_gib} GiB; allowed: {size_gib * MOST_IOPS_PER_GIB}")
    return faults
