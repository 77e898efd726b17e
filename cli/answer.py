"""What a command hands to the door: one result, printed once, as text for people or as JSON for programs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from soundstage.cli.display.screen import Screen

if TYPE_CHECKING:
    from soundstage.engines.base import StackName

Render: TypeAlias = Callable[[Screen], str]


@dataclass(frozen=True)
class Answer:
    """The result of a command. Commands print nothing to stdout themselves, so `--json` cannot be spoiled.

    `document` is what `--json` prints: one object (docs/json.md says what its keys are called), or what makes it where that takes long. `text` is what a person reads, drawn for the screen it
    lands on; `exit_code` is 0 unless the result itself is a refusal (findings, drift).
    """

    document: dict[str, Any] | Callable[[], dict[str, Any]]
    text: Render
    exit_code: int = 0


def say(sentence: str) -> Render:
    """A text that needs no drawing. Control characters in it are escaped, line ends stay."""
    return lambda screen: screen.lines(sentence)


def subject(stack: "StackName") -> dict[str, Any]:
    """The key that every document about a stack begins with: `{"project": "teaser"}` or `{"studio": "northlight"}`."""
    from soundstage.engines.base import STUDIO_STACKS

    return {"studio" if stack.project == STUDIO_STACKS else "project": stack.stack}
