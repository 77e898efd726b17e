"""The snapshots of work disks: which of them a disk comes back from, and which are too many. Pure: what the cloud holds comes in.

A snapshot holds what was on the disk when it was begun, and is of use once it is complete. Source: Amazon EBS User Guide, "Create Amazon
EBS snapshots" (2026-11).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from soundstage.core.errors import PreflightRefused
from soundstage.pricing.facts import as_of, initialization, initialization_source
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.base import Snapshot


@dataclass(frozen=True)
class Source:
    """Where what a work disk holds comes from."""

    snapshot_id: str
    mib_per_second: int | None
    """At which the disk is read from it; None for whenever a part is first used."""


def names_of(project: Project, machine: str) -> set[str]:
    """The names by which snapshots may know a machine's disk: its own, and the one that it had before."""
    return {machine} | ({was} if (was := project.workstations[machine].was) else set())


def last_of(project: Project, machine: str, found: Iterable[Snapshot]) -> Snapshot | None:
    """The newest complete snapshot of a machine's disk, which a new disk of it is made from; None where there is none.

    Raises `PreflightRefused` where a newer one is still being taken, and where the disk that is wanted cannot be made from it.
    """
    mine = [one for one in found if one.machine in names_of(project, machine)]
    complete = [one for one in mine if one.is_complete]
    last = max(complete, key=_age, default=None)
    for one in mine:
        if one.state == "pending" and (last is None or _age(one) > _age(last)):
            raise PreflightRefused(
                f"Nothing was changed.\n{machine}: {one.id}, the last snapshot of its work disk, is not complete yet "
                f"({one.progress or 'no progress is known'}).",
                "Run this again when it is: `workstation snapshots` shows how far it is.",
            )
    if last is not None and (why := unfit(project, machine, last)):
        raise PreflightRefused(f"Nothing was changed.\n{machine}: {why[0]}", why[1])
    return last


def failed_since(project: Project, machine: str, last: Snapshot, found: Iterable[Snapshot]) -> list[Snapshot]:
    """The snapshots that were begun after `last` and are of no use."""
    names = names_of(project, machine)
    return [one for one in found if one.machine in names and not one.is_complete and _age(one) > _age(last)]


def superseded(found: Sequence[Snapshot], keep: int, living: Collection[str], used: Collection[str]) -> list[Snapshot]:
    """The snapshots of which there are `keep` newer complete ones of the same machine. Never one that is `used`: a disk that is there
    was made from it. While a machine's disk is `living`, its daily snapshots are left to the clock that takes and deletes them."""
    too_many: list[Snapshot] = []
    for machine in sorted({one.machine for one in found}):
        counted = [
            one for one in found if one.machine == machine and one.is_complete and not (machine in living and one.daily)
        ]
        newest_first = sorted(counted, key=_age, reverse=True)
        too_many += [one for one in newest_first[keep:] if one.id not in used]
    return too_many


def coming_back(
    machine: str, snapshot: Snapshot, source: Source, region: str, failed: Sequence[Snapshot] = ()
) -> Iterator[str]:
    """Sentences about a work disk that comes back: from when, how long until it is quick, for how much."""
    kind = "daily" if snapshot.daily else "last"
    yield (
        f"{machine}'s work disk comes back as it was on {snapshot.taken:%Y-%m-%d %H:%M} UTC ({kind} snapshot {snapshot.id}, "
        f"{snapshot.gib} GiB).{_reading(snapshot, source, region)}"
    )
    if failed:
        ids = ", ".join(one.id for one in failed)
        yield f"{machine}: {ids} was taken later and failed ({failed[0].state}); what was written after that day is not in it."


def _reading(snapshot: Snapshot, source: Source, region: str) -> str:
    if not catalogue_of(region).slow_from_snapshot:
        return ""
    if source.mib_per_second is None:
        return " It is read when it is first used, and slow until then."
    minutes = max(1, round(snapshot.stored_gib * 1024 / source.mib_per_second / 60))
    usd = initialization(snapshot.stored_gib, region)
    dated = as_of([initialization_source(region)])
    return f" It is read at {source.mib_per_second} MiB a second: full speed after about {minutes} min, for about {usd:.2f} USD ({dated})."


def unfit(project: Project, machine: str, snapshot: Snapshot) -> tuple[str, str] | None:
    """Why the machine's disk cannot be made from this snapshot, and what to do about it; None when it can."""
    wanted = project.workstations[machine]
    if snapshot.gib > wanted.data_gib:
        return (
            f"data_gib is {wanted.data_gib}, and the snapshot {snapshot.id} of its work disk has {snapshot.gib} GiB.",
            f"Set `data_gib: {snapshot.gib}` or more. For a new, empty disk set `data_from: empty`: the snapshot stays.",
        )
    if snapshot.os and snapshot.os != wanted.os:
        return (
            (
                f"os is {wanted.os}, and the snapshot {snapshot.id} of its work disk was written by {snapshot.os}: to "
                f"{wanted.os.capitalize()} it is nothing but bytes."
            ),
            f"Set `os: {snapshot.os}`. For a new, empty disk set `data_from: empty`: the snapshot stays.",
        )
    return None


def _age(snapshot: Snapshot) -> tuple[float, str]:
    return snapshot.taken.timestamp(), snapshot.id
