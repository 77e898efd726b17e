"""A connection to a machine's SSH in this process, by which files are copied and programs are run."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import paramiko

from soundstage.core.errors import SessionError
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.entry.both_ends import ANSWERS
from soundstage.stacks.entry.shell import Login, logged_in, ssh_port

_ALIVE: Final = 60
"""Seconds after which a line that carries nothing is shown to be needed: a session without traffic ends after twenty minutes."""


@contextlib.contextmanager
def connected(door: Door) -> "Iterator[tuple[paramiko.Transport, Login]]":
    """The machine's SSH, with the host key that its own program named. `SessionError` when it shows another."""
    with (
        logged_in(door) as login,
        ssh_port(door) as port,
        socket.create_connection(("127.0.0.1", port), timeout=ANSWERS) as line,
    ):
        transport = paramiko.Transport(line)
        try:
            known = dict(key.split()[:2] for key in login.host_keys)
            options = transport.get_security_options()
            options.key_types = tuple(each for each in options.key_types if _plain(each) in known)
            transport.start_client(timeout=ANSWERS)
            shown = transport.get_remote_server_key()
            if known.get(shown.get_name()) != shown.get_base64():
                raise SessionError(
                    f"The machine shows another host key than its own program named ({shown.get_name()}).",
                    "Nothing was sent. Tell whoever looks after the project.",
                )
            key = paramiko.Ed25519Key.from_private_key_file(str(login.key))
            transport.auth_publickey(login.user, key)
            transport.set_keepalive(_ALIVE)
            yield transport, login
        finally:
            transport.close()


def _plain(name: str) -> str:
    """The kind of key that an algorithm signs with."""
    return "ssh-rsa" if name.startswith("rsa-sha2-") else name


def output_of(door: Door, command: str) -> bytes:
    """What a program of the machine prints, also what it says of errors."""
    with connected(door) as (transport, _):
        channel = transport.open_session(timeout=ANSWERS)
        try:
            channel.settimeout(ANSWERS)
            channel.set_combine_stderr(True)
            channel.exec_command(command)
            return b"".join(iter(lambda: channel.recv(4096), b""))
        finally:
            channel.close()
