"""A recipe baked for real: a Debian root with its own systemd and its own OpenSSH server, from empty to verified, sealed and listed.

With `SOUNDSTAGE_DEBIAN_ROOT=debootstrap` the root is made; otherwise it is copied from the folder named there (one made with
`debootstrap --variant=minbase --include=openssh-server,ca-certificates,curl,systemd-sysv,dbus bookworm FOLDER`). Needs root and
systemd-nspawn; what the recipe installs comes from Debian's own servers.
"""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.images.sshd import key

from soundstage.images.apply import Titled, apply, refuse_unverified, verify
from soundstage.images.bill import bill_of, inventory
from soundstage.images.recipe import Check, Entry
from soundstage.images.recipes import parts, shipped
from soundstage.images.seal import SEALED, seal
from soundstage.images.ssh import Address, SshHost

pytestmark = [pytest.mark.boot, pytest.mark.slow]

INCLUDE = "openssh-server,ca-certificates,curl,systemd-sysv,dbus"
# From the recipes that are shipped: what a Debian root without a kernel of its own and without a GPU can be.
PARTS = ("linux-base", "audio-linux", "screen-virtual-linux")
OWN = [
    {"name": "media tools", "package": {"install": ["mediainfo"], "hold": True}},
    {"user": {"name": "dcv", "groups": ["video"], "system": True}},
    {"file": {"path": "/etc/modprobe.d/soundstage.conf", "content": "blacklist nouveau\n"}},
    {
        "name": "a service",
        "file": {
            "path": "/etc/systemd/system/soundstage-test.service",
            "content": "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n",
        },
    },
    {"service": {"name": "soundstage-test.service", "enabled": True, "running": True}},
    {
        "name": "restart once",
        "script": {"unless": "test -e /var/lib/once", "run": "touch /var/lib/once /run/restart-is-needed"},
    },
    {"reboot": {"unless": "test ! -e /run/restart-is-needed", "minutes": 3}},
]
CHECKS = [
    Check(name="the tool is there", run="mediainfo --version | head -1", expect="MediaInfo"),
    Check(name="the service came back with the restart", run="systemctl is-active soundstage-test", expect="^active$"),
    Check(name="the machine is up", run="systemctl is-system-running --wait || true", expect="running|degraded"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A Debian machine that has just been born."""
    if os.getuid() != 0:
        pytest.skip("needs root, to make a machine")
    if not shutil.which("systemd-nspawn"):
        pytest.skip("needs systemd-nspawn")
    folder = tmp_path_factory.mktemp("machine")
    root = folder / "root"
    _debian(root)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key(folder / "user")
    key(root / "etc/ssh/ssh_host_soundstage")
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(folder / "user.pub", root / "root/.ssh/authorized_keys")
    (root / "etc/ssh/sshd_config.d/00-test.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey /etc/ssh/ssh_host_soundstage\n"
    )
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    (root / "etc/machine-id").write_text("")
    log = (folder / "console").open("w")
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
        log.close()
        shutil.rmtree(root, ignore_errors=True)


def test_a_recipe_bakes_a_debian_root_from_empty_to_verified_and_a_second_run_changes_nothing(machine: Address) -> None:
    told: list[str] = []
    host = SshHost(lambda: machine, told.append)
    entries = [entry for name in PARTS for entry in parts()[name].steps] + [Entry.model_validate(one) for one in OWN]
    steps = [Titled(entry.title, entry.step) for entry in entries]  # type: ignore[arg-type]
    checks = [check for name in PARTS for check in parts()[name].verify] + CHECKS
    before = host.ask("cut -d ' ' -f 22 /proc/1/stat")
    try:
        first = apply(steps, host)
        assert "restart once" in first.changed
        assert "it restarts" in told
        assert host.ask("cut -d ' ' -f 22 /proc/1/stat") != before
        refuse_unverified(verify(checks, host, gpu=False))
        second = apply(steps, host)
        assert second.changed == ()
        bill = bill_of(shipped().named("edit-linux"), host.ask(inventory("debian")), {}, "debian", datetime.now(UTC))
        assert any(one["name"] == "mediainfo" for one in bill["components"])
        assert len(bill["components"]) > 100
        assert host.do(seal("debian"), lambda _line: None).status in (0, 137)
        assert host.ask(SEALED).split() == ["0", "0", "0"]
    finally:
        host.close()


def test_a_machine_that_was_sealed_lets_nobody_in(machine: Address) -> None:
    from soundstage.images.host import Unreachable

    with pytest.raises(Unreachable):
        SshHost(lambda: replace(machine), return_seconds=0).ask("true")


def _debian(root: Path) -> None:
    made = os.environ.get("SOUNDSTAGE_DEBIAN_ROOT")
    if not made:
        pytest.skip(
            "takes a Debian root from SOUNDSTAGE_DEBIAN_ROOT, or makes one where that is `debootstrap`, as in `make boot`"
        )
    if made != "debootstrap":
        subprocess.run(["cp", "-a", "--reflink=auto", made, str(root)], check=True)
        return
    if not shutil.which("debootstrap"):
        pytest.skip("needs debootstrap, or a folder in SOUNDSTAGE_DEBIAN_ROOT")
    command = ["debootstrap", "--variant=minbase", f"--include={INCLUDE}", "bookworm", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"debootstrap made no Debian root: {done.stdout.strip().splitlines()[-1:]}")


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
