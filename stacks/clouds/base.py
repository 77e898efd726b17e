"""What a cloud is to everything above it. Whoever adds one writes this: a `Cloud` for its account, and the ports that it has.

Nobody outside asks which cloud it is. What only a simulated one can do is asked of its `look_alike`, which a real one lacks.
Every call raises `CloudError`, with the cloud's own code, for what the cloud refuses, and `PreflightRefused` for credentials
that it no longer accepts, and repeats what may succeed in a moment.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from soundstage.core.clouds import CloudName
from soundstage.core.values import Properties
from soundstage.engines.base import Event, EventKind, OnEvent
from soundstage.plan.plan import Plan
from soundstage.providers.base import CloudProvider, Package, Sighting
from soundstage.stacks.clouds.actions import Actions
from soundstage.stacks.clouds.bills import Bills
from soundstage.stacks.clouds.builders import Builders
from soundstage.stacks.clouds.doors import Doors
from soundstage.stacks.clouds.estate import Estate
from soundstage.stacks.clouds.facts import Facts, Filed
from soundstage.stacks.clouds.look_alike import LookAlike
from soundstage.stacks.clouds.machine_images import Images
from soundstage.stacks.clouds.notices import Notices
from soundstage.stacks.clouds.state_buckets import Buckets
from soundstage.stacks.clouds.transfers import Transfers
from soundstage.stacks.clouds.zones import Zones

if TYPE_CHECKING:
    from soundstage.pricing.advised import Unused
    from soundstage.sessions.session import Calls


@dataclass(frozen=True)
class Disk:
    """A volume that is attached to a machine."""

    device: str
    gib: int
    kind: str
    """`gp3`, `io2` …"""
    encrypted: bool
    made: datetime | None = None
    """In UTC."""


@dataclass(frozen=True)
class Machine:
    """One workstation as the cloud has it now."""

    name: str
    instance_id: str
    state: str
    """`pending`, `running`, `stopping`, `stopped` or `shutting-down`."""
    instance_type: str
    launched: datetime | None
    """When it was last started, in UTC."""
    private_ip: str | None
    public_ip: str | None
    disks: tuple[Disk, ...]
    user: str
    zone: str
    """The availability zone."""
    network_zone: str
    """`content`, `io` or `mgmt`."""
    log_group: str = ""
    """Where its logs go."""
    is_windows: bool = False
    keep_awake: str = ""
    """Until when it is kept awake, and by whom, as `stacks.keep_awake` writes it; empty when it is not."""
    stopped_by: str = ""
    """How the cloud says that it came to stop, in the cloud's own word; empty while it runs."""
    alarm: str = ""
    """The name of the alarm that stops it when its idle guard is dead."""
    project: str = ""
    expires: str = ""
    """The day after which its project should be gone, as its tag says; empty for none."""
    image: str = ""
    """Id of the image that it was made from."""
    stopped: datetime | None = None
    """When it stopped, in UTC; None while it runs, and where the cloud does not say."""
    is_spot: bool = False

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class LastSession:
    """Who was on a machine last."""

    who: str
    at: datetime
    """When it was opened, in UTC."""
    is_open: bool


class Machines(Protocol):
    """The machines of an account's projects. Nothing here waits."""

    def of_project(self, studio: str, project: str) -> list[Machine]:
        """Every workstation of a studio's project that was not terminated, with its disks, by name."""

    def of_studio(self, studio: str) -> list[Machine]:
        """The same of all projects of a studio, by project and name."""

    def last_sessions(self) -> dict[str, LastSession] | None:
        """The last session with each machine of the region, by the machine's id; those of the last 30 days. None where the cloud keeps no
        record of sessions."""

    def hours_on(self, found: Sequence[Machine], since: datetime, until: datetime) -> dict[str, dict[datetime, float]]:
        """Machine's id → hour (its beginning, in UTC) → how much of it the machine was on, from 0 to 1. Without the machines of which
        the cloud counts nothing."""

    def state(self, machine: Machine) -> str:
        """Its state now, also `terminated`."""

    def stop(self, machine: Machine, on_event: OnEvent) -> None:
        """Tell it to stop."""

    def start(self, machine: Machine, on_event: OnEvent) -> None:
        """Tell it to start."""

    def answers(self, machine: Machine) -> bool:
        """Whether a session to it can be opened: its agent has signed in."""

    def told(self, machine: Machine) -> str | None:
        """What it told last of its present start: the report of its probe (`components.boot.report`). None while it has told nothing."""

    def log(self, machine: Machine, lines: int) -> list[str]:
        """The last lines of what its starts printed, the latest last."""

    def guard(self, machine: Machine) -> str | None:
        """What its idle guard told last (`stacks.why`). None while it has told nothing."""

    def guard_log(self, machine: Machine, lines: int) -> list[str]:
        """The last lines that its idle guard told, also of earlier starts, the latest last."""

    def backstop(self, machine: Machine) -> bool | None:
        """Whether the alarm that stops it when its idle guard is dead may act; None where there is no such alarm."""

    def mark_awake(self, machine: Machine, until: str) -> None:
        """Write until when it is kept awake where its idle guard reads it; empty for no longer."""

    def session(self, machine: Machine, display: int, local: int, document: str) -> str:
        """The command that brings the port of its display to a local one. `document` names the project's own way in, where it
        has one."""


@dataclass(frozen=True)
class Deletion:
    """A key that somebody scheduled for deletion."""

    day: date | None
    undo: str
    """The command that cancels it."""


class Keys(Protocol):
    """The encryption keys."""

    type: str
    """The resource type of a key."""

    def deletion(self, id: str, name: str, region: str) -> Deletion | None:
        """Whether the key is about to be deleted; None also for a key that is gone."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a disk for work in progress."""

    id: str
    machine: str
    """The machine whose disk it was; the snapshot's own id where somebody took that tag away."""
    taken: datetime
    """When it was begun, in UTC: what was written later is not in it."""
    state: str
    """`pending`, `completed`, `error` …"""
    progress: str
    """`40%`."""
    gib: int
    """The size of the disk."""
    stored_bytes: int | None
    """What of the disk was ever written; None where the cloud does not say."""
    daily: bool
    """Whether it was taken by the clock, and not when its disk went."""
    os: str
    """The operating system that wrote the disk; empty where that is not known."""
    disk: str = ""
    """Id of the disk."""

    @property
    def is_complete(self) -> bool:
        return self.state == "completed"

    @property
    def stored_gib(self) -> float:
        """What is stored of it at the most, in GiB."""
        return self.gib if self.stored_bytes is None else self.stored_bytes / 2**30


class Snapshots(Protocol):
    """The snapshots of disks, which no stack has on record."""

    def of_project(self, studio: str, project: str) -> list[Snapshot]:
        """Every snapshot of a project that the account owns in its region, oldest first."""

    def delete(self, id: str) -> None:
        """Delete one. One that is gone already is no error."""

    def rename(self, ids: Sequence[str], machine: str) -> None:
        """Say that these are of the disk of `machine`, which had another name when they were taken."""


@dataclass(frozen=True)
class Need:
    """What a plan adds to what an account counts. `quota` is how the cloud names what it allows."""

    quota: tuple[str, str]
    what: str
    """In the plural: `vCPUs for g5.2xlarge`."""
    wanted: int
    in_use: int = 0
    instead: str = ""
    """What a person can change, where not only more can be asked for."""

    @property
    def total(self) -> int:
        return self.in_use + self.wanted

    def told(self, allowed: int) -> str:
        used = f" besides the {self.in_use} in use" if self.in_use else ""
        return f"{self.what}: {self.wanted} needed{used}, {allowed} allowed (quota {self.quota[1]})"


def largest(needs: Iterable[Need]) -> dict[tuple[str, str], Need]:
    """Quota → the most that is needed of it. Several needs share one that counts by group, as that of firewall rules does."""
    return {need.quota: need for need in sorted(needs, key=lambda need: need.total)}


Needs: TypeAlias = Callable[[Plan], Iterable[Need]]
"""What a plan makes, starts or resizes that the account counts. Asks the cloud only about what there is to make."""


class Quotas(Protocol):
    """What the account may have."""

    kinds: "Mapping[str, Needs]"
    """What is counted, by a word for it (`machines`)."""

    def allowed(self, quota: tuple[str, str]) -> int | None:
        """How much the account may have; None where the cloud does not say."""

    def request(self, need: Need) -> str:
        """The cloud's own command that asks for more."""

    def file(self, need: Need) -> Filed:
        """Ask for as much as is needed."""

    def filed(self, quota: tuple[str, str]) -> Filed | None:
        """The last request for more of it; None when there was none."""


@dataclass(frozen=True)
class Singletons:
    """What is in an account, and is not the studio's own."""

    anomaly_monitor_arn: str | None = None
    """ARN of the monitor of all services' cost: one per account. AWS gives new accounts one."""
    analyser_arns: Mapping[str, str] = field(default_factory=dict)
    """ARN of the analyser of access from outside the account, by region: one per region."""
    other_studios: tuple[str, ...] = ()
    """Studios that have set the account up before, as far as the tags of their analysers tell."""

    has_organisation: bool = False
    """Whether there is an organisation above the account, whose policies can limit everybody in it; on Google Cloud alone."""
    had_once: str = (
        "Settings that an account has only once (disk encryption and its key, public access, sharing of images and snapshots, password "
        "rules) follow the studio that came up last."
    )
    """What a person should know of settings that an account has once, and two studios have in common."""

    def warn(self, on_event: OnEvent) -> None:
        """Say that another studio has set up this account, when one has."""
        if self.other_studios:
            whose = ", ".join(self.other_studios)
            message = (
                f"Another studio uses this account too: {whose}. {self.had_once} To avoid that, give all projects of an account the same "
                "studio.yaml."
            )
            on_event(Event(EventKind.WARNING, message=message))


class Account(Protocol):
    """What an account has besides the resources of stacks."""

    def owners(self) -> set[tuple[str, str]]:
        """Studio and project of everybody who uses it, the project empty for a studio's own stack."""

    def singletons(self, studio: str, regions: Iterable[str]) -> Singletons:
        """What it has already of the things that it may have one of."""

    def count_cost(self) -> str:
        """Have the account count each project's cost. Returns what a person has to know; empty when all is well. Never fails."""

    def found_rules(self, plan: Plan) -> dict[str, Mapping[str, Any]]:
        """The firewall rules, by id, of the groups in `plan` whose lists differ. Empty where the cloud does not answer."""


class Cloud(ABC):
    """One account of one cloud, seen from a project's region."""

    name: CloudName
    region: str
    package: Package
    """The genuine provider that it is built with."""
    look_alike: LookAlike | None = None
    """None for a real account."""
    embeds: bool = False
    """Whether the engine in this process builds on it, by its `provider`, which makes, reads, changes and deletes."""

    machines: Machines
    zones: Zones
    keys: Keys
    snapshots: Snapshots
    sessions: "Calls"
    """What opens sessions with machines."""
    doors: Doors
    quotas: Quotas
    account: Account
    buckets: Buckets
    notices: Notices
    images: Images
    builders: Builders
    transfers: Transfers
    facts: Facts
    estate: Estate
    bills: Bills | None = None
    """None for a cloud whose bill nobody here can read."""

    @property
    def kind(self) -> str:
        """What a project file calls it."""
        return self.name.word

    @property
    @abstractmethod
    def permissions(self) -> Actions:
        """What each type of resource takes, as the cloud's own table says."""

    @property
    @abstractmethod
    def account_id(self) -> str:
        """The account that the credentials belong to. Asks the cloud."""

    def now(self) -> datetime:
        """The moment, by the cloud's own clock: this computer's may be wrong, and that of a simulated cloud may have been turned."""
        ahead = self.facts.caller().clock_ahead or 0.0
        return datetime.now(UTC) - timedelta(seconds=ahead)

    @abstractmethod
    def describe(self) -> str:
        """For people: `the simulated cloud, eu-west-1`. Never fails: without credentials it names no account that only these tell."""

    def provider(self, on_retry: Callable[[str], None]) -> CloudProvider:
        raise NotImplementedError(f"{self.kind}, on which no engine in this process builds ({on_retry})")

    def adopting_provider(self, on_retry: Callable[[str], None], studio: str, taken: list[str]) -> CloudProvider:
        """A provider that takes what exists of a studio instead of making it, and says in `taken` what that was (URNs)."""
        raise NotImplementedError(f"{self.kind}, of which {studio} has no state in this process ({on_retry}, {taken})")

    @abstractmethod
    def refuse_diverted(self) -> None:
        """Raise `PreflightRefused` when a setting sends calls for a real account elsewhere. Asks nobody."""

    @abstractmethod
    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:
        """What a create with these inputs made, when its answer was lost. `known` are the ids on record. Only reads."""

    @abstractmethod
    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        """Whether there is such a resource; also true for a type that nobody here knows how to look for."""

    def unused(self, studio: str, project: str) -> "list[Unused]":
        """Disks and addresses of a project that cost and that nothing is attached to."""
        return self.bills.unused(studio, project) if self.bills else []

    @abstractmethod
    def console(self, inputs: Properties, tags: Sequence[str]) -> str:
        """How a person looks for a resource with these inputs: a command, or the console's address. `tags` are enough of them to
        know it by."""
