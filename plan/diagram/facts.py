"""What a picture of a plan shows: few things, in the words of the people who work with them. Plain values, of any cloud."""

from dataclasses import dataclass
from enum import StrEnum


class Reach(StrEnum):
    """Who stands behind a source of network traffic."""

    WORLD = "world"
    """Everybody on the internet."""
    ADDRESSES = "addresses"
    """Named public addresses."""
    PRIVATE = "private"
    """Addresses that exist inside private networks only."""
    INSIDE = "inside"
    """Other things of this plan."""
    UNKNOWN = "unknown"
    """Not known before `up`."""


@dataclass(frozen=True, slots=True)
class Door:
    """One opening of a machine: from where, and to which port. `source` and `port` are words."""

    reach: Reach
    source: str
    port: str


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk in GiB. Only a `kept` one leaves a last snapshot behind."""

    name: str
    gib: int | None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """One workstation. What is empty or None is not known or not there."""

    name: str
    work: str = ""
    user: str = ""
    type: str = ""
    os: str = ""
    spot: bool = False
    network: str | None = None
    """The URN of its network."""
    zone: str = ""
    disks: tuple[Disk, ...] = ()
    hours: str = ""
    idle_minutes: int | None = None
    doors: tuple[Door, ...] = ()
    public: bool = False
    """Whether it has an address on the internet."""
    ways_out: tuple[str, ...] | None = ()
    """The ports on which it may call the internet, in words; None when the plan does not say."""
    unseen_rules: bool = False
    """Whether rules that this plan does not hold apply to it too."""
    media: tuple[str, ...] = ()
    """The URNs of the buckets that its role works with."""
    stopped_by_budget: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """A private network. `range` is its addresses, `zones` the parts of the region that it spans."""

    urn: str
    name: str
    range: str = ""
    zones: tuple[str, ...] = ()
    logged: bool = False
    names_limited: bool = False
    storage_inside: bool = False
    """Whether media are reached without the internet."""
    sessions: bool = False
    """Whether its machines answer sessions: who is signed in reaches them without an open port."""
    proxy: str = ""
    """What stands between people and the ports of its machines, which are open to it alone, such as `Identity-Aware Proxy`; empty for none."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place where media lie. `copy_of` is the URN of the bucket that this one is a copy of."""

    urn: str
    name: str
    region: str
    media: bool = True
    """Whether it is for media; a plan may hold other buckets."""
    folders: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    lock_days: int | None = None
    versioned: bool = False
    old_days: int | None = None
    """Days for which an old version is kept at the least; None when none ever expires."""
    own_key: bool = False
    private: bool = False
    kept: bool = False
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class People:
    """The roles that people take. `sign_on` names the single sign-on that opens them besides a second factor."""

    sign_on: tuple[str, ...] = ()
    media_only_inside: bool | None = False
    """Whether artists reach media only from inside the network; None when that is not known."""
    groups: tuple[str, ...] = ("artists", "reviewers", "admins")
    """To whom this plan gives a right to media."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Money for a month. `stops_at` is the percentage at which machines are stopped; None when they never are."""

    monthly: str
    alerts: tuple[int, ...] = ()
    forecasts: tuple[int, ...] = ()
    receivers: int = 0
    stops_at: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the picture of one plan shows."""

    name: str
    cloud: str
    region: str
    standing: str
    """Whether it exists yet, as a sentence."""
    networks: tuple[Network, ...] = ()
    machines: tuple[Machine, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    people: tuple[People, ...] = ()
    budgets: tuple[Budget, ...] = ()
