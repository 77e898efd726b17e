"""A machine over SSH, by paramiko. Its host key is known beforehand; a key that nobody told is never accepted.

On Linux a command runs apart from the connection, with its output in a file: when the connection is lost, the command goes on, and
what it printed meanwhile is read afterwards.
"""

import base64
import shlex
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from soundstage.core.errors import OperationError
from soundstage.images.host import Done, Unreachable
from soundstage.images.steps.command import Command, System

_T = TypeVar("_T")

FOLDER: Final = "/var/lib/soundstage-bake"
CONNECT_SECONDS: Final = 20
KEEP_ALIVE_SECONDS: Final = 15
ANSWER_SECONDS: Final = 120
"""In which a question must be answered."""
RETURN_SECONDS: Final = 180
"""In which a lost connection must be made anew."""
LONGEST_PRINTED: Final = 4000
TOO_LONG: Final = 124
"""The status of a command that was given up, as of `timeout`."""


@dataclass(frozen=True)
class Address:
    """How a machine is reached."""

    host: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    """What the machine must show: lines such as `ssh-ed25519 AAAA…`, as the cloud told them."""
    private_key: str
    """Ours, in OpenSSH's form."""
    system: System = "debian"
    sudo: bool = True
    """Whether the user must ask for an administrator's rights."""
    folder: str = FOLDER
    """Where commands and their output are kept while they run."""


class SshHost:
    """See `Host`. `address` is asked at every connection: a tunnel may come back on another port."""

    def __init__(
        self,
        address: Callable[[], Address],
        on_lost: Callable[[str], None] = lambda _why: None,
        return_seconds: float = RETURN_SECONDS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = address
        self._on_lost = on_lost
        self._return_seconds = return_seconds
        self._pause = pause
        self._client: Any = None

    @property
    def system(self) -> System:
        return self._address().system

    def ask(self, question: str) -> str:
        return self._again(lambda: self._answer(question))

    def do(self, command: Command, on_line: Callable[[str], None]) -> Done:
        if command.reboot:
            return self._restart(command)
        if self.system == "windows":
            return self._execute(_powershell(command.text), command.seconds, on_line)
        return self._apart(command, on_line)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    # -- connection

    def _connected(self) -> Any:
        import paramiko

        if self._client is not None:
            transport = self._client.get_transport()
            if transport is not None and transport.is_active():
                return self._client
            self.close()
        address = self._address()
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        name = address.host if address.port == 22 else f"[{address.host}]:{address.port}"
        for line in address.host_keys:
            kind, _, encoded = line.strip().partition(" ")
            key = paramiko.PKey.from_type_string(kind, base64.b64decode(encoded.split()[0]))
            client.get_host_keys().add(name, kind, key)
        try:
            client.connect(
                address.host,
                address.port,
                username=address.user,
                pkey=_own_key(address.private_key),
                look_for_keys=False,
                allow_agent=False,
                timeout=CONNECT_SECONDS,
                banner_timeout=CONNECT_SECONDS,
                auth_timeout=CONNECT_SECONDS,
            )
        except paramiko.BadHostKeyException as error:
            raise wrong_key(address, error.key.get_base64()) from error
        except paramiko.SSHException as error:
            if "not found in known_hosts" in str(error):
                raise wrong_key(address, "of another kind") from error
            raise
        transport = client.get_transport()
        assert transport is not None  # noqa: S101 - it is connected
        transport.set_keepalive(KEEP_ALIVE_SECONDS)
        self._client = client
        return client

    def _again(self, attempt: Callable[[], _T]) -> _T:
        """The result, over as many connections as it takes within `return_seconds`."""
        import paramiko

        until: float | None = None
        while True:
            try:
                return attempt()
            except (paramiko.SSHException, EOFError, OSError) as error:
                self.close()
                now = time.monotonic()
                if until is None:
                    until = now + self._return_seconds
                    self._on_lost(_why(error))
                if now >= until and isinstance(error, paramiko.AuthenticationException):
                    raise Unreachable(
                        f"{self._address().user} was not let in at {self._address().host}.",
                        "Its image lets nobody in by key, or it never read the key that it was given. Look at what it printed "
                        "at its start, in the cloud's own console.",
                    ) from error
                if now >= until:
                    raise Unreachable(
                        f"The machine does not answer any more ({_why(error)}); tried for {self._return_seconds:.0f} seconds.",
                        "Run the same command again.",
                    ) from error
            self._pause(1.0)

    # -- Linux

    def _answer(self, question: str) -> str:
        text = _powershell(question) if self.system == "windows" else self._as_administrator(question)
        _, stdout, _ = self._connected().exec_command(text, timeout=ANSWER_SECONDS)
        printed: str = stdout.read().decode("utf-8", "replace")
        return printed.replace("\r\n", "\n").rstrip("\n")

    def _as_administrator(self, text: str) -> str:
        quoted = f"bash -c {shlex.quote(text)}"
        return f"sudo -n -- {quoted}" if self._address().sudo else quoted

    def _apart(self, command: Command, on_line: Callable[[str], None]) -> Done:
        place = f"{self._address().folder}/{uuid.uuid4().hex}"
        self._again(lambda: self._begin(place, command))
        reader = _Reader(on_line)
        until = time.monotonic() + command.seconds
        self._again(lambda: self._follow(place, reader, until))
        if time.monotonic() >= until:
            self.ask(f"kill -- -$(cat {place}/pid) 2>/dev/null; rm -rf -- {place}")
            return Done(TOO_LONG, reader.end())
        status = self.ask(f"cat {place}/status 2>/dev/null; rm -rf -- {place}")
        # Without a status it was ended from outside, as by a full disk or a machine that ran out of memory.
        return Done(int(status) if status.isdigit() else 137, reader.end())

    def _begin(self, place: str, command: Command) -> None:
        """Start the command, unless that was done before the connection was lost."""
        folder = shlex.quote(self._address().folder)
        body = base64.b64encode(command.text.encode()).decode()
        text = (
            f"set -eu\numask 077\nmkdir -p {folder}\n"
            # What an earlier bake that was cut off left running comes to its end first.
            f'for one in {folder}/*/pid; do [ -e "$one" ] && [ "${{one%/pid}}" != {place} ] || continue; '
            'while kill -0 "$(cat "$one")" 2>/dev/null && [ ! -e "${one%/pid}/status" ]; do sleep 0.5; done; done\n'
            f"[ ! -e {place}/pid ] || exit 0\nmkdir -p {place}\n"
            f"base64 -d >{place}/run <<'END'\n{body}\nEND\n: >{place}/log\n"
            # What a step makes on the machine is for everybody there to read, as when a person does it.
            f"setsid nohup bash -c '(umask 022; exec bash {place}/run); echo $? >{place}/part; mv {place}/part {place}/status' "
            f">>{place}/log 2>&1 </dev/null & echo $! >{place}/pid"
        )
        _, stdout, stderr = self._connected().exec_command(self._as_administrator(text), timeout=ANSWER_SECONDS)
        said = stderr.read().decode("utf-8", "replace")
        if stdout.channel.recv_exit_status():
            raise Failed("The machine cannot start a command.", said)

    def _follow(self, place: str, reader: "_Reader", until: float) -> None:
        # The command is over when its status is there: a process that nobody has buried yet can still be signalled.
        text = (
            f"n={reader.seen}; while :; do over=; "
            f"if [ -e {place}/status ] || ! kill -0 $(cat {place}/pid) 2>/dev/null; then over=yes; fi; "
            f"size=$(stat -c %s {place}/log); "
            f'if [ "$size" -gt "$n" ]; then tail -c +$((n + 1)) {place}/log | head -c $((size - n)); n=$size; fi; '
            '[ -z "$over" ] || exit 0; sleep 0.1; done'
        )
        _, stdout, _ = self._connected().exec_command(self._as_administrator(text))
        channel = stdout.channel
        channel.settimeout(1.0)
        while time.monotonic() < until:
            try:
                if not (piece := channel.recv(32768)):
                    break
            except TimeoutError:
                if not channel.get_transport().is_active():
                    raise EOFError("the connection was closed") from None
                continue
            reader.take(piece)
        else:
            channel.close()
            return
        if channel.recv_exit_status() == -1:  # hung up instead of ended
            raise EOFError("the connection was closed")

    # -- Windows, and restarts

    def _execute(self, text: str, seconds: int, on_line: Callable[[str], None]) -> Done:
        reader = _Reader(on_line)
        until = time.monotonic() + seconds

        def once() -> int:
            channel = self._connected().get_transport().open_session()
            channel.set_combine_stderr(True)
            channel.settimeout(1.0)
            channel.exec_command(text)
            while time.monotonic() < until:
                try:
                    if not (piece := channel.recv(32768)):
                        return int(channel.recv_exit_status())
                except TimeoutError:
                    continue
                reader.take(piece)
            return TOO_LONG

        return Done(self._again(once), reader.end())

    def _restart(self, command: Command) -> Done:
        """Restart, and wait until it is another start that answers."""
        before = self.ask(_BOOT[self.system == "windows"])
        self._on_lost("it restarts")
        try:
            self._answer(f"{command.text} >/dev/null 2>&1 &" if self.system != "windows" else command.text)
        except Exception as error:  # noqa: BLE001 - it may hang up at once, in whichever words
            self._on_lost(_why(error))
        until = time.monotonic() + command.seconds
        while time.monotonic() < until:
            self.close()
            try:
                if self._answer(_BOOT[self.system == "windows"]) not in ("", before):
                    return Done(0, "")
            except WrongHostKey:
                raise
            except Exception as error:  # noqa: BLE001 - not back yet
                _ = error
            self._pause(1.0)
        raise Unreachable(
            f"The machine did not come back from a restart in {command.seconds // 60} minutes.",
            "Its console says why (`aws ec2 get-console-output`). Most often a kernel or a driver does not fit: look at the last step.",
        )


class WrongHostKey(Unreachable):
    """Somebody else answers, or the cloud told another key."""


class Failed(OperationError):
    """A step did not do what it should. `printed` is the end of what it said."""

    def __init__(self, message: str, printed: str = "", hint: str = "") -> None:
        super().__init__(message, hint)
        self.printed = printed


def wrong_key(address: Address, shown: str) -> WrongHostKey:
    """The refusal of a machine that shows another key than the cloud told."""
    return WrongHostKey(
        f"{address.host} shows another host key ({shown[:16]}…) than the cloud told. Nothing was sent to it.",
        "Another machine may answer in its place. Do not go on; run `workstation image bake` again, which makes a new machine.",
    )


_BOOT: Final = (
    # In a container the first is that of the machine around it.
    "cat /proc/sys/kernel/random/boot_id; cut -d ' ' -f 22 /proc/1/stat",
    "(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()",
)
"""What tells one start of a machine from another: Linux, Windows."""


class _Reader:
    """Bytes in, lines out; remembers how much it has seen, and the end of it."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._open = b""
        self._printed = ""
        self.seen = 0

    def take(self, piece: bytes) -> None:
        self.seen += len(piece)
        *whole, self._open = (self._open + piece).split(b"\n")
        self._tell(whole)

    def end(self) -> str:
        if self._open:
            self._tell([self._open])
            self._open = b""
        return self._printed

    def _tell(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")
            self._printed = (self._printed + text + "\n")[-LONGEST_PRINTED:]
            self._on_line(text)


def _own_key(text: str) -> Any:
    import io

    import paramiko

    return paramiko.Ed25519Key.from_private_key(io.StringIO(text))


def _powershell(text: str) -> str:
    stops = f"$ErrorActionPreference = 'Stop'\n{text}"
    return (
        f"powershell -NoProfile -NonInteractive -EncodedCommand {base64.b64encode(stops.encode('utf-16-le')).decode()}"
    )


def _why(error: BaseException) -> str:
    if isinstance(error, socket.timeout | TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
