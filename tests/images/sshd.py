"""A genuine OpenSSH server on loopback, which lets in the person who runs the tests, by key."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from soundstage.images.ssh import Address

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
needs_sshd = pytest.mark.skipif(not Path(SSHD).exists(), reason="there is no OpenSSH server on this machine (`sshd`)")
# Under SHLVL 2 bash reads no .bashrc, which is the affair of whoever runs the tests.
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile {folder}/pid
AuthorizedKeysFile {folder}/authorized_keys
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
SetEnv SHLVL=2
"""


@dataclass
class Server:
    """The server and both keys."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def address(self) -> Address:
        return Address(
            host="127.0.0.1",
            port=self.port,
            user=getpass.getuser(),
            host_keys=((self.folder / "host.pub").read_text(),),
            private_key=(self.folder / "user").read_text(),
            sudo=False,
            folder=str(self.folder / "bake"),
        )

    def cut(self) -> int:
        """Kill every open connection and leave the server; how many there were."""
        pids = _children(self.process.pid)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)


def key(path: Path) -> None:
    """Make a pair of keys."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """The server, as long as the block lasts."""
    folder.chmod(0o700)
    key(folder / "host")
    key(folder / "user")
    shutil.copy(folder / "user.pub", folder / "authorized_keys")
    # Nobody else gets the port meanwhile: as long as only one listens, Linux lets two that ask for it have the same one.
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = (folder / "log").open("w")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        _wait(port, process, folder)
        yield Server(folder, port, process)
    finally:
        Server(folder, port, process).cut()
        process.terminate()
        process.wait(60)
        log.close()
        held.close()


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"sshd ended: {(folder / 'log').read_text()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    pytest.fail("sshd does not answer")


def _children(pid: int) -> list[int]:
    """Processes below `pid` that are sshd's own: those of commands go on."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                below = _children(int(entry.name))
                found += [int(entry.name), *below] if "sshd" in (entry / "comm").read_text() else below
    return found
