"""What the picture says and where it says it: boxes with words, and arrows between them. Every format is drawn from this."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from soundstage.core.clouds import CLOUDS
from soundstage.plan.diagram.facts import Bucket, Facts, Machine, Network, People, Reach

_MOST_NAMES: Final = 6


class Kind(StrEnum):
    """What a box or an arrow is about. Each has a colour of its own, and a word in the legend."""

    PEOPLE = "people"
    OPEN = "open"
    OUTSIDE = "outside"
    NETWORK = "network"
    DOOR = "door"
    SHUT = "shut"
    ZONE = "zone"
    MACHINE = "machine"
    MEDIA = "media"
    COPY = "copy"
    MONEY = "money"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Box:
    """A title and sentences under it."""

    kind: Kind
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody outside, and the door that is for them; None where there is none."""

    outside: Box
    door: Box | None = None
    outward: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the region, with its machines."""

    box: Box
    machines: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One network: who stands outside, its doors, and what is in it."""

    box: Box
    rows: tuple[Row, ...]
    zones: tuple[Zone, ...]
    media: str
    """What its machines do with media; empty when nothing."""
    stops: str
    """What stops its machines from outside; empty when nothing."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole picture. `media` are the places of media, each with its copies."""

    title: str
    subtitle: str
    bands: tuple[Band, ...]
    media: tuple[tuple[Box, tuple[Box, ...]], ...]
    closed: Box
    money: Box
    people_to_media: str

    @property
    def description(self) -> str:
        """The picture in a few sentences, for those who cannot see it."""
        return " ".join(_sentence(line) for line in (self.subtitle, *self.closed.lines, *self.money.lines))

    def words(self) -> Iterator[tuple[str, tuple[Box, ...]]]:
        """All boxes, under headings."""
        for band in self.bands:
            yield "Who gets in, and how", tuple(box for row in band.rows for box in (row.outside, row.door) if box)
            inside = tuple(box for zone in band.zones for box in (zone.box, *zone.machines))
            yield "Where the machines are", (band.box, *inside)
        if self.media:
            yield "Where the media are", tuple(box for source, copies in self.media for box in (source, *copies))
        yield "Closed, money and hours", (self.closed, self.money)


def outline(facts: Facts) -> Outline:
    """The picture of these facts."""
    homes: list[Network | None] = [*facts.networks]
    if any(machine.network is None for machine in facts.machines):
        homes.append(None)
    bands = tuple(
        _band(facts, home, [m for m in facts.machines if m.network == (home.urn if home else None)]) for home in homes
    )
    sources = [bucket for bucket in facts.buckets if bucket.copy_of is None]
    where = f"on {CLOUDS[facts.cloud].title if facts.cloud in CLOUDS else facts.cloud}"
    return Outline(
        title=f"Project {facts.name}",
        subtitle=f"{facts.region or 'No region'}, {where}. {facts.standing}",
        bands=bands,
        media=tuple(
            (_bucket(one), tuple(_bucket(copy, one) for copy in facts.buckets if copy.copy_of == one.urn))
            for one in sources
        ),
        closed=Box(Kind.NOTE, "What is closed", tuple(_closed(facts)) or ("Nothing that this plan can show.",)),
        money=Box(Kind.MONEY, "Money and hours", (*_money(facts), *_hours(facts.machines))),
        people_to_media=_to_media(facts),
    )


def _band(facts: Facts, network: Network | None, machines: Sequence[Machine]) -> Band:
    if network:
        title = f"Private network {network.range}".strip()
        said = ["All traffic is logged."] * network.logged
        said += ["Machines find allowed names only."] * network.names_limited
    else:
        title, said = "A network outside this plan", ["What it opens besides is not known here."]
    zones = sorted({*(network.zones if network else ()), *(machine.zone for machine in machines)})
    with_media = [machine for machine in machines if machine.media]
    inside = bool(network and network.storage_inside)
    return Band(
        box=Box(Kind.NETWORK, title, tuple(said)),
        rows=tuple(_rows(facts, network, machines)),
        zones=tuple(_zone(zone, [machine for machine in machines if machine.zone == zone]) for zone in zones),
        media=_about(with_media, machines, "read and write", "reads and writes")
        + (", not over the internet" if inside else "")
        if with_media
        else "",
        stops=_stops(facts, machines),
    )


def _rows(facts: Facts, network: Network | None, machines: Sequence[Machine]) -> Iterator[Row]:
    sessions = bool(network and network.sessions and facts.people and machines)
    if facts.people:
        proxy = network.proxy if network else ""
        opens = (
            f"Opens for people whom {proxy} lets in."
            if proxy
            else "Opens for people who are signed in. It needs no open port."
        )
        door = Box(Kind.DOOR, f"Door: {proxy or 'a session'}", (opens,))
        told = _let_in(facts, proxy) if proxy else _people(facts, sessions)
        yield Row(Box(Kind.PEOPLE, "People", tuple(told)), door if sessions else None)
    openings: dict[tuple[Reach, tuple[str, ...], tuple[str, ...]], list[Machine]] = {}
    for machine in machines:
        for reach in Reach:
            mine = [door for door in machine.doors if door.reach is reach]
            if mine:
                sources = tuple(sorted({door.source for door in mine if door.source}))
                ports = tuple(sorted({door.port for door in mine}))
                openings.setdefault((reach, sources, ports), []).append(machine)
    for (reach, sources, ports), behind in openings.items():
        outside = Box(Kind.OPEN if reach is Reach.WORLD else Kind.OUTSIDE, _WHO[reach], sources)
        through = f"Leads to {_names(behind, machines)}."
        if reach in (Reach.WORLD, Reach.ADDRESSES) and not any(machine.public for machine in behind):
            through += " No address on the internet leads there yet."
        yield Row(outside, Box(Kind.OPEN if reach is Reach.WORLD else Kind.DOOR, f"Door: {_listed(ports)}", (through,)))
    yield _internet(machines)


_WHO: Final = {
    Reach.WORLD: "Anybody on the internet",
    Reach.ADDRESSES: "Addresses that are let in",
    Reach.PRIVATE: "A private network (VPN)",
    Reach.INSIDE: "Other machines of this plan",
    Reach.UNKNOWN: "Not known before `up`",
}


def _internet(machines: Sequence[Machine]) -> Row:
    """The internet, and what of it machines may call."""
    reaches = {door.reach for machine in machines for door in machine.doors}
    if Reach.WORLD in reaches:
        said = ["A rule lets anybody in."]
    elif Reach.ADDRESSES in reaches:
        said = ["Only the allowed addresses get in."]
    else:
        said = ["Nobody gets in from here."] if machines else []
    if any(machine.unseen_rules for machine in machines):
        said = ["Rules that this plan does not hold may let somebody in."]
    ways: dict[tuple[str, ...] | None, list[Machine]] = {}
    for machine in machines:
        ways.setdefault(machine.ways_out, []).append(machine)
    out = [f"{_listed(way)}, from {_names(who, machines)}." for way, who in ways.items() if way]
    if unknown := ways.get(None):
        out.append(f"Not known here, from {_names(unknown, machines)}.")
    if out:
        return Row(Box(Kind.OUTSIDE, "The internet", tuple(said)), Box(Kind.DOOR, "Way out", tuple(out)), outward=True)
    shut = Box(Kind.SHUT, "No way out", ("No machine can call the internet.",)) if machines else None
    return Row(Box(Kind.OUTSIDE, "The internet", tuple(said)), shut, outward=True)


def _people(facts: Facts, sessions: bool) -> Iterator[str]:
    sign_on = tuple(dict.fromkeys(name for people in facts.people for name in people.sign_on))
    yield f"Signed in with a second factor{f', or by single sign-on as {_listed(sign_on)}' if sign_on else ''}."
    media = any(bucket.media for bucket in facts.buckets)
    can = ["the display of every machine"] if sessions else []
    if media:
        can.append(_MEDIA_OF_ARTISTS[_inside(facts.people)])
    yield f"Artists: {', '.join(can) or 'start and stop machines'}."
    if media:
        yield "Reviewers: see what lies in exports, and nothing else."
    more = ["delete", "restore"] * media + ["open a shell"] * sessions + ["restart machines"]
    anywhere = ", from anywhere," if media and _inside(facts.people) else ""
    yield f"Admins: all that artists do{anywhere} and {_listed(tuple(more))}."


def _let_in(facts: Facts, proxy: str) -> Iterator[str]:
    """People who take no role: an owner lets each of them in."""
    yield f"Signed in with an account of their own, and let in by an owner through {proxy}."
    yield "They have the display of every machine, start it and stop it."
    groups = tuple(dict.fromkeys(name for people in facts.people for name in people.groups))
    if any(bucket.media for bucket in facts.buckets):
        yield (
            f"Media: {_listed(groups)}, by this plan."
            if groups
            else "Media: whoever an owner gives a right to the bucket."
        )


_MEDIA_OF_ARTISTS: Final = {
    True: "media only from inside the network",
    False: "read and write media from anywhere",
    None: "media (from where is known after `up`)",
}


def _inside(people: Sequence[People]) -> bool | None:
    found = {one.media_only_inside for one in people}
    return found.pop() if len(found) == 1 else None


def _zone(zone: str, machines: Sequence[Machine]) -> Zone:
    title = f"Zone {zone}" if zone else "Zone known after `up`"
    return Zone(Box(Kind.ZONE, title, () if machines else ("No machine here.",)), tuple(map(_machine, machines)))


def _machine(machine: Machine) -> Box:
    who = ", ".join(part for part in (machine.work, f"for {machine.user}" if machine.user else "") if part)
    kind = ", ".join(
        part for part in (machine.type, machine.os, "spot: may be taken away" if machine.spot else "") if part
    )
    disks = [
        f"{disk.name} {disk.gib} GiB" for disk in machine.disks if disk.gib is not None and disk.name != "system disk"
    ]
    return Box(Kind.MACHINE, machine.name, tuple(line for line in (who, kind, ", ".join(disks)) if line))


def _bucket(bucket: Bucket, source: Bucket | None = None) -> Box:
    """A place of media. A copy that is kept as its `source` is says just that."""
    where = f", {bucket.region}" if bucket.region else ""
    kept = tuple(_keeping(bucket))
    if source is not None:
        alike = kept == tuple(_keeping(source))
        return Box(Kind.COPY, f"Copy of the media{where}", ("Kept in the same way.",) if alike else kept)
    folders = [f"In folders: {_listed(bucket.folders)}."] if bucket.folders else []
    return Box(Kind.MEDIA, f"{'Media' if bucket.media else bucket.name}{where}", (*folders, *kept))


def _keeping(bucket: Bucket) -> Iterator[str]:
    """How a bucket keeps what is in it."""
    if bucket.own_key:
        yield "Encrypted with a key of your own."
    if bucket.private:
        yield "Not public."
    if bucket.versioned:
        least = f" for at least {_count(bucket.old_days, 'day')}" if bucket.old_days is not None else ""
        yield f"What is overwritten or deleted can be fetched back{least}."
    if bucket.lock_days:
        yield f"Each file is locked for {_count(bucket.lock_days, 'day')}."
    yield from (f"{tier}." for tier in bucket.tiers)
    if bucket.kept:
        yield "Stays when the project is taken down."


def _to_media(facts: Facts) -> str:
    """What people do with media without a machine; empty when nothing."""
    groups = {name for people in facts.people for name in people.groups}
    if not groups or not any(bucket.media for bucket in facts.buckets):
        return ""
    artists = {True: "", False: "artists read and write, ", None: ""}[_inside(facts.people)]
    return f"{artists}reviewers see exports, admins do all"


def _stops(facts: Facts, machines: Sequence[Machine]) -> str:
    said = []
    stopped = [machine for machine in machines if machine.stopped_by_budget]
    levels = [budget.stops_at for budget in facts.budgets if budget.stops_at is not None]
    if stopped and levels:
        said.append(f"the budget stops {_names(stopped, machines)} at {min(levels)} %")
    if by_clock := [machine for machine in machines if machine.hours]:
        said.append(f"the clock stops {_names(by_clock, machines)}")
    return ", ".join(said)


def _closed(facts: Facts) -> Iterator[str]:
    machines, doors = facts.machines, [door for machine in facts.machines for door in machine.doors]
    reaches = {door.reach for door in doors}
    if machines and not any(machine.unseen_rules for machine in machines):
        proxies = tuple(dict.fromkeys(network.proxy for network in facts.networks if network.proxy))
        if not doors:
            whom = f"anybody but {_listed(proxies)}" if proxies else "anybody"
            yield f"No port of any machine is open, to {whom}."
        elif not reaches & {Reach.WORLD, Reach.UNKNOWN}:
            yield "No machine is open to everybody on the internet."
        if not any(machine.public for machine in machines):
            yield "No machine has an address on the internet."
    if machines and all(machine.ways_out == () for machine in machines):
        yield "No machine can call the internet."
    if facts.buckets and all(bucket.private for bucket in facts.buckets):
        yield "No media are public."
    if facts.buckets and all(bucket.own_key for bucket in facts.buckets):
        yield "Media are encrypted."
    if any(bucket.media for bucket in facts.buckets) and not any(bucket.copy_of for bucket in facts.buckets):
        yield "Media stay in one region: no copy is made elsewhere."


def _money(facts: Facts) -> Iterator[str]:
    stopped = [machine for machine in facts.machines if machine.stopped_by_budget]
    if not facts.budgets:
        yield "No budget in this plan."
    for budget in facts.budgets:
        yield f"Budget: {budget.monthly or 'not known before `up`,'} a month."
        if budget.alerts:
            levels = _listed(tuple(f"{level} %" for level in budget.alerts))
            ahead = " spent, and when that is forecast" if budget.forecasts else " spent"
            yield f"Mail to {_count(budget.receivers, 'address')} at {levels}{ahead}."
        if budget.stops_at is None:
            yield "The budget stops nothing."
        else:
            yield f"At {budget.stops_at} % it stops {_names(stopped, facts.machines) if stopped else 'machines'}."


def _hours(machines: Sequence[Machine]) -> Iterator[str]:
    by_hours: dict[str, list[Machine]] = {}
    by_idle: dict[int, list[Machine]] = {}
    for machine in machines:
        if machine.hours:
            by_hours.setdefault(machine.hours, []).append(machine)
        if machine.idle_minutes:
            by_idle.setdefault(machine.idle_minutes, []).append(machine)
    for hours, who in by_hours.items():
        yield f"Hours {hours}: {_names(who, machines)}."
    for minutes, who in by_idle.items():
        yield f"Stops after {_count(minutes, 'minute')} without work: {_names(who, machines)}."


def _about(some: Sequence[Machine], all: Sequence[Machine], many: str, one: str) -> str:
    """`the machine reads and writes`, `edit-1 and mix-1 read and write`."""
    return f"{_names(some, all)} {one if len(some) == 1 else many}"


def _names(some: Sequence[Machine], all: Sequence[Machine]) -> str:
    """`all machines`, `edit-1 and mix-1`, or `12 machines` where the names would fill the picture."""
    if len(some) == len(all) > 1:
        return "all machines"
    return _listed(tuple(machine.name for machine in some)) if len(some) <= _MOST_NAMES else f"{len(some)} machines"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
