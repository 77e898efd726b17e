"""How a cloud lets people into a machine that runs: ways to its ports, and a login that is good for a short time."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from soundstage.components.boot.login import ToDisplay, ToShell

if TYPE_CHECKING:
    from soundstage.sessions.route import Route
    from soundstage.sessions.session import Tell
    from soundstage.stacks.clouds.base import Machine


class Door(Protocol):
    """The way to one machine."""

    @property
    def machine(self) -> "Machine": ...

    @property
    def tell(self) -> "Tell":
        """Gets sentences for people."""

    @property
    def to_ssh(self) -> "Route": ...

    @property
    def to_display(self) -> "Route": ...

    def let_in(self, public_key: str) -> ToShell:
        """Have the machine let a key in for a short time. `public_key` is the base64 part of the public half of an ed25519 key."""

    def let_out(self, public_key: str) -> None:
        """A key that was let in is not needed any more. Never fails: it counts for a short time only."""

    def let_in_to_display(self) -> ToDisplay:
        """Have the machine open its display for a short time to whoever shows what this gives."""


class Doors(Protocol):
    """The machines of an account, as people come to them."""

    def account(self, machine: "Machine") -> str:
        """Who the person is on a machine: the name that they come in by."""

    def open(self, machine: "Machine", studio: str, project: str, tell: "Tell") -> AbstractContextManager[Door]:
        """The way to a machine that runs. What an earlier command left open is ended first, and all of this one at the end."""
