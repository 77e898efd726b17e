"""What stands for a simulated machine behind a session: processes of the person who runs the simulated cloud, on this computer.

- port 22 leads to a genuine OpenSSH server. It serves one connection over a pair of sockets, listens nowhere, knows only keys that
  the machine's own program let in, and begins in the machine's folder;
- the port of the display leads to a page that says that this is no picture;
- `soundstage-login` is the genuine program of machines, run below the machine's folder. There is no Windows here: a machine with
  Windows is entered as one with Linux that gives passwords instead of tokens, and its answer says that its shell is this computer's.
"""

import asyncio
import contextlib
import getpass
import os
import shlex
import shutil
import socket
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from soundstage.components.boot.login import PROGRAM, SSHD_CONFIG, WINDOWS_COMMAND
from soundstage.components.boot.sources import source
from soundstage.components.ports import DCV
from soundstage.simulator.stand_in.page import Page

_SSH: Final = 22
_SEARCHED: Final = ("/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin", "/opt/homebrew/sbin")
_FILES: Final = ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server", "/usr/libexec/openssh/sftp-server",
                 "/usr/lib/ssh/sftp-server", "/usr/lib/sftp-server")  # fmt: skip
_ZONE: Final = "UTC"  # of a simulated machine, whatever that of this computer is
_TAKES: Final = 30.0
_INSTALL: Final = "Install the OpenSSH server on this computer (Debian, Ubuntu: `apt install openssh-server`)"

_ENTRY: Final = """#!/bin/bash
# What every login by SSH on this simulated machine runs: it begins in the machine's folder, not in the person's own home.
export HOME={home} SOUNDSTAGE_SIMULATED_MACHINE={name} PATH={folder}/people:"$PATH"
cd "$HOME" || exit 1
case "${{SSH_ORIGINAL_COMMAND:-}}" in
  sftp) exec {sftp} ;;
  '') echo "This is a simulated machine: a shell on your own computer, in $PWD." >&2
      exec "${{SHELL:-/bin/bash}}" ;;
  *) exec "${{SHELL:-/bin/bash}}" -c "$SSH_ORIGINAL_COMMAND" ;;
esac
"""
_EXTAUTH: Final = """#!/bin/bash
# In the place of DCV's own: keeps tokens where the page that stands for the display looks for them.
case "$1" in
  add-user) cat >>"$SOUNDSTAGE_ROOT/run/tokens"; echo >>"$SOUNDSTAGE_ROOT/run/tokens" ;;
  remove-auth) : >"$SOUNDSTAGE_ROOT/run/tokens" ;;
esac
"""
_DISPLAY_AUTH: Final = """#!/bin/bash
# In the place of the program of Selkies's part: keeps the one token that counts where the page that stands for the display looks for it.
cat >"$SOUNDSTAGE_ROOT/run/lasting"
"""
_CHPASSWD: Final = """#!/bin/bash
# Keeps the password where the page that stands for the display looks for it.
cat >"$SOUNDSTAGE_ROOT/run/password"
"""
_SUDO: Final = """#!/bin/bash
# In the place of sudo: people may run the machine's one program by it, and nothing else.
[ "${{1:-}}" = -n ] && shift
[ "${{1:-}}" = {program} ] || {{ echo "sudo: a password is required" >&2; exit 1; }}
shift
SOUNDSTAGE_ROOT={folder} PATH={folder}/bin:"$PATH" exec bash {folder}/login "$@"
"""
_NOTHING: Final = "#!/bin/bash\nexit 0\n"


class NothingListens(Exception):
    """No program listens on that port of the machine; the message says why."""


class StandIn:
    """One simulated machine. Made when a session is opened to it, and forgotten when it stops; its folder stays."""

    def __init__(self, folder: Path, name: str, *, is_windows: bool = False) -> None:
        self.is_windows = is_windows
        self._folder = folder
        self._name = name
        self._page: Page | None = None
        self._servers: set[Process] = set()
        self._readying = asyncio.Lock()
        self._is_ready = False

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a port of the machine. Raises `NothingListens`."""
        await self._ready()
        if port == _SSH:
            return await self._dial_ssh()
        if port == DCV[0].number:
            if self._page is None:
                self._page = Page(self._folder, self._name)
            return await self._page.dial()
        raise NothingListens(f"nothing listens on port {port} of a simulated machine")

    async def know_keys(self, lines: Sequence[str]) -> None:
        """Let these keys in by SSH and no others: lines of `authorized_keys`. Whoever comes in so may run the machine's one program by
        `sudo`, which opens a display with tokens that last, as Selkies's do."""
        await self._ready()
        self._write("bin/soundstage-display-auth", _DISPLAY_AUTH)
        self._write("people/sudo", _SUDO.format(program=PROGRAM, folder=shlex.quote(str(self._folder))))
        folder = self._folder / "etc/soundstage/ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / getpass.getuser()).write_text("".join(f"{line}\n" for line in lines))

    async def host_keys(self) -> list[tuple[str, str]]:
        """The keys by which it proves itself by SSH: kind and base64."""
        await self._ready()
        files = sorted((self._folder / "etc/ssh").glob("ssh_host_*_key.pub"))
        return [(kind, key) for kind, key in (file.read_text().split()[:2] for file in files)]

    async def run(self, commands: str) -> bytes:
        """What a program of the machine prints, run as root would. Of a simulated machine there is one."""
        await self._ready()
        # As the genuine agent takes a document's command apart, on Windows too.
        words, program = shlex.split(commands), shlex.split(WINDOWS_COMMAND if self.is_windows else PROGRAM)
        if words[: len(program)] != program:
            return b"A simulated machine has no such program.\n"
        process = await asyncio.create_subprocess_exec(
            "bash", str(self._folder / "login"), *words[len(program) :], stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT,
            env={"SOUNDSTAGE_ROOT": str(self._folder), "PATH": f"{self._folder / 'bin'}:{os.environ.get('PATH', os.defpath)}", "TZ": _ZONE},
        )  # fmt: skip
        self._servers.add(process)
        try:
            async with asyncio.timeout(_TAKES):
                output, _ = await process.communicate()
        finally:
            self._servers.discard(process)
        return output

    async def stop(self) -> None:
        """End every program of it."""
        if self._page is not None:
            await self._page.stop()
        for process in list(self._servers):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def _ready(self) -> None:
        """The files of the machine, made once."""
        async with self._readying:
            if self._is_ready:
                return
            person = getpass.getuser()
            for name in ("bin", "people", "home", "run", "etc/ssh", "etc/soundstage", "etc/dcv"):
                (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write("login", source("login.sh"))
            self._write("etc/soundstage/person", person)
            # Amazon DCV has no program for tokens on Windows.
            opens = ("chpasswd", _CHPASSWD) if self.is_windows else ("dcvsimpleextauth", _EXTAUTH)
            self._write(f"bin/{opens[0]}", opens[1])
            for name in ("systemctl", "systemd-run"):
                self._write(f"bin/{name}", _NOTHING)
            sftp = next((each for each in _FILES if Path(each).exists()), "false")
            home, folder = (shlex.quote(str(path)) for path in (self._folder / "home", self._folder))
            self._write("entry", _ENTRY.format(home=home, folder=folder, name=self._name, sftp=sftp))
            self._write("sshd_config", self._sshd_config())
            await self._host_key()
            await asyncio.to_thread(_certificate, self._folder / "etc/dcv")
            self._is_ready = True

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.write_text(text)
        path.chmod(0o700)

    def _sshd_config(self) -> str:
        """As on a machine, but for where files lie; the person's own home is not the place to begin in."""
        folder = self._folder
        kept = [
            line for line in SSHD_CONFIG.splitlines() if not line.startswith(("AuthorizedKeysFile", "PermitRootLogin"))
        ]
        own = [
            f"AuthorizedKeysFile {folder}/etc/soundstage/ssh/%u",
            f"HostKey {folder}/etc/ssh/ssh_host_ed25519_key",
            f"ForceCommand {folder}/entry",
            "Subsystem sftp sftp",
            "PermitRootLogin prohibit-password",  # whoever runs the simulated cloud, and nobody else, can sign in
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
        ]
        return "\n".join([*kept, *own, ""])

    async def _host_key(self) -> None:
        key = self._folder / "etc/ssh/ssh_host_ed25519_key"
        if not key.exists() and (made := shutil.which("ssh-keygen")):
            process = await asyncio.create_subprocess_exec(
                made,
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                self._name,
                "-f",
                str(key),
                stdin=asyncio.subprocess.DEVNULL,
            )
            await process.wait()

    async def _dial_ssh(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sshd = shutil.which("sshd", path=os.pathsep.join((os.environ.get("PATH", ""), *_SEARCHED)))
        if sshd is None:
            raise NothingListens(f"{_INSTALL}: a simulated machine's SSH is that one's.")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as root it refuses to begin without
        ours, theirs = socket.socketpair()
        with theirs, (self._folder / "sshd.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sshd, "-i", "-e", "-f", str(self._folder / "sshd_config"), stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=log,
                env=os.environ | {"TZ": _ZONE}, start_new_session=True,
            )  # fmt: skip
        self._servers.add(process)
        waiting = asyncio.create_task(process.wait())
        waiting.add_done_callback(lambda _: self._servers.discard(process))
        return await asyncio.open_unix_connection(sock=ours)


def _certificate(folder: Path) -> None:
    """The display's own certificate, as every machine makes itself one."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    if (folder / "dcv.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated machine")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "dcv.key").write_bytes(private)
    (folder / "dcv.key").chmod(0o600)
    (folder / "dcv.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
