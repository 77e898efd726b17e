"""What a command hands to the door: one result, printed once, as text for people or as JSON for programs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from soundstage.cli.display.screen import Screen

Render: TypeAlias = Callable[[Screen], str]


@dataclass(frozen=True)
class Answer:
    """The result of a command. Commands print nothing to stdout themselves, so `--json` cannot be spoiled.

    `document` is what `--json` prints, made of what JSON can hold; `text` is what a person reads, drawn for the screen it
    lands on; `exit_code` is 0 unless the result itself is a refusal (findings, drift).
    """

    document: Any
    text: Render
    exit_code: int = 0


def say(sentence: str) -> Render:
    """A text that needs no drawing. Control characters in it are escaped, line ends stay."""
    return lambda screen: screen.lines(sentence)
