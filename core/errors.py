"""Every error that Soundstage raises on purpose, as one tree.

    SoundstageError                 exit code
    ├── OperationError              1   something was tried and failed; state is safe
    │   ├── CloudError              1   the cloud refused or could not
    │   │   └── HalfMade            1   … in the middle: the resource exists and is not yet as asked for
    │   ├── StateError              1   the stack's state cannot be used as it is
    │   │   └── StateLocked         1   another command holds the stack
    │   ├── SimulatorError          1   the simulated cloud cannot be started or reached
    │   ├── SessionError            1   a session with a machine cannot be opened, or ended before its work was done
    │   └── EngineError             1   the Pulumi engine is missing, too old or failed
    ├── UsageError                  2   the command, a project file or a component's argument is wrong
    │   ├── ArgumentError           2   a component was given something it cannot use (also a ValueError)
    │   └── SpecError               2   a project file is wrong; carries every fault at once
    ├── PolicyRefused               3
    ├── PreflightRefused            4   credentials, quota, capacity or budget
    ├── Drifted                     5   the cloud differs from the state
    └── Interrupted                 130 stopped by the user; the same command continues

An error says what happened, with which value, and what to run next (`hint`), in the words that the user typed.
The command turns the tree into exit codes at one door (`soundstage.cli.main`); nothing else may.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from soundstage.core.masking import masked


@dataclass(frozen=True)
class About:
    """Which resource a failure is of, so that many that fail alike can be told in one line."""

    name: str
    type: str
    wanted: str
    """What could not be done: `deleted`."""
    reason: str


class SoundstageError(Exception):
    """Base of all errors that are expected to reach a person.

    `message` is one or two sentences; `hint` says what to type or change next and may be empty. Both are kept without
    secrets: they go to screens, pages, documents and histories.
    """

    exit_code: ClassVar[int] = 1
    about: "About | None" = None

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = masked(message)
        self.hint = masked(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class OperationError(SoundstageError):
    """Something was tried and failed. State is safe; nothing is half-recorded."""


class CloudError(OperationError):
    """The cloud refused a call. `action` is the IAM action (`ec2:RunInstances`), `code` the cloud's own error code."""

    def __init__(self, message: str, hint: str = "", *, action: str = "", code: str = "") -> None:
        super().__init__(message, hint)
        self.action = action
        self.code = code


class HalfMade(CloudError):
    """A create or an update stopped in the middle. The resource exists, as `id`; `outputs` are for the record, so that the
    next update goes on with it."""

    def __init__(self, cause: CloudError, id: str, outputs: dict[str, Any]) -> None:
        super().__init__(cause.message, cause.hint, action=cause.action, code=cause.code)
        self.id = id
        self.outputs = outputs


class StateError(OperationError):
    """The stack's state is missing, damaged, newer than this version, or cannot be written."""


class StateLocked(StateError):
    """Another command holds the stack; the message says who, where and since when."""


class StateAbandoned(StateLocked):
    """A command on another host noted that it holds the stack, and may be gone: no use in waiting."""


class ChangedMeanwhile(OperationError):
    """Somebody else has changed what this was about to change."""


class SimulatorError(OperationError):
    """The simulated cloud cannot be started, reached or trusted."""


class SessionError(OperationError):
    """A session with a machine cannot be opened, or ended before its work was done."""


class EngineError(OperationError):
    """The Pulumi engine is missing, too old, or failed."""


class UsageError(SoundstageError):
    """The command line, a file, or an argument is wrong. Nothing was changed."""

    exit_code = 2


class ArgumentError(UsageError, ValueError):
    """A component was given arguments it cannot use. `faults` holds every one, each beginning with its argument."""

    def __init__(self, message: str, hint: str = "", *, faults: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a project file. `line` counts from 1; 0 when the whole file is meant."""

    file: str
    line: int
    key: str
    problem: str
    value: object = None
    allowed: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {self.key}: {self.problem}" if self.key else f"{place}: {self.problem}"
        if self.allowed:
            text += f" (allowed: {self.allowed})"
        if self.nearest:
            text += f'. Did you mean "{self.nearest}"?'
        return text


class SpecError(UsageError):
    """A project or studio file is wrong. `faults` holds every fault found."""

    def __init__(self, faults: Sequence[Fault], hint: str = "") -> None:
        super().__init__("\n".join(str(fault) for fault in faults), hint)
        self.faults = tuple(faults)


class PolicyRefused(SoundstageError):
    """A mandatory policy is violated."""

    exit_code = 3


class PreflightRefused(SoundstageError):
    """Credentials, account, quota, capacity or budget do not allow the operation. Nothing was changed."""

    exit_code = 4


class Drifted(SoundstageError):
    """The cloud differs from the recorded state."""

    exit_code = 5


class Interrupted(SoundstageError):
    """Stopped by the user. State is saved; the same command continues."""

    exit_code = 130
    done: int | None = None
    """Steps that were done, where something was being changed."""

    @classmethod
    def after(cls, done: int, wanted: int | None = None) -> "Interrupted":
        """Stopped after `done` steps, of `wanted` where that is known."""
        if wanted is not None and done <= wanted:
            steps = f"{done} of {wanted} steps are done"
        else:
            steps = "1 step is done" if done == 1 else f"{done} steps are done"
        error = cls(f"Stopped. {steps}. The same command continues.")
        error.done = done
        return error
