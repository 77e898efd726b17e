"""A machine with its own systemd and its own OpenSSH server, on loopback, in a root of Debian or Ubuntu.

With `SOUNDSTAGE_DEBIAN_ROOT=debootstrap` (`SOUNDSTAGE_UBUNTU_ROOT`) the root is made; otherwise it is copied from the folder named there,
which `debootstrap` made as it is called here. Needs the rights of root, and systemd-nspawn.
"""

import contextlib
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.images.sshd import key

from soundstage.images.ssh import Address

_INCLUDE = "openssh-server,ca-certificates,curl,systemd-sysv,dbus"


@dataclass(frozen=True)
class System:
    """Which system a root has, as `debootstrap` is asked for it."""

    variable: str
    options: tuple[str, ...]
    suite: str
    more: tuple[str, ...] = ()
    """The mirror, and which script it is made by: that of Debian's own package knows no Ubuntu so young."""
    keyring: Path | None = None


DEBIAN = System("SOUNDSTAGE_DEBIAN_ROOT", (f"--include={_INCLUDE}",), "bookworm")
UBUNTU = System(
    "SOUNDSTAGE_UBUNTU_ROOT",
    ("--components=main,universe", f"--include={_INCLUDE},udev,iproute2,procps"),
    "noble",
    ("http://archive.ubuntu.com/ubuntu", "gutsy"),
    Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
)


def refuse_where_none_boots() -> None:
    if os.getuid() != 0:
        pytest.skip("needs root, to make a machine")
    if not shutil.which("systemd-nspawn"):
        pytest.skip("needs systemd-nspawn")


def root_in(root: Path, system: System) -> None:
    """A root that has just been made, or a copy of one."""
    made = os.environ.get(system.variable)
    if not made:
        pytest.skip(f"takes a root from {system.variable}, or makes one where that is `debootstrap`, as in `make boot`")
    if made != "debootstrap":
        subprocess.run(["cp", "-a", "--reflink=auto", made, str(root)], check=True)
        return
    if not shutil.which("debootstrap"):
        pytest.skip(f"needs debootstrap, or a folder in {system.variable}")
    if system.keyring and not system.keyring.exists():
        pytest.skip(f"needs {system.keyring} (the package ubuntu-keyring), to know Ubuntu's packages by")
    signed = [f"--keyring={system.keyring}"] if system.keyring else []
    command = ["debootstrap", "--variant=minbase", *signed, *system.options, system.suite, str(root), *system.more]
    inside = {name: value for name, value in os.environ.items() if name not in {"TMPDIR", "TMP", "TEMP"}}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=inside)
    if done.returncode:
        pytest.skip(f"debootstrap made no root: {done.stdout.strip().splitlines()[-1:]}")


def _trust_as_here(root: Path) -> None:
    """Where this computer comes to the internet through somebody who shows certificates of their own, so does the machine: it has this
    computer's network. pip of Ubuntu 24.04 knows only those that it brings."""
    trusted = ssl.get_default_verify_paths().cafile
    if trusted:
        shutil.copy(trusted, root / "etc/ssl/certs/ca-certificates.crt")
        (root / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Address]:
    """The machine whose root is in the folder, for as long as the context lasts; nothing of the root is left afterwards."""
    root = folder / "root"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key(folder / "user")
    key(root / "etc/ssh/ssh_host_soundstage")
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(folder / "user.pub", root / "root/.ssh/authorized_keys")
    # Ubuntu has systemd listen for SSH, on a port of its own.
    for verb, unit in (("disable", "ssh.socket"), ("enable", "ssh.service")):
        subprocess.run(["systemctl", f"--root={root}", verb, unit], check=True, capture_output=True)
    (root / "etc/ssh/sshd_config.d/00-test.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey /etc/ssh/ssh_host_soundstage\n"
    )
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    _trust_as_here(root)
    (root / "etc/machine-id").write_text("")
    command = [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        "--register=no",
        "--keep-unit",
        "--resolv-conf=off",
        "-D",
        str(root),
    ]
    # Where systemd-nspawn cannot start the machine again by itself, as in a container, it ends at a restart: then it is started anew.
    again = f"until [ -e {shlex.quote(str(folder / 'over'))} ]; do {shlex.join(command)}; done"
    with (folder / "console").open("w") as log:
        process = subprocess.Popen(
            ["bash", "-c", again], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(port, process, folder / "console")
            yield Address(
                host="127.0.0.1",
                port=port,
                user="root",
                host_keys=((root / "etc/ssh/ssh_host_soundstage.pub").read_text(),),
                private_key=(folder / "user").read_text(),
                sudo=False,
            )
        finally:
            (folder / "over").touch()
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
            shutil.rmtree(root, ignore_errors=True)


def _wait(port: int, process: "subprocess.Popen[bytes]", console: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.skip(f"systemd-nspawn starts no machine here: {console.read_text()[-300:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the machine does not answer: {console.read_text()[-1000:]}")
