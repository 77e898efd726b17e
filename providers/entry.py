"""What a cloud's resource table says about one Pulumi type: which calls create, read, update and delete it.

Templates name their parts in braces (see `paths.fill`):
`{id}` the resource's id, `{seg.3}` its fourth part between slashes · `{region}` `{account}` `{partition}` · `{place.X}` a place
(`Entry.places`) · `{token}` a client token, the same when a create is repeated, `{once}` one that only repeats of the same call have · `{later.X}` the moment that lies as
far ahead as an input such as `90s` says · `{in.X}` an input (`{any.X|Y}` the first that is given) · `{last.X}` the part of an input behind its last slash, `{tail.X}` an input after a slash, or nothing · `{off.X}` whether an input
is absent or false · `{api.X}` an input as the cloud takes it · `{out.X}` a recorded output · `{old.X}` the
input before an update · `{added.X}` `{removed.X}` what an update adds to or takes from a list or from tags · `{item}`
the element that a call made `each` is about · `{seen.PATH}` what
the description holds so far, `{is.PATH=TEXT}` and `{isnt.PATH=TEXT}` whether it holds that text · `{part.X}` what a create answers and the id keeps · `{body.X|Y}` an object of these inputs as the cloud
takes them, `{patch.X|Y}` of those that an update changes, `{mask.X|Y}` their paths. A placeholder without a value leaves its
parameter out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol, TypeAlias

from soundstage.core.values import Properties
from soundstage.providers.mapping import Block, Field

_LOOKING: Final = ("describe", "get", "list")
_TAKING_AWAY: Final = ("delete", "detach", "disassociate", "remove", "revoke", "unsubscribe", "untag")


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the cloud."""

    operation: str
    """As the API names it: `CreateVpc`, or with its collection: `networks.insert`."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """A template of what is sent beside the fields."""
    gives: str = ""
    """Where the answer holds what is wanted (see `paths.pick`)."""
    service: str = ""
    """boto3's name of the service, where it is not that of the entry."""
    when: str = ""
    """A template; the call is left out when it is empty or has no value."""
    each: str = ""
    """A template of a list; the call is made once for each of its elements, as `{item}`."""
    into: str = ""
    """For calls that add to a description: under which key."""
    drift: bool = False
    """For calls that add to a description: whether only a read needs it, and not what follows a create or an update."""
    until: tuple[str, tuple[str, ...]] | None = None
    """Wait afterwards until the value at this path of the description is one of these."""
    absent: tuple[str, ...] = ()
    """Codes that mean that there is nothing to see or to do."""
    needs: tuple[str, ...] = ()
    """Further IAM actions that the cloud asks for, such as `ec2:CreateTags` or `iam:PassRole`."""

    @property
    def only_looks(self) -> bool:
        """Whether it changes nothing."""
        return self._verb.startswith(_LOOKING)

    @property
    def takes_away(self) -> bool:
        """Whether it removes something; that it is gone already is then no error."""
        return self._verb.startswith(_TAKING_AWAY)

    @property
    def _verb(self) -> str:
        return self.operation.rpartition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class Look:
    """Something about a resource that takes more than one call to see."""

    into: str
    """Under which key the description holds it."""
    see: Callable[["Cloud", str, Properties], Any]
    """Called with the id and the recorded inputs."""
    needs: tuple[str, ...] = ()
    """The IAM actions that it takes."""


@dataclass(frozen=True, slots=True)
class Update:
    """Fields that a call of their own sets. It runs when one of them changed."""

    fields: tuple[str, ...]
    """Names, or dotted paths into blocks."""
    calls: tuple[Call, ...]
    sends: tuple[str, ...] = ()
    """Fields that the first call takes as parameters besides its template."""
    on_create: bool = False
    """Whether creating cannot set these fields, so that the calls follow the create where the fields are given."""
    always: bool = False
    """Whether the calls follow a create even where the fields say no more than their defaults."""
    paused: bool = False
    """Whether the calls are made while the resource pauses (`Entry.pause`)."""


def sets(fields: str | tuple[str, ...], *calls: Call, **how: Any) -> Update:
    """An update of one field or of several; `how` as the further attributes of `Update`."""
    return Update((fields,) if isinstance(fields, str) else fields, calls, **how)


def resent(fields: tuple[str, ...], call: Call) -> Update:
    """An update of several fields by a call that takes all of them."""
    return Update(fields, (call,), fields)


def switched(field: str, on: str, off: str, params: Mapping[str, Any] | None = None, **how: Any) -> Update:
    """An update of a field that one call switches on and another off; `how` as the further attributes of `Update`."""
    calls = (Call(on, params or {}, when=f"{{in.{field}}}"), Call(off, params or {}, when=f"{{off.{field}}}"))
    return Update((field,), calls, **how)


def passed(source: str, *names: str) -> dict[str, str]:
    """A template of parameters that are named as what they come from: `volumeSize` of `in.rootBlockDevice` as `VolumeSize`."""
    return {f"{name[0].upper()}{name[1:]}": f"{{{source}.{name}}}" for name in names}


@dataclass(frozen=True, slots=True)
class Pause:
    """How a resource is stopped for updates that it takes in no other state, once for all of them, and started again.

    `begin` leaves a mark in the cloud before it stops anything and `end` takes it away last, so that whoever reads what a
    command that died left behind knows from it that the rest is still to be done.
    """

    rests: tuple[str, tuple[str, ...]]
    """A path into the description and the values with which nothing is on its way from one state to another."""
    mark: str
    """A path into the description that leads to something from the first call of `begin` to the last of `end`."""
    begin: tuple[Call, ...]
    end: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class AutoName:
    """How a physical name is made where the program gives none: logical name, a hyphen, seven hexadecimal digits."""

    field: str = "name"
    prefix: str = "namePrefix"
    """The property that asks for a name with this beginning; empty when the type has none."""
    longest: int = 255
    lower: bool = False
    start: str = ""
    """What each generated name begins with, such as `alias/`."""


class Cloud(Protocol):
    """What hooks and data sources call the cloud with: retried and refused as all calls are."""

    region: str
    account: str

    def call(self, service: str, operation: str, params: Mapping[str, Any], *, missing_ok: bool = False) -> Any:
        """The answer; `None` when something does not exist and that is all right. `CloudError` when it is refused."""


Hook: TypeAlias = Callable[[Cloud, str, Properties], None]
"""Called with the id and the recorded inputs."""
Finder: TypeAlias = Callable[[Cloud, Properties, str], str | None]
"""Finds the id of what a create made, from its inputs and its token."""
Invoke: TypeAlias = Callable[[Cloud, Properties], Properties]
"""Answers a data source from its arguments."""


@dataclass(frozen=True)
class Entry:
    """Everything that the provider knows about one type."""

    token: str
    service: str
    """boto3's name."""
    fields: tuple[Field, ...]
    id: str
    """A template over inputs, or a path into what `create` gives when it begins with `@`."""
    create: Call
    read: Call
    delete: Call | None = None
    """None: the cloud keeps it, as it keeps a default security group."""
    unsent: tuple[str, ...] = ()
    """Fields that `create` does not take as parameters, beside those that an update claims for itself with `on_create`."""
    updates: tuple[Update, ...] = ()
    puts: bool = False
    """Whether `create` is also the update: it replaces what is there."""
    more: tuple[Call | Look, ...] = ()
    """Calls whose answers complete the description, each under its `into`."""
    before_create: tuple[Call, ...] = ()
    """Calls whose answers the create needs, each as `{seen.INTO}`."""
    after_create: tuple[Call, ...] = ()
    before_delete: tuple[Call, ...] = ()
    """Calls that make way for the delete; those that follow see their answers, each as `{seen.INTO}`."""
    last_wish: Hook | None = None
    """Runs before everything else of a delete, where that takes more than calls in a row."""
    outputs: Mapping[str, str | Field] = field(default_factory=dict)
    """Output properties: a path into the description when it begins with `@`, or a template, or a field to decode."""
    arn: str = ""
    """Template of the resource's ARN; also its `arn` output."""
    name: AutoName | None = None
    tagged: str = ""
    """EC2's word for the type in a tag specification, where a create tags through one."""
    tagged_too: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What else a create makes (EC2's word) and the inputs that may hold its tags; the first that does counts."""
    proof: str = ""
    """A path into the description that leads to nothing when the resource does not exist."""
    regional: bool = True
    """Whether pulumi-aws gives it a `region` property."""
    places: tuple[str, ...] = ()
    """Inputs that say where it is (`project`, `zone`), and are the provider's own where the program does not give them."""
    known_by: tuple[str, ...] = ("tags",)
    """Inputs that tell whose something of the right name is: what says otherwise is somebody else's."""
    named: Callable[[str], Mapping[str, str] | None] | None = None
    """The inputs that an id says, where `id` cannot be turned round."""
    settle: bool = False
    """Whether a read follows a create or an update because their answers lack outputs."""
    pending: tuple[str, tuple[str, ...]] | None = None
    """A path into the description and the values that mean that it is still being made."""
    gone: tuple[str, tuple[str, ...]] | None = None
    """A path into the description and the values that mean that it exists no more."""
    lingers: bool = False
    """Whether a delete takes time, so that the provider waits until it is gone."""
    goes_last: bool = False
    """Whether what still needs it is mostly being deleted beside it: a delete is then tried again for some seconds."""
    finder: Call | Finder | None = None
    """Finds what a create made when its answer was lost, by `{token}` or by a name. None: `read` does, since the id is
    made of inputs."""
    marked: bool = False
    """Whether a create marks what it makes with `mapping.CREATION_TAG`, because nothing else would identify it."""
    blockers: tuple[Call, ...] = ()
    """What to look for when a delete is refused because something is in the way."""
    unique: tuple[str, ...] = ()
    """Inputs that no two may share. When a change leaves them as they are, the old one must go before the new one."""
    pause: Pause | None = None
    """What `paused` updates happen in. Needs `looks`."""
    looks: bool = False
    """Whether updates and deletes are told what the cloud holds (`{seen.PATH}`)."""
    adopts: bool = False
    """Whether `create` takes over what the cloud made itself (a default security group), with what it already holds."""

    every: Call | None = None
    """Lists the ids, names or ARNs of all that exist, where nothing is marked and no id is made of inputs that are given."""
    passes_to: str = ""
    """The service that a resource hands a role to, such as `ec2.amazonaws.com`."""
    sealed: tuple[str, ...] = ()
    """The inputs that may name a key for its disks."""
    along: tuple[str, ...] = ()
    """What else it takes: actions for what programs look up for it, and for the key of what it goes to."""
    recorded: str = ""
    """What does not happen, in a sentence, where the simulated cloud keeps the type faithfully and never acts on it."""

    @cached_property
    def block(self) -> Block:
        return Block(*self.fields)

    @cached_property
    def computed(self) -> frozenset[str]:
        """Output properties that only the cloud decides."""
        chosen = {item.name for item in self.fields if item.computed}
        return frozenset({"id", *self.outputs, *chosen, *(("arn",) if self.arn else ())})

    @cached_property
    def claimed(self) -> frozenset[str]:
        """Fields that a create cannot set."""
        return frozenset(name for update in self.updates if update.on_create for name in update.fields)

    @cached_property
    def sent(self) -> tuple[str, ...]:
        """Fields that the create takes."""
        kept_out = {*self.claimed, *self.unsent, *(("tags",) if self.tagged else ())}
        return tuple(item.name for item in self.fields if item.name not in kept_out)

    @cached_property
    def tokened(self) -> bool:
        """Whether a create carries a token."""
        return self.marked or self._tells_token

    @cached_property
    def looks_first(self) -> bool:
        """Whether a create looks for what an earlier one made: a client token makes the cloud find it, and what must be unique
        cannot be made twice."""
        return self.marked and not self.unique and not self._tells_token

    @cached_property
    def _tells_token(self) -> bool:
        return "{token}" in str(self.create.params)
