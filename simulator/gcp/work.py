"""One call while it is carried out: what was asked, by whom, when, and the world that it changes."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from soundstage.providers.gcp import discovery
from soundstage.providers.gcp.discovery import Document, Method, Value
from soundstage.simulator.answer import Answer
from soundstage.simulator.gcp import seeds
from soundstage.simulator.gcp.refusals import not_found
from soundstage.simulator.gcp.world import Thing, World

if TYPE_CHECKING:
    from soundstage.simulator.gcp.tunnels.door import Door

_READS: Final = frozenset({"getIamPolicy", "testIamPermissions", "wait", "search", "encrypt", "decrypt", "token"})
_VERSION: Final = re.compile(r"^/(?:\w+/)?v\d\w*/")


@dataclass(frozen=True)
class GoogleCall:
    """One call and who makes it. `path` is unquoted; `query` has the values of each name."""

    method: Method
    params: Mapping[str, str]
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    caller: str
    """Such as `serviceAccount:ws@p.iam.gserviceaccount.com`, or `owner`."""
    base: str
    """The address of this server, without a slash at the end."""
    verb: str = ""
    boundary: str = ""
    """What limits the token (`boundaries`); empty for one that has no limit of its own."""

    @property
    def action(self) -> str:
        service, _, rest = self.method.id.partition(".")
        return f"{service}:{rest}"

    @property
    def read_only(self) -> bool:
        return self.method.verb == "GET" or self.method.name in _READS or self.method.id == "logging.entries.list"

    def one(self, name: str, default: str = "") -> str:
        """The value of a query parameter."""
        return self.query.get(name, [default])[0]

    def flag(self, name: str) -> bool:
        """Whether a query parameter says true."""
        return self.one(name).lower() == "true"

    @property
    def project(self) -> str:
        """The id of the project that the path names; empty where it names none."""
        found = re.search(r"/projects/([^/:]+)", self.path)
        return found[1] if found else ""


@dataclass
class Work:
    """A call and what it works on. `body` has passed `checking`."""

    world: World
    call: GoogleCall
    now: float
    random: random.Random
    door: "Door | None" = None
    """The way into machines; None where nobody comes in, as while the journal is read."""
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> Method:
        return self.call.method

    @property
    def document(self) -> Document:
        return discovery.document(self.method.api)

    @property
    def stamp(self) -> str:
        """The time of the call as Google writes it."""
        return stamp_of(self.now)

    @property
    def is_compute(self) -> bool:
        return self.method.api == "compute.v1"

    @property
    def target(self) -> str:
        """The path of the thing that the method is about: that of the call without what names the method (`/setTags`)."""
        return self.call.path.removesuffix(self.method.flat_path.rpartition("}")[2])

    def number(self) -> str:
        """An id that nothing else has."""
        return str(self.random.randrange(10**18, 10**19))

    def text(self, digits: int = 16) -> str:
        """Some letters and digits that nothing else has."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def link(self, path: str) -> str:
        """The full address of a thing."""
        return self.call.base + path

    def path_of(self, link: str) -> str:
        """The path that a full or partial address of compute names, or a path itself."""
        if link.startswith("/"):
            return link
        found = re.search(r"(?:^|/)(projects/.+)$", link)
        if found:
            return f"/compute/v1/{found[1]}"
        return f"/compute/v1/projects/{self.call.project}/{link}"

    def find(self, path: str) -> Thing | None:
        """A thing, one that somebody made or one that is always there."""
        return self.world.things.get(path) or seeds.thing(path, self.call.base)

    def must(self, path: str) -> Thing:
        """A thing. Raises `Refused` where there is none."""
        return self.find(path) or not_found(named(path))

    def schema_of_item(self, collection: str = "") -> Value:
        """The schema of what is in a collection; that of the call for none."""
        wanted = collection or self.method.collection
        for method in self.document.methods.values():
            if method.collection == wanted and method.name == "get":
                return self.document.schema(method.response)
        return Value()

    def properties(self) -> Mapping[str, Value]:
        """Those of what is in the collection of the call."""
        return self.schema_of_item().properties or {}


Handler = Callable[[Work], dict[str, Any] | Answer | None]
"""What a method does. Without an answer of its own, it is an operation of compute on the thing that the method is about."""


def named(path: str) -> str:
    """A path without the beginning of its API: `projects/p/zones/z/instances/i`."""
    return _VERSION.sub("", path)


def stamp_of(seconds: float) -> str:
    """Seconds since the epoch as Google writes them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(stamp: str) -> float:
    """What `stamp_of` wrote, or another time in that form."""
    return datetime.fromisoformat(stamp).timestamp()
