"""How the machine that is baked on is reached on Google Cloud: through Identity-Aware Proxy, signed in by OS Login as whoever bakes.

A key is added to the person's own profile and counts for some minutes, as everybody's who comes in to a machine does.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from soundstage.core.errors import CloudError, SessionError
from soundstage.images.ssh import Address
from soundstage.sessions.iap.frames import Close
from soundstage.sessions.iap.relay import Refused
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.clouds.builders import Builder, Way
from soundstage.stacks.clouds.gcp.doors import Entered, GoogleDoor
from soundstage.stacks.clouds.gcp.names import zone_and_name

if TYPE_CHECKING:
    from soundstage.sessions.session import Tell

_ANEW: Final = 60.0
"""Seconds after which a key is let in anew: it counts for three minutes, and a connection is made in much less."""


class GoogleBuilders:
    """See `Builders`."""

    def __init__(self, cloud: Entered) -> None:
        self._cloud = cloud

    def way(self, tell: "Tell", pause: Callable[[float], None] = time.sleep) -> Way:
        cloud = self._cloud

        @contextmanager
        def way(builder: Builder) -> Iterator[Callable[[], Address]]:
            from soundstage.stacks.entry.background import in_background

            door = GoogleDoor(cloud, _machine(builder), tell, as_root=True)
            public = _public(builder.private_key)
            door.refuse_strangers()
            _answers(door, pause)
            account, let_in_at = "", 0.0

            def address() -> Address:
                nonlocal account, let_in_at
                if time.monotonic() - let_in_at > _ANEW or not account:
                    account, let_in_at = _let_in(door, public), time.monotonic()
                return Address(
                    "127.0.0.1", running.value.port, account, builder.host_keys, builder.private_key, builder.system
                )

            try:
                with in_background(lambda: door.to_ssh.tunnel(tell=tell)) as running:
                    yield address
            finally:
                door.let_out(public)

        return way


def _let_in(door: GoogleDoor, public_key: str) -> str:
    """The account on the machine. Raises `ConnectionError` where the cloud does not answer: it is tried again with the connection."""
    try:
        return door.admit(public_key)
    except CloudError as error:
        if error.code:
            raise
        raise ConnectionError(error.message) from error


def _answers(door: GoogleDoor, pause: Callable[[float], None]) -> None:
    """Wait until the machine takes connections. Raises why it does not after a quarter of an hour."""
    for last in (*(False,) * 180, True):
        try:
            asyncio.run(door.to_ssh.knock())
        except SessionError as error:
            why = error.__cause__
            if last or not isinstance(why, Refused) or why.code != Close.NOTHING_ANSWERS:
                raise
        else:
            return
        pause(5.0)


def _public(private_key: str) -> str:
    """The base64 part of the public half."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    public = load_ssh_private_key(private_key.encode(), None).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode().split()[1]


def _machine(builder: Builder) -> Machine:
    """The builder as the way to any machine takes it."""
    return Machine(
        name="the builder",
        instance_id=builder.instance_id,
        state="running",
        instance_type="",
        launched=None,
        private_ip=None,
        public_ip=None,
        disks=(),
        user="",
        zone=zone_and_name(builder.instance_id)["zone"],
        network_zone="",
    )
