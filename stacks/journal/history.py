"""What happened to a project, from its journal and from what its machines told. What is wrong with the journal itself is told too."""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from soundstage.core.errors import OperationError, PreflightRefused, StateError
from soundstage.stacks.clouds.base import Cloud, Machine
from soundstage.stacks.deployment import AnyDeployment, Deployment
from soundstage.stacks.journal.entry import Entry, is_whole, moment, read
from soundstage.stacks.journal.places import Place, place_here, place_of
from soundstage.stacks.state.on_record import on_record
from soundstage.stacks.why import Told, idle_words
from soundstage.stacks.why import read as read_guard

_AT_ONCE: Final = 16
MOST_TOLD: Final = 5000
"""Lines of a machine's idle guard that are read back: it tells something at least every 15 minutes."""


@dataclass(frozen=True)
class Happening:
    """One thing that happened."""

    at: datetime
    """When it began, in UTC."""
    who: str
    host: str
    """Empty for what a machine did itself."""
    command: str
    machines: tuple[str, ...]
    result: str
    """As of an `Entry`; `unfinished` for a beginning without an end: it still runs, or was killed."""
    detail: str
    seconds: float | None
    source: Literal["journal", "machine"] = "journal"


@dataclass(frozen=True)
class History:
    """What happened, oldest first."""

    since: datetime
    where: str
    is_shared: bool
    happenings: tuple[Happening, ...]
    problems: tuple[str, ...]
    """Sentences about entries that cannot be trusted or read, and about machines that could not be asked."""


def history_of(deployment: AnyDeployment, since: datetime) -> History:
    """Raises `StateError` where the journal cannot be read at all. Asks the cloud for what a project's machines told."""
    place = place_of(deployment.cloud, deployment.studio, deployment.stack)
    names, contents = _contents(place, since)
    here = place_here(deployment.studio, deployment.stack)
    if here != place:  # from before the state was moved to where it is now
        earlier, found = _contents(here, since)
        names, contents = names | earlier, contents | found
    entries = {name: entry for name, one in contents.items() if is_whole(name, one) and (entry := read(one))}
    stops, untold = _stops(deployment, since)
    happened = sorted([*happenings(entries), *stops], key=lambda one: one.at)
    return History(since, place.where, place.is_shared, tuple(happened), (*faults(contents, names, since), *untold))


def happenings(entries: Mapping[str, Entry]) -> list[Happening]:
    """One for each command: its beginning and its end are one. Pure."""
    ended = {entry.began: entry for entry in entries.values() if entry.began}
    found = []
    for name, entry in entries.items():
        if entry.began in entries and entry.began:
            continue  # its beginning tells of it
        end = ended.get(name, entry)
        found.append(
            Happening(
                at=entry.at,
                who=entry.who,
                host=entry.host,
                command=entry.command,
                machines=end.machines or entry.machines,
                result="unfinished" if end.result == "begun" else end.result,
                detail=end.detail,
                seconds=end.seconds,
            )
        )
    return found


def faults(contents: Mapping[str, bytes], names: Collection[str], since: datetime) -> list[str]:
    """What is wrong with a journal whose objects are `names`, of which `contents` were read. Pure."""
    told = []
    for name, content in contents.items():
        entry = read(content)
        if not content:
            told.append(f"The entry {name} cannot be read.")
        elif not is_whole(name, content):
            told.append(f"The entry {name} was changed after it was written.")
        elif entry is None:
            told.append(f"The entry {name} cannot be read; a later version of Soundstage may have written it.")
    named = {one for content in contents.values() if (entry := read(content)) for one in (*entry.after, entry.began)}
    for gone in sorted(one for one in named if one and one >= moment(since) and one not in names):
        told.append(f"The entry {gone} is gone: a later one names it.")
    return told


def _contents(place: Place, since: datetime) -> tuple[set[str], dict[str, bytes]]:
    """The names of all entries since then, and the content of each; empty for one that cannot be read."""
    names = place.names(moment(since))

    def content(name: str) -> bytes:
        try:
            return place.read(name)
        except StateError:
            return b""

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return set(names), dict(zip(names, pool.map(content, names), strict=True))


def _stops(deployment: AnyDeployment, since: datetime) -> tuple[list[Happening], list[str]]:
    """When the machines that there are stopped themselves, as their idle guards told; none for a studio, which has none."""
    if not isinstance(deployment, Deployment):
        return [], []
    if deployment.cloud.look_alike and not any(
        one.is_up for one in on_record(deployment.studio.studio, deployment.stack)
    ):
        return [], []  # a simulated cloud is not started for nothing
    try:
        told = {one.name: _told(deployment.cloud, one) for one in deployment.machines()}
    except (OperationError, PreflightRefused) as error:
        return [], [f"What the machines themselves did is not shown: {error.message}"]
    return [one for name, each in told.items() for one in stops(name, each) if one.at >= since], []


def _told(cloud: Cloud, machine: Machine) -> list[Told]:
    lines = cloud.machines.guard_log(machine, MOST_TOLD)
    return [one for line in lines if (one := read_guard(line))]


def stops(machine: str, told: Iterable[Told]) -> list[Happening]:
    """Each time that the guard of a machine stopped it. Pure."""
    found: list[Happening] = []
    before: Told | None = None
    for one in sorted(told, key=lambda each: each.at):
        # A guard that has said stop may say so again until the machine is off.
        if one.verdict == "stop" and not (before and before.verdict == "stop"):
            found.append(
                Happening(
                    one.at.astimezone(UTC), machine, "", "stop", (machine,), "done", idle_words(one), None, "machine"
                )
            )
        before = one
    return found
