"""What an engine is. No caller of an engine can tell which engine it talks to.

An engine runs a stack's *program* (a plain function that declares Pulumi resources) and makes a cloud match. Two exist:
`embedded` (in process, the simulated cloud only) and `pulumi` (the genuine command through its Automation API).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from soundstage.core.values import Properties
from soundstage.plan.plan import Change, Operation, Plan

Program: TypeAlias = Callable[[], None]
"""Declares resources and exports outputs, with the Pulumi SDK and nothing else."""


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
        on_event: OnEvent = ignore,
    ) -> Result:
        """Make the cloud match the program."""

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
