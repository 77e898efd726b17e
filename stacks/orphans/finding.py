"""Which of the things in an account no state knows, what each costs, and whether it may be cleaned up. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from soundstage.pricing.facts import HOURS_A_MONTH, price, snapshot_month
from soundstage.pricing.machines import offer
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.stacks.clouds.estate import Kind, Thing
from soundstage.stacks.orphans.states import States
from soundstage.stacks.state.on_record import Standing
from soundstage.stacks.team.spending import disk_month

YOUNG: Final = timedelta(hours=1)
"""What is younger may belong to an `up` that is still at work somewhere."""
_HOURLY: Final = {
    "aws": {Kind.ADDRESS: "ipv4", Kind.GATEWAY: "nat.hour", Kind.ENDPOINT: "endpoint.interface.hour"},
    "gcp": {Kind.ADDRESS: "ipv4.unused"},
}
"""What is billed by the hour whether anybody uses it or not. Cloud NAT is billed by the machines that use it."""
CLEANED: Final = (Kind.MACHINE, Kind.ENDPOINT, Kind.GATEWAY, Kind.ADDRESS)
"""What is cleaned up, in this order."""
WORK: Final = (Kind.DISK, Kind.SNAPSHOT)
"""What may hold somebody's work: cleaned up after a second question only. Buckets and keys never are."""


@dataclass(frozen=True)
class Orphan:
    """Something that no state knows."""

    thing: Thing
    monthly_usd: float | None
    """None where it is not known what it costs; 0 for what costs nothing by itself."""
    reason: str
    """Why it is taken for one."""
    keeps: str
    """Why it is not cleaned up; empty where it may be."""


def orphans(
    things: Iterable[Thing], states: States, studio: str, now: datetime, named: Collection[str], files: Collection[str]
) -> list[Orphan]:
    """Those of `studio`, the dearest first. `named` are the projects that a person named, `files` those that have a file here."""
    mine = [thing for thing in things if thing.studio == studio]
    lost = [thing for thing in mine if not _is_known(thing, states)]
    found = [Orphan(one, monthly_usd(one), *_whose(one, states, now, named, files)) for one in lost]
    return sorted(found, key=lambda one: (-(one.monthly_usd or 0), one.thing.project, one.thing.kind, one.thing.id))


def of_others(things: Iterable[Thing], studio: str) -> dict[str, int]:
    """Other studio → how much is tagged as its own."""
    counts: dict[str, int] = {}
    for thing in things:
        if thing.studio != studio:
            counts[thing.studio] = counts.get(thing.studio, 0) + 1
    return dict(sorted(counts.items()))


def _is_known(thing: Thing, states: States) -> bool:
    if thing.names & states.known or (thing.attached_to and thing.attached_to in states.known):
        return True
    standing = states.standings.get((thing.studio, thing.project))
    # No state has snapshots on record: they stay with what `down` keeps of their project.
    return thing.kind is Kind.SNAPSHOT and standing not in (None, Standing.DOWN)


def _whose(
    thing: Thing, states: States, now: datetime, named: Collection[str], files: Collection[str]
) -> tuple[str, str]:
    """Why it is an orphan, and why it is not to be cleaned up.

    Only a state in the studio's bucket tells for everybody: any other project, and a project that is on record on this machine alone,
    may be up from a colleague's machine, whose state nobody here can see. Such a project has to be named.
    """
    whose = f"project {thing.project}" if thing.project else f"studio {thing.studio}"
    standing = states.standings.get((thing.studio, thing.project))
    unsure = "" if standing is not None and states.shared else _unsure(thing, states, named, files)
    if standing is None:
        place = "on this machine or in the studio's bucket" if states.shared else "on this machine"
        return f"no state of {whose} is {place}", _kind_keeps(thing) or _young(thing, now) or unsure
    if standing in (Standing.HALF_UP, Standing.UNREADABLE):
        why = "its last `up` did not finish" if standing is Standing.HALF_UP else "its state cannot be read"
        return f"the state of {whose} does not know it", f"{why}: what is missing there may be this"
    reason = f"{whose} is down" if standing is Standing.DOWN else f"the state of {whose} does not know it"
    return reason, _kind_keeps(thing) or _young(thing, now) or unsure


def _unsure(thing: Thing, states: States, named: Collection[str], files: Collection[str]) -> str:
    if thing.project and thing.project in named:
        return ""
    if not thing.project:
        return "a colleague may have the studio's state: delete it by hand"
    known = (thing.studio, thing.project) in states.standings
    adopt = f"; `workstation adopt {thing.project}` records it again" if thing.project in files and not known else ""
    return f"a colleague may have its state: name it with --project {thing.project}{adopt}"


def _kind_keeps(thing: Thing) -> str:
    if thing.kind in (*CLEANED, *WORK):
        return ""
    if thing.kind in (Kind.BUCKET, Kind.KEY):
        return "it may hold or open media: delete it by hand"
    return "delete it by hand"


def _young(thing: Thing, now: datetime) -> str:
    return "it is less than an hour old: an `up` may be at work" if thing.made and now - thing.made < YOUNG else ""


def monthly_usd(thing: Thing) -> float | None:
    """What it costs in a month if it stays as it is, at list prices; None where that is not known."""
    if thing.kind is Kind.MACHINE:
        if not thing.is_running:
            return 0.0
        known = offer(_family(thing), thing.type, thing.region, "windows" if thing.is_windows else "linux", "on-demand")
        return known.low * HOURS_A_MONTH if known and known.low is not None else None
    if thing.kind is Kind.DISK:
        return disk_month(thing.type, thing.gib, thing.region)
    if thing.kind is Kind.SNAPSHOT:
        kept = price(_family(thing), "image", thing.region) if thing.type == "image" else None
        return kept.amount(thing.gib) if kept else snapshot_month(thing.gib, thing.region)
    if thing.kind in (Kind.ADDRESS, Kind.GATEWAY, Kind.ENDPOINT):
        item = _HOURLY[_family(thing)].get(thing.kind)
        if item is None or (thing.kind is Kind.ENDPOINT and thing.type != "Interface"):
            return 0.0
        found = price(_family(thing), item, thing.region)
        return found.amount(HOURS_A_MONTH * max(1, thing.places)) if found else None
    if thing.kind is Kind.KEY:
        found = price(_family(thing), "kms.key", thing.region)
        return found.amount(1) if found else None
    return 0.0 if thing.kind is Kind.ROLE or thing.detail.startswith("ec2:") else None


def _family(thing: Thing) -> str:
    """Whose prices are meant: `aws` or `gcp`."""
    return catalogue_of(thing.region).family
