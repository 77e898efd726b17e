"""How the machine that is baked on is reached on AWS: through a session, so that no port of it is open to anybody."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from soundstage.core.errors import CloudError
from soundstage.core.home import state_home
from soundstage.images.ssh import Address
from soundstage.images.steps.command import System
from soundstage.stacks.clouds.builders import Builder, Way

if TYPE_CHECKING:
    from soundstage.sessions.session import Calls, Request, Tell
    from soundstage.stacks.clouds.base import Cloud

DOCUMENT: Final = "AWS-StartSSHSession"
"""AWS's own document for SSH through a session."""


def first_account(system: System) -> str:
    """Who lets our key in: the first account of the published images."""
    return {"debian": "ubuntu", "redhat": "ec2-user", "windows": "Administrator"}[system]


class AwsBuilders:
    """See `Builders`."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def way(self, tell: "Tell", pause: Callable[[float], None] = time.sleep) -> Way:
        """Its agent signs in some minutes after its start."""
        cloud = self._cloud

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
                        "127.0.0.1", port, first_account(builder.system), builder.host_keys, builder.private_key,
                        builder.system, sudo=builder.system != "windows",
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
