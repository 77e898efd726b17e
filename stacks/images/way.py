"""How the machine that is baked on is reached: through a session, so that no port of it is open to anybody."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from soundstage.core.errors import CloudError
from soundstage.core.home import state_home
from soundstage.images.ssh import Address
from soundstage.images.steps.command import System
from soundstage.stacks.clouds.base import Cloud

if TYPE_CHECKING:
    from soundstage.sessions.session import Calls, Request, Tell

DOCUMENT: Final = "AWS-StartSSHSession"
"""AWS's own document for SSH through a session."""


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


def session_way(cloud: Cloud, tell: "Tell", pause: Callable[[float], None] = time.sleep) -> Way:
    """Through Session Manager: the builder has no port that anybody could reach. Its agent signs in some minutes after its start."""

    @contextmanager
    def way(builder: Builder) -> Iterator[Callable[[], Address]]:
        from soundstage.sessions.session import Request
        from soundstage.sessions.tunnel import tunnel
        from soundstage.stacks.clouds.aws.leftovers import Noted
        from soundstage.stacks.entry.background import in_background

        noted = Noted(cloud.sessions, state_home() / "sessions", f"{cloud.kind} {cloud.account_id} {cloud.region}")
        noted.sweep()
        request = Request(builder.instance_id, DOCUMENT, {"portNumber": ["22"]})
        try:
            _signed_in(noted, request, pause)
            with in_background(lambda: tunnel(noted, request, tell=tell)) as running:
                port = running.value.port
                yield lambda: Address(
                    "127.0.0.1", port, builder.user, builder.host_keys, builder.private_key, builder.system,
                    sudo=builder.system != "windows",
                )  # fmt: skip
        finally:
            noted.close()

    return way


def _signed_in(calls: "Calls", request: "Request", pause: Callable[[float], None]) -> None:
    """Wait until a session can be opened. Raises the last refusal after a quarter of an hour."""
    for last in (*(False,) * 180, True):
        try:
            calls.terminate(calls.start(request).session)
        except CloudError as error:
            if last or error.code != "TargetNotConnected":
                raise
        else:
            return
        pause(5.0)
