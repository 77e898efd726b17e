"""The part with Selkies on a genuine Ubuntu 24.04: installed over SSH, started, and a picture for whoever shows the machine's token.

A virtual screen stands in for the desktop and its display manager, which need a screen or a GPU. Port 8443 of this computer must be free:
the machine has this computer's network.
"""

import asyncio
import base64
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Iterator

import pytest
from tests.images.booted import UBUNTU, booted, refuse_where_none_boots, root_in
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from soundstage.components.boot.login import PROGRAM, read_display
from soundstage.components.boot.sources import source
from soundstage.components.ports import DCV
from soundstage.images.apply import Titled, apply, refuse_unverified, verify
from soundstage.images.recipe import Entry
from soundstage.images.recipes import parts
from soundstage.images.ssh import SshHost

pytestmark = [pytest.mark.boot, pytest.mark.slow]

PORT = DCV[0].number
BOUND = 120.0
SCREEN = """[Unit]
Description=A virtual screen in the place of the display manager
[Service]
User=ana
ExecStartPre=+/bin/sh -c 'install -d -o ana -m 0700 /run/user/$(id -u ana) /run/user/$(id -u ana)/gdm'
ExecStartPre=/bin/sh -c 'xauth -f /run/user/$(id -u)/gdm/Xauthority add :0 . $(openssl rand -hex 16)'
ExecStart=/bin/sh -c 'exec Xvfb :0 -screen 0 1920x1080x24 -auth /run/user/$(id -u)/gdm/Xauthority'
[Install]
WantedBy=multi-user.target
"""
WORK = [
    {"name": "the screen", "package": {"install": ["xvfb", "xauth", "x11-xserver-utils", "x11-apps"]}},
    {"user": {"name": "ana", "groups": ["video"]}},
    {"file": {"path": "/etc/soundstage/person", "content": "ana\n"}},
    {"file": {"path": PROGRAM, "mode": "0755", "content": source("login.sh")}},
    {"file": {"path": "/etc/systemd/system/display-manager.service", "content": SCREEN}},
    {"service": {"name": "display-manager.service", "enabled": True, "running": True}},
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    refuse_where_none_boots()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind(("0.0.0.0", PORT))
        except OSError:
            pytest.skip(f"needs port {PORT} of this computer")
    folder = tmp_path_factory.mktemp("selkies")
    root_in(folder / "root", UBUNTU)
    with booted(folder) as address:
        host = SshHost(lambda: address)
        try:
            yield host
        finally:
            host.close()


def steps() -> list[Titled]:
    entries = [*parts()["display-selkies"].steps, *(Entry.model_validate(one) for one in WORK)]
    return [Titled(entry.title, entry.step) for entry in entries]  # type: ignore[arg-type]


def test_selkies_shows_a_picture_to_whoever_has_the_token_of_the_machine(machine: SshHost) -> None:
    apply(steps(), machine, lambda told: print(told.text) if told.text else None)  # shown where a step fails
    refuse_unverified(verify(parts()["display-selkies"].verify, machine, gpu=False))
    assert apply(steps(), machine).changed == ()
    machine.ask("systemctl restart soundstage-display.service")
    _until_it_listens()
    given = read_display(machine.ask(f"{PROGRAM} display").encode())
    assert given.parameter == "token"
    assert ssl_fingerprint() == given.certificate

    assert asyncio.run(seen(given.token)) == "a picture"
    assert asyncio.run(seen("x" * 64)) == "closed"

    later = read_display(machine.ask(f"{PROGRAM} display").encode())
    assert asyncio.run(seen(given.token)) == "closed"
    assert asyncio.run(seen(later.token)) == "a picture"
    hold = os.environ.get("SOUNDSTAGE_HOLD_THE_DISPLAY")
    if hold:  # for whoever wants to look at it
        print(f"https://localhost:{PORT}/?token={later.token}", flush=True)
        time.sleep(float(hold))

    # Nobody is there: what takes the token back may not wait for a minute here.
    over = "sed 's/left=60/left=10/' /usr/local/sbin/soundstage-display-over | bash"
    machine.ask(f"systemctl stop soundstage-display-over.service; {over}; sleep 3")
    assert asyncio.run(seen(later.token)) == "closed"


async def seen(token: str) -> str:
    """What somebody sees who comes with this token: `a picture`, or `closed`."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    shown = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    asks = [Subprotocol("selkies"), Subprotocol(f"selkies.token.{shown}")]
    with contextlib.suppress(ConnectionClosed):
        async with (
            asyncio.timeout(BOUND),
            connect(f"wss://127.0.0.1:{PORT}/api/websockets", ssl=context, subprotocols=asks, max_size=None) as line,
        ):
            await line.send('SETTINGS,{"displayId": "primary", "initialClientWidth": 1280, "initialClientHeight": 720}')
            async for message in line:
                # Of the kinds of binary messages 3 is a picture in JPEG, 4 one of H.264 (2.1.0, websockets_mode.py).
                if isinstance(message, bytes) and len(message) > 100:
                    return "a picture"
    return "closed"


def ssl_fingerprint() -> str:
    import hashlib

    pem = ssl.get_server_certificate(("127.0.0.1", PORT))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _until_it_listens() -> None:
    deadline = time.monotonic() + BOUND
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "Selkies does not answer"
            time.sleep(0.2)
        else:
            return
