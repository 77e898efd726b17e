"""How the machine that is baked on is reached: through a session, so that no port of it is open to anybody."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from soundstage.images.ssh import Address
from soundstage.images.steps.command import System


@dataclass(frozen=True)
class Builder:
    """A machine that is baked on."""

    instance_id: str
    region: str
    system: System
    private_key: str
    host_keys: tuple[str, ...]
    """As the cloud told them."""

    @property
    def user(self) -> str:
        """Who lets our key in: the first account of the published images."""
        return {"debian": "ubuntu", "redhat": "ec2-user", "windows": "Administrator"}[self.system]


class Way(Protocol):
    """Leads to a builder for as long as the context lasts. What it gives is asked anew at every connection."""

    def __call__(self, builder: Builder) -> AbstractContextManager[Callable[[], Address]]: ...
