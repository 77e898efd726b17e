"""A shell on a machine by the computer's own `ssh`, through a session.

Nobody is trusted on first use. The machine's program, which only who may open a session to it can run, names the host keys and lets
a key in for a minute; both travel through the session, whose ends IAM and TLS vouch for. The key is made for one login and thrown away.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from soundstage.core.errors import OperationError, SoundstageError
from soundstage.core.home import make_private
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.entry.background import in_background

_KEY: Final = "key"
_KNOWN: Final = "known_hosts"


@dataclass(frozen=True)
class Login:
    """A login that is good for a minute. `folder` holds the key and the host keys."""

    user: str
    folder: Path
    host_keys: tuple[str, ...]
    shell: str = "sh"
    """What reads a command there: `sh` or `powershell`."""

    @property
    def key(self) -> Path:
        return self.folder / _KEY

    def options(self, machine: str) -> list[str]:
        """Options of OpenSSH, by which it trusts this machine and no other, and shows this key and no other."""
        settings = {
            "User": self.user,
            "IdentityFile": str(self.key),
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.folder / _KNOWN),
            "GlobalKnownHostsFile": os.devnull,
            "HostKeyAlias": machine,
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "PreferredAuthentications": "publickey",
            "ForwardAgent": "no",
        }
        return [f"{name}={value}" for name, value in settings.items()]


def new_key(folder: Path) -> str:
    """Make a key of ed25519 in `folder`, if there is none, and return the base64 part of its public half."""
    make_private(folder)
    private, public = folder / _KEY, folder / f"{_KEY}.pub"
    if not (private.exists() and public.exists()):
        key = Ed25519PrivateKey.generate()
        private.touch(mode=0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n")
    return public.read_text().split()[1]


def log_in(door: Door, folder: Path) -> Login:
    """Have the machine let the key of `folder` in for a minute, and write down its host keys beside it."""
    way = door.let_in(new_key(folder))
    known = folder / _KNOWN
    fresh = folder / f"{_KNOWN}.{os.getpid()}"
    fresh.write_text("".join(f"{door.machine.instance_id} {key}\n" for key in way.host_keys))
    fresh.replace(known)  # an ssh beside this one, which reads the same file, never finds half of it
    return Login(way.user, folder, way.host_keys, way.shell)


@contextlib.contextmanager
def logged_in(door: Door) -> Iterator[Login]:
    """A login with a key that is thrown away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="soundstage-"))
    key = ""
    try:
        key = new_key(folder)
        yield log_in(door, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # before the cloud is asked, which takes time and may be interrupted
        door.let_out(key)


@contextlib.asynccontextmanager
async def _local(door: Door) -> "AsyncIterator[tuple[int, asyncio.Task[bool]]]":
    """A port of this computer that leads to the machine's SSH; each connection is a session."""
    open_now: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await door.to_ssh.pipe(reader, writer, tell=door.tell)
        except SoundstageError as error:
            door.tell(str(error))
        finally:
            writer.close()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(carry(reader, writer))
        open_now.add(task)
        task.add_done_callback(open_now.discard)

    for_ever = asyncio.create_task(asyncio.Event().wait())
    async with await asyncio.start_server(accepted, "127.0.0.1", 0) as server:
        try:
            yield server.sockets[0].getsockname()[1], for_ever
        finally:
            for task in (for_ever, *open_now):
                task.cancel()
            await asyncio.gather(*open_now, return_exceptions=True)


@contextlib.contextmanager
def ssh_port(door: Door) -> Iterator[int]:
    """A port of this computer that leads to the machine's SSH for as long as the context lasts."""
    with in_background(lambda: _local(door)) as running:
        yield running.value


def run_ssh(door: Door, command: Sequence[str]) -> int:
    """A shell, or a command, by the computer's own `ssh` at this terminal. Returns its exit code."""
    program = shutil.which("ssh")
    if program is None:
        raise OperationError(
            "This computer has no `ssh`.", "Install OpenSSH's client (Debian, Ubuntu: `apt install openssh-client`)."
        )
    with logged_in(door) as login, ssh_port(door) as port:
        options = [f"-o{each}" for each in login.options(door.machine.instance_id)]
        words = [
            program,
            "-F",
            os.devnull,
            *options,
            "-p",
            str(port),
            "127.0.0.1",
            *(["--", *command] if command else []),
        ]
        # A Ctrl-C at this terminal is for ssh. Not SIG_IGN: what is ignored here would be ignored by ssh too.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            return subprocess.run(words, check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)


async def _standard_streams(door: Door) -> str:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    # Copies: asyncio closes what it is given, and what comes after still looks at the streams.
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(0), "rb", 0))
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(os.dup(1), "wb", 0))
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    task = asyncio.current_task()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):  # ssh ends its proxy with a hang-up
        loop.add_signal_handler(number, lambda: task.cancel() if task else None)
    return await door.to_ssh.pipe(reader, writer, tell=door.tell)


def carry_standard_streams(door: Door, folder: Path) -> None:
    """What `ssh` runs as its `ProxyCommand`: let the key of `folder` in, and be the connection."""
    log_in(door, folder)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_standard_streams(door))
