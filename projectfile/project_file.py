"""The project file: one job for one client, in one YAML file. Every field's text here is its documentation."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from soundstage.components.arguments import LEAST_USD, is_email
from soundstage.components.disks import MOST_INITIALIZATION
from soundstage.components.sizes import DEFAULT_REGION, DEFAULT_SIZE
from soundstage.core.strict import Strict
from soundstage.projectfile.catalogues import catalogue_of, with_region
from soundstage.projectfile.chosen_image import Image
from soundstage.projectfile.cost_assumptions import Cost
from soundstage.projectfile.field_types import (
    CloudWord,
    Day,
    Domain,
    Email,
    HourOfDay,
    InstanceType,
    Label,
    Lifecycle,
    Member,
    NetworkRange,
    Process,
    Region,
    Residency,
    Role,
    Size,
    Source,
    TagText,
    UserName,
    WeeklyHours,
    Zone,
)

Gib = Annotated[int, Field(ge=0, le=16384)]
"""Size of a disk in GiB; 0 for none. EBS takes up to 16384 in every region."""


class Access(Strict):
    """How people reach the workstations."""

    via: Literal["session", "allowlist", "vpn"] = "session"
    """`session`: through AWS Session Manager, no inbound port at all. `allowlist`: the display port is open to the
    addresses under `from`. `vpn`: the display port is open to the ranges of a VPN that you run, under `from`."""

    from_: Annotated[tuple[Source, ...], Field(alias="from", max_length=50, strict=False)] = ()
    """Who is let in: public IPv4 addresses or ranges of /24 at the widest for `allowlist`, private ranges for `vpn`.
    Needed for both, refused for `session`."""

    people: Annotated[tuple[Member, ...], Field(max_length=20, strict=False)] = ()
    """Who may use the machines on Google Cloud besides its owners, such as `user:ana@studio.example` or, better for many,
    `group:editors@studio.example`. `up` lets them in, to these machines alone, and takes out again whoever is no longer named."""


class Network(Strict):
    """The project's own network."""

    cidr: NetworkRange | None = None
    """The private IPv4 range to build it in, /16 to /22. Absent: a /20 derived from the names of studio and project."""

    nat: bool = False
    """Whether machines may reach the internet. Not in zone `content`. Without an address of their own they leave through one
    NAT gateway, which costs by the hour; with `access.via: allowlist`, or without a machine, none is made."""

    zone: Literal["content", "io", "mgmt"] = "content"
    """`content`: where media is worked on, nothing goes out except to the project's own services. `io`: where media
    comes in and goes out. `mgmt`: administration."""

    dns_firewall: bool | None = None
    """Whether machines resolve only the names that they need and `dns_domains`. Route 53 Resolver DNS Firewall costs about
    0.60 USD for a million queries. Absent: true with profile `content`, otherwise false."""

    dns_domains: Annotated[tuple[Domain, ...], Field(max_length=900, strict=False)] = ()
    """Names that machines resolve besides, such as `licences.example.com` or `*.example.com`; only with the DNS firewall, which
    with `nat` needs at least one."""

    dns_query_log: bool | None = None
    """Whether every name that machines ask for is kept in a log, for about 0.50 USD a gigabyte. Absent: true with profile `content`."""


class Idle(Strict):
    """When a machine that nobody uses stops. Every machine has this; there is no way to switch it off."""

    stop_after_minutes: Annotated[int, Field(ge=5, le=480)] = 30
    """Minutes without a connected person and without work, after which the machine stops itself."""

    keep_while: Annotated[tuple[Process, ...], Field(max_length=20, strict=False)] = ("render", "transcode", "upload")
    """What keeps a machine up: the activities `render`, `transcode` and `upload`, or names of programs."""

    warn_minutes: Annotated[int, Field(ge=1, le=30)] = 5
    """How many minutes before it stops the machine says so to whoever sits at it. Not more than `stop_after_minutes`."""


class Fallback(Strict):
    """What a machine may be instead, where AWS has none of its type free. Other zones are tried in any case, for a machine that names no
    zone and has no work disk yet."""

    types: Annotated[tuple[InstanceType, ...], Field(max_length=10, strict=False)] = ()
    """Machine types to take instead, the first one first. Absent: no other type is taken."""

    max_hourly_usd: Annotated[float, Field(gt=0, le=1000)] | None = None
    """The most that such a machine may cost, in US dollars an hour: for a spot machine its spot price in the dearest zone when it is
    made, or where that is not known its price on demand, to which a spot price may rise later and no further. A type whose price is not known
    is then left out. Absent: no limit."""


class Workstation(Strict):
    """One machine. Only `for` must be said."""

    model_config = ConfigDict(
        json_schema_extra={"not": {"required": ["size", "instance_type"]}},
    )

    for_: Annotated[Role, Field(alias="for")]
    """The kind of work it is made for; decides which machines `size` means."""

    size: Size = DEFAULT_SIZE
    """How big, within its kind of work."""

    instance_type: InstanceType | None = None
    """An exact machine type, such as `g6.4xlarge`, instead of `size`."""

    availability_zone: Zone | None = None
    """In which availability zone of the region it stands: a name such as `eu-west-1b`, which is another place in every account,
    or an id such as `euw1-az2`, which is the same in all. Absent: that of the project; without one the zone that it is in, and for a
    new machine one that offers its type, the same for all machines of the project where there is such a zone. A machine with a
    work disk cannot be moved to another one."""

    os: Literal["linux", "windows"] = "linux"
    """The operating system."""

    image: Image | None = None
    """What the machine is made from: a recipe such as `edit-linux` (`workstation image list` names them), `{name, owner}` of an image
    that somebody else bakes, or an id such as `ami-0123456789abcdef0`. Absent: the recipe for the kind of work and operating system.
    A machine that is up keeps the image that it has."""

    display: Literal["dcv", "selkies", "rdp"] | None = None
    """The remote display: Amazon DCV (`dcv`), Selkies in the browser, or RDP. Absent: Amazon DCV on AWS; on Google Cloud Selkies for
    Linux and RDP for Windows."""

    secure_boot: bool | None = None
    """Whether a machine of Google Cloud starts signed software alone. Absent: not on Linux with a GPU, whose driver nobody signed and
    which would not load; on every other machine. `true` is for an image that signs it. A change stops the machine."""

    user: UserName = "artist"
    """Login name of the person who works on it. Absent: `artist`."""

    disk_gib: Annotated[int, Field(ge=8, le=16384)] = 100
    """Size of the system disk in GiB; at least what the image needs."""

    data_gib: Gib = 200
    """Size in GiB of the disk for work in progress; a last snapshot of it stays after `down`, and the next `up` brings it back. 0 for
    none."""

    data_from: Literal["last", "empty"] = "last"
    """What a disk for work in progress that is made anew holds: `last` what the last snapshot of this machine's disk holds, where there
    is one; `empty` nothing. A disk that is there is left alone."""

    was: Label | None = None
    """The name that the machine had before. It keeps its disks and their snapshots under its new one. Absent: the machine has had no
    other name."""

    scratch_gib: Gib = 0
    """Space in GiB for caches and renders, lost on `down`. The machine's own local disks come first; a disk is added
    only where they are smaller than this."""

    purchase: Literal["on-demand", "spot"] = "on-demand"
    """`spot` is cheaper and may be taken away within two minutes; the project must name the machine in `allow_spot`."""

    idle: Idle = Idle()
    """When it stops by itself."""

    fallback: Fallback = Fallback()
    """What it may be instead, where none of its type is free."""

    hours: WeeklyHours | None = None
    """When it is started by the clock, and from when on it stops as soon as no person and no render needs it, such as
    `Mon-Fri 09:00-19:00 Europe/Lisbon` or `Mon-Thu 09:00-12:00,13:00-19:00; Fri 09:00-15:00 Europe/Lisbon`. The time zone is the name
    of a place, or UTC. `{weekly: …, start_before_minutes: 15, stop_after_minutes: 30}` starts it earlier and lets it go later;
    there, `holidays: PT` (a country, or a part of it: `US-CA`) and `except: [2026-12-24]` name days on which it is not started.
    Absent: never."""

    def machine_type(self, region: str) -> str:
        """The exact machine type. Raises `ArgumentError` when the region offers none for the role and size."""
        return self.instance_type or catalogue_of(region).type_for(self.for_, self.size, region)


class Storage(Strict):
    """The project's media bucket."""

    lifecycle: Lifecycle = "footage"
    """How media moves to cheaper storage as it ages. Nothing under `masters/` ever expires."""

    backup_region: Region | None = None
    """A second region that every object is copied to. Absent: no copy."""

    object_lock_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days for which no version of an object can be deleted or replaced, by anyone. Absent: no lock. It can only be
    chosen when the bucket is made."""


class Snapshots(Strict):
    """How the disks for work in progress are kept."""

    daily: bool = True
    """Whether a snapshot of each disk for work in progress is taken every day while the disk is there, by Amazon Data Lifecycle Manager.
    Only what changed is stored, for about 0.05 USD a month and GiB."""

    at: HourOfDay | None = None
    """The hour in which it is taken, in UTC, such as `02:00`. Absent: an hour of the night where the region is."""

    keep_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days for which daily snapshots are kept while the disk is there."""

    keep_last: Annotated[int, Field(ge=1, le=100)] = 3
    """How many snapshots of a machine's disk stay once the disk has gone; `down` and `restore` delete older ones."""

    restore_mib_per_second: Annotated[int, Field(ge=0, le=MOST_INITIALIZATION)] = MOST_INITIALIZATION
    """MiB a second, 100 to 300, at which a disk that comes back is read from its snapshot, for about 0.0036 USD a GiB. 0: each part is
    read when it is first used, at no price and so slowly that pictures stutter."""


class Patching(Strict):
    """How machines that cannot be replaced by a fresh image are patched."""

    monthly: bool = False
    """Whether every machine gets its system's patches once a month, by AWS Systems Manager, without a restart. The kernel, the GPU's driver
    and the display stay as they are. False: machines are patched by baking their image anew. Needs `network.nat`."""

    at: HourOfDay | None = None
    """The hour of the third Saturday of the month, in UTC, such as `02:00`; a machine that is stopped then is patched soon after its next
    start. Absent: an hour of the night where the region is."""


class Budget(Strict):
    """What the project may cost. Always present, because nobody should be surprised by the bill."""

    monthly_usd: Annotated[float, Field(ge=LEAST_USD, le=1_000_000)] = 450.0
    """US dollars per calendar month."""

    alert_at_percent: Annotated[
        tuple[Annotated[int, Field(ge=1, le=200)], ...], Field(min_length=1, max_length=5, strict=False)
    ] = (50, 80, 100)
    """Shares of the budget, rising, at which people are told, both when spent and when forecast."""

    at_limit: Literal["notify", "stop"] = "notify"
    """At the whole budget: `notify` only tells; `stop` also stops the project's machines, and nothing else."""

    emails: Annotated[tuple[Email, ...], Field(max_length=10, strict=False)] = ()
    """Who is told, besides the studio's `alert_emails` and the project's `owner` if that is an e-mail address: ten different
    addresses altogether, five on Google Cloud."""


class Project(Strict):
    """One job for one client: its network, storage, workstations, budget and access, made and torn down as one."""

    model_config = ConfigDict(title="Soundstage project file")

    project: Label
    """A short alias, never the production's title: it shows in names, tags and bills."""

    called: Label | None = None
    """What people call it by now. `workstation rename` writes it: `project` stays its name in the cloud. Absent: as in `project`."""

    client: TagText | None = None
    """Whom the work is for; an alias too. Shows on every resource."""

    owner: TagText | None = None
    """Who answers for the project, best an e-mail address. Shows on every resource."""

    cost_centre: TagText | None = None
    """Where the cost is booked. Shows on every resource."""

    cloud: CloudWord = "simulated"
    """`simulated`: AWS on your own machine, which costs nothing. `aws`: the real one. `simulated-gcp`: Google Cloud on your own
    machine (docs/clouds.md says what it does not do yet)."""

    region: Region = DEFAULT_REGION
    """Where everything lives: a region of the cloud. Absent: eu-west-1, and on Google Cloud europe-west4."""

    availability_zone: Zone | None = None
    """The availability zone of every machine that names none of its own. Absent: chosen for each by what it offers."""

    residency: Residency | None = None
    """`eu` or a country's code: nothing of the project may live or be copied outside. Absent: anywhere."""

    expires: Day | None = None
    """The last day of the project, `YYYY-MM-DD`. Afterwards only `down`, `stop` and `status` accept the file."""

    profile: Literal["baseline", "studio", "content"] = "studio"
    """Which policies are mandatory: `baseline` for any account, `studio` for client work, `content` for
    pre-release content, which also limits clipboard, file transfer, USB and the names that machines resolve."""

    access: Access = Access()
    """How people reach the workstations."""

    network: Network = Network()
    """The project's own network."""

    workstations: Annotated[
        dict[Label, Workstation], Field(max_length=1000, json_schema_extra={"additionalProperties": False})
    ] = {}
    """The machines, by name. None at all is a project that only keeps its media."""

    allow_spot: Annotated[tuple[Label, ...], Field(strict=False)] = ()
    """Names of the workstations that may be spot machines although a person works on them."""

    storage: Storage = Storage()
    """The media bucket."""

    snapshots: Snapshots = Snapshots()
    """How the disks for work in progress are kept."""

    park_after_days: Annotated[int, Field(ge=1, le=365)] | None = None
    """After how many days that a machine is stopped `workstation park --due` parks it. Absent: it parks none."""

    patching: Patching = Patching()
    """How machines that cannot be replaced by a fresh image are patched."""

    budget: Budget = Budget()
    """What the project may cost."""

    cost: Cost = Cost()
    """What the estimate of the cost assumes."""

    _region = model_validator(mode="before")(with_region)

    @property
    def dns_firewall(self) -> bool:
        """Whether machines resolve only the names that they need: as the file says, otherwise by the profile."""
        said = self.network.dns_firewall
        return self.profile == "content" if said is None else said

    @property
    def dns_query_log(self) -> bool:
        """Whether every name that machines ask for is kept: as the file says, otherwise by the profile."""
        said = self.network.dns_query_log
        return self.profile == "content" if said is None else said

    @property
    def title(self) -> str:
        """What people call it, and type."""
        return self.called or self.project

    def zone_of(self, name: str) -> str | None:
        """The zone, by its name or id, that the file says machine `name` stands in; None where it says nothing."""
        return self.workstations[name].availability_zone or self.availability_zone

    @property
    def new_names(self) -> dict[str, str]:
        """The name that a machine had before → the one that it has."""
        return {machine.was: name for name, machine in self.workstations.items() if machine.was}

    @property
    def alert_emails(self) -> tuple[str, ...]:
        """Who of the project is told about its cost; the studio's `alert_emails` come on top."""
        owner = (self.owner,) if is_email(self.owner) else ()
        return tuple(dict.fromkeys((*owner, *self.budget.emails)))

    def expired(self, today: date) -> bool:
        """Whether the last day is over."""
        return self.expires is not None and self.expires < today
