"""The machines that images are baked on, as a cloud lets the baker into them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from soundstage.images.ssh import Address
from soundstage.images.steps.command import System

if TYPE_CHECKING:
    from soundstage.sessions.session import Tell


@dataclass(frozen=True)
class Builder:
    """A machine that is baked on."""

    instance_id: str
    region: str
    system: System
    private_key: str
    host_keys: tuple[str, ...]
    """As the cloud told them."""


class Way(Protocol):
    """Leads to a builder for as long as the context lasts. What it gives is asked anew at every connection."""

    def __call__(self, builder: Builder) -> AbstractContextManager[Callable[[], Address]]: ...


class Builders(Protocol):
    """See above."""

    def way(self, tell: "Tell", pause: Callable[[float], None] = ...) -> Way:
        """The way in, through the cloud's own relay: a builder has no port that anybody else could reach. Whoever comes in may become
        root. It waits for a builder that is starting: some minutes at the most."""
