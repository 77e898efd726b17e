"""The machine that is baked on, as the bake sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from soundstage.core.errors import OperationError
from soundstage.images.steps.command import Command, System


class State(StrEnum):
    """What a step of a bake is about to do or has done."""

    BEGAN = "began"
    LINE = "line"
    """The machine printed a line."""
    UNCHANGED = "unchanged"
    """There was nothing to do."""
    DONE = "done"
    AGAIN = "again"
    """The connection was lost, or the machine restarts; it goes on when it is back."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that happened in a bake."""

    state: State
    title: str
    """Of the step or check."""
    number: int = 0
    """Which step, from 1; 0 for what is none."""
    total: int = 0
    text: str = ""
    """What was printed, or why something is done again."""


OnProgress: TypeAlias = Callable[[Progress], None]


def unseen(_progress: Progress) -> None:
    """For callers that do not watch."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    status: int
    printed: str
    """The end of what it printed, at most some thousand characters."""


class Unreachable(OperationError):
    """The machine cannot be reached any more, or never could."""


class Host(Protocol):
    """A machine: bash on Linux, PowerShell on Windows, as administrator. A lost connection is made anew, and what ran goes on."""

    @property
    def system(self) -> System:
        """Which tools it has."""

    def ask(self, question: str) -> str:
        """What a command prints, without the line break at its end. Raises `Unreachable`."""

    def do(self, command: Command, on_line: Callable[[str], None]) -> Done:
        """Have it done, and hear every line. A restart ends when the machine is back. Raises `Unreachable`."""

    def close(self) -> None:
        """Hang up."""
