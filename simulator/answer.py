"""What the server answers a request with, whatever the cloud."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from soundstage.simulator.bodies import Content


@dataclass(frozen=True)
class Onward:
    """Where a connection goes on: a port of loopback, which gets the request as it came, with these headers besides."""

    port: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `drop` closes the connection instead of sending it; with `onward` somebody else answers."""

    status: int
    body: Content = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    onward: Onward | None = None


class Refusal(Exception):
    """Raised anywhere while a request is answered; the caller gets it in the form of its protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


DROPPED: Final = Answer(0, drop=True)
"""No answer: the connection closes."""
