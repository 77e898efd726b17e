"""A recipe baked for real: a Debian root with its own systemd and its own OpenSSH server, from empty to verified, sealed and listed.

What the recipe installs comes from Debian's own servers. See `tests/images/booted.py` for what it needs.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.images.booted import DEBIAN, booted, refuse_where_none_boots, root_in

from soundstage.images.apply import Titled, apply, refuse_unverified, verify
from soundstage.images.bill import bill_of, inventory
from soundstage.images.recipe import Check, Entry
from soundstage.images.recipes import parts, shipped
from soundstage.images.seal import SEALED, seal
from soundstage.images.ssh import Address, SshHost

pytestmark = [pytest.mark.boot, pytest.mark.slow]

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
    folder = tmp_path_factory.mktemp("machine")
    refuse_where_none_boots()
    root_in(folder / "root", DEBIAN)
    with booted(folder) as address:
        yield address


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
