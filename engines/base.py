"""What an engine is. No caller of an engine can tell which engine it talks to: what only one of them needs is asked of all.

An engine runs a stack's *program* (a plain function that declares Pulumi resources) and makes a cloud match. Two exist:
`embedded` (in process, the simulated cloud only) and `pulumi` (the genuine command through its Automation API).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from soundstage.core.errors import StateError
from soundstage.core.values import Properties
from soundstage.plan.plan import Change, Operation, Plan
from soundstage.providers.base import Sighting

Program: TypeAlias = Callable[[], None]
"""Declares resources and exports outputs, with the Pulumi SDK and nothing else. Two that are equal declare the same."""


@dataclass(frozen=True)
class MadeOf:
    """A program that is equal to every other that is made of the same facts."""

    facts: tuple[object, ...]
    declare: Program = field(compare=False)

    def __call__(self) -> None:
        self.declare()


PROJECT_STACKS: Final = "soundstage"
STUDIO_STACKS: Final = "soundstage-studio"


@dataclass(frozen=True)
class StackName:
    """Which stack: Pulumi's project (`PROJECT_STACKS` or `STUDIO_STACKS`) and stack name."""

    project: str
    stack: str

    @classmethod
    def of_project(cls, name: str) -> "StackName":
        return cls(PROJECT_STACKS, name)

    @classmethod
    def of_studio(cls, name: str) -> "StackName":
        return cls(STUDIO_STACKS, name)

    @property
    def command(self) -> str:
        """What a command line about this stack begins with."""
        return "workstation studio" if self.project == STUDIO_STACKS else "workstation"

    def __str__(self) -> str:
        return f"{self.project}/{self.stack}"


class EventKind(StrEnum):
    """What an event tells."""

    RESUMING = "resuming"
    """An earlier command was interrupted; `message` says what is being continued or found again."""
    STEP_STARTED = "step-started"
    STEP_DONE = "step-done"
    STEP_FAILED = "step-failed"
    RETRY = "retry"
    """A call failed in a way that passes; `message` says what and when it is tried again."""
    WARNING = "warning"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Both engines send the same events in the same order per resource."""

    kind: EventKind
    urn: str = ""
    type: str = ""
    name: str = ""
    operation: Operation | None = None
    message: str = ""
    changes: tuple[Change, ...] = ()
    seconds: float = 0.0
    """Since the step started, for `step-done` and `step-failed`; since the operation started, for `finished`."""


OnEvent: TypeAlias = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """The listener for callers that do not listen."""


Look: TypeAlias = Callable[[Properties], None]


def anything(_outputs: Properties) -> None:
    """For callers to whom the outputs on record say nothing."""


@dataclass(frozen=True)
class Result:
    """How an operation ended. A failure raises instead; state is saved either way."""

    outputs: Properties = field(default_factory=dict)
    counts: dict[Operation, int] = field(default_factory=dict)
    """Cloud resources per operation. Components are not counted."""
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        return any(count for op, count in self.counts.items() if op not in (Operation.SAME, Operation.READ))


@dataclass(frozen=True)
class Holder:
    """One lock. `runs` is None where it cannot be known: on another computer."""

    user: str
    host: str
    pid: int
    since: datetime
    runs: bool | None

    def __str__(self) -> str:
        minutes = int((datetime.now(UTC) - self.since).total_seconds() // 60)
        age = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        state = {True: "it runs", False: "it no longer runs", None: "on another computer"}[self.runs]
        return f"{self.user} on {self.host}, process {self.pid} ({state}), for {age}, since {self.since:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Unfinished:
    """One operation that was cut short: `creating`, `updating`, `deleting`, `reading` or `importing`."""

    urn: str
    type: str
    doing: str
    inputs: Properties

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Recovered:
    """What became of one of them, in words. `id` is set when a resource was found and put on record."""

    name: str
    told: str
    id: str | None = None


class Unclear(StateError):
    """It cannot be told whether some resources were made. `doubts` are these and why, a sentence for each."""

    def __init__(self, doubts: Sequence[tuple[Unfinished, str]], hint: str) -> None:
        lines = "\n".join(f"  {one.name} ({one.type}): {doubt}" for one, doubt in doubts)
        super().__init__(f"Only the cloud's console can tell whether these were made:\n{lines}", hint)
        self.doubts = tuple(doubts)


Find: TypeAlias = Callable[[str, str, Properties, Collection[str]], Sighting]
"""Type, URN and inputs of a resource that was being made, and the ids on record; what the cloud has of it."""


class Engine(ABC):
    """One stack on one engine.

    Every method raises `OperationError` or one of its children when the cloud or the state is in the way, and
    `Interrupted` after Ctrl-C; in each case the state is saved and the same call continues.
    `targets` limits an operation to these URNs and what they depend on; empty means everything.
    """

    stack: StackName

    @abstractmethod
    def preview(
        self, program: Program, *, refresh: bool = False, targets: Sequence[str] = (), on_event: OnEvent = ignore
    ) -> Plan:
        """What `up` would do. Changes nothing, neither in the cloud nor in the state."""

    @abstractmethod
    def preview_destroy(self, *, exclude_protected: bool = False) -> Plan:
        """What `destroy` would do: `delete` and `forget` for what goes, `same` for what stays."""

    @abstractmethod
    def up(
        self,
        program: Program,
        *,
        refresh: bool = False,
        targets: Sequence[str] = (),
        parallel: int | None = None,
        look: Look = anything,
        on_event: OnEvent = ignore,
    ) -> Result:
        """Make the cloud match the program. `look` sees the outputs on record before anything is done, and raises where they forbid it;
        on the embedded engine nobody else changes the stack from then on."""

    @abstractmethod
    def refresh(self, *, preview_only: bool = False, on_event: OnEvent = ignore) -> Plan:
        """Compare the state with the cloud. The plan's operations are `update` for what differs, `delete` for what
        vanished; its changes read *before* = recorded, *after* = found. Adopts what it found unless `preview_only`."""

    @abstractmethod
    def destroy(self, *, exclude_protected: bool = False, on_event: OnEvent = ignore) -> Result:
        """Delete everything, in dependency order. With `exclude_protected`, protected resources and all that they
        depend on stay, in the cloud and in the state; without it a protected resource is an error."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether the stack has any resource on record."""

    @abstractmethod
    def outputs(self) -> Properties:
        """The outputs of the last `up`; empty when there was none."""

    @abstractmethod
    def resources(self) -> Plan:
        """Everything on record, each with operation `same`. Touches neither the cloud nor a program."""

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """The state in Pulumi's deployment format (`{"version": 3, "deployment": {…}}`); secrets stay encrypted."""

    @abstractmethod
    def import_(self, deployment: dict[str, Any]) -> None:
        """Replace the state by a deployment that either engine exported."""

    # -- what not every engine needs: one that goes on by itself, and whose lock ends with its process, says nothing here

    def describe(self) -> str:
        """For people: which engine it is, and its version."""
        return "the embedded engine"

    keeps_locks: bool = False
    """Whether a command that was killed leaves the stack locked."""

    def holders(self) -> list[Holder] | None:
        """Who holds the stack; None where nobody can tell."""
        return []

    @property
    def where_locks_are(self) -> str:
        """How a person finds out who holds the stack where `holders` cannot tell, in a sentence."""
        return ""

    def cancel(self) -> None:
        """Release a lock that a dead command left behind."""
        raise NotImplementedError

    def unfinished(self) -> list[Unfinished]:
        """The operations that a killed command began, and that no later one goes on with by itself."""
        return []

    def recover(self, find: Find) -> list[Recovered]:
        """Put on record what became of the unfinished operations, as `find` and the cloud say. Raises `Unclear`, and changes
        nothing, when that cannot be told of all."""
        raise NotImplementedError
