"""Our client through the simulated relay of Identity-Aware Proxy, in front of a genuine OpenSSH server and a page."""

import asyncio
import contextlib
import getpass
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.sessions.google_machines import PLACE, P, Z, ask, new_machine, port_of, relay_of
from tests.sessions.test_sessions_with_a_machine import get

from soundstage.core.errors import UsageError
from soundstage.sessions.iap.frames import Close
from soundstage.sessions.iap.relay import Port, Refused, Service
from soundstage.sessions.iap.way import IapRoute
from soundstage.sessions.route import Forwarded
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint

BOUND = 60.0
MESSAGE = "iap:tunnel.message"
ANA = "user:ana@studio.example"

needs_openssh = pytest.mark.skipif(
    not (shutil.which("ssh") and shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="OpenSSH's client and server are not installed on this machine",
)


@pytest.fixture
def google(cloud: Endpoint) -> Endpoint:
    new_machine(cloud)
    return cloud


def route(google: Endpoint, number: int, caller: str = "owner", instance: str = "edit-1") -> IapRoute:
    return IapRoute(relay_of(google, caller), port_of(number, instance))


def refused(way: IapRoute) -> Refused:
    async def knock() -> None:
        async with asyncio.timeout(BOUND):
            await way.knock()

    with pytest.raises(Refused) as found:
        asyncio.run(knock())
    return found.value


@contextlib.asynccontextmanager
async def forwarded(google: Endpoint, number: int, *said: list[str]) -> AsyncIterator[Forwarded]:
    tell = said[0].append if said else (lambda _: None)
    async with asyncio.timeout(BOUND), route(google, number).tunnel(tell=tell) as (made, _):
        yield made


def cut(home: Path, *after: int, kind: str = "connection-lost") -> None:
    """Break the websocket at these frames, counted from now."""
    process.set_faults(home, [FaultRule(MESSAGE, kind, 1, each) for each in after])


def let_in(google: Endpoint, folder: Path) -> Path:
    """A key that OS Login lets in for ten minutes."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    until = str(int((time.time() + 600) * 1e6))
    ask(
        google, "oslogin.users.importSshPublicKey", parent="users/owner@studio.example", key=key.with_suffix(".pub").read_text(),
        expirationTimeUsec=until,
    )  # fmt: skip
    return key


async def ssh(port: int, key: Path, command: str, content: bytes = b"") -> tuple[int, bytes]:
    options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR", "IdentitiesOnly=yes"]
    words = ["ssh", "-F", "/dev/null", *(f"-o{one}" for one in options), "-i", str(key), "-p", str(port)]
    words += [f"{getpass.getuser()}@127.0.0.1", command]
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
    output, _ = await running.communicate(content)
    return running.returncode or 0, output


@needs_openssh
@pytest.mark.parametrize("kind", ["connection-lost", "lost-answer"])
def test_no_byte_is_lost_while_the_line_is_cut_again_and_again(
    google: Endpoint, cloud_home: Path, tmp_path: Path, kind: str
) -> None:
    content, said = os.urandom(900_000), list[str]()
    key = let_in(google, tmp_path)

    async def there_and_back() -> tuple[int, bytes, Forwarded]:
        async with forwarded(google, 22, said) as made:
            cut(cloud_home, 4, 15, 15, 30, 45, 60, kind=kind)
            code, output = await ssh(made.port, key, "cat", content)
            await asyncio.sleep(0)
        return code, output, made

    code, output, made = asyncio.run(there_and_back())
    assert (code, hashlib.sha256(output).hexdigest()) == (0, hashlib.sha256(content).hexdigest())
    assert made.totals.websockets > made.totals.sessions == 1
    assert "The connection was lost; taking it up again." in said
    assert "The connection is back." in said


def test_many_connections_to_the_display_at_once_stay_apart(google: Endpoint) -> None:
    async def fetch() -> tuple[list[tuple[int, bytes]], Forwarded]:
        async with forwarded(google, 8443) as made:
            loop, own = asyncio.get_running_loop(), ThreadPoolExecutor(6)  # the loop's own threads fetch tokens
            with own:
                asked = (loop.run_in_executor(own, get, made.port, "/client.js") for _ in range(6))
                found = await asyncio.gather(*asked)
        return found, made

    found, made = asyncio.run(fetch())
    assert [len(body) for _, body in found] == [1 << 20] * 6
    assert made.totals.sessions == 6
    assert made.totals.received_bytes > 6 << 20


def test_a_display_is_fetched_whole_while_the_line_is_cut(google: Endpoint, cloud_home: Path) -> None:
    async def fetch() -> tuple[int, bytes]:
        async with forwarded(google, 8443) as made:
            cut(cloud_home, 10, 20, 30)
            return await asyncio.to_thread(get, made.port, "/client.js")

    status, body = asyncio.run(fetch())
    assert (status, len(body)) == (200, 1 << 20)


def test_a_connection_that_the_machine_closes_is_closed_here(google: Endpoint) -> None:
    async def greeting() -> bytes:
        async with forwarded(google, 22) as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            writer.write(b"this is no SSH\r\n\r\n")
            found = await reader.read()  # to its end
            writer.close()
            return found

    assert asyncio.run(greeting()).startswith(b"SSH-2.0-")


def test_a_machine_that_stops_ends_its_connections(google: Endpoint) -> None:
    async def stopped() -> bytes:
        async with forwarded(google, 22) as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            await reader.readline()
            await asyncio.to_thread(ask, google, "compute.instances.stop", **PLACE)
            found = await reader.read()
            writer.close()
            return found

    assert asyncio.run(stopped()) == b""


REFUSALS: dict[str, tuple[Callable[[Endpoint], object], tuple[Any, ...], int, str]] = {
    "a-port-that-the-firewall-keeps-closed": (lambda _: None, (80,), Close.NOTHING_ANSWERS, "failed to connect"),
    "a-machine-that-is-not-there": (lambda _: None, (22, "owner", "nope"), Close.NO_MACHINE, "Failed to lookup"),
    "a-machine-that-is-stopped": (
        lambda cloud: ask(cloud, "compute.instances.stop", **PLACE), (22,), Close.NOTHING_ANSWERS, "failed to connect",
    ),
    "a-firewall-rule-that-was-taken-away": (
        lambda cloud: ask(cloud, "compute.firewalls.delete", project=P, firewall="iap"), (22,), Close.NOTHING_ANSWERS, "failed",
    ),
    "an-api-that-is-switched-off": (
        lambda cloud: ask(cloud, "serviceusage.services.disable", name=f"projects/{P}/services/iap.googleapis.com"), (22,), 403,
        "SERVICE_DISABLED",
    ),
    "a-person-without-the-permission": (lambda _: None, (22, ANA), Close.NOT_ALLOWED, "not authorized"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSALS)
def test_no_connection_is_made_and_the_reason_is_told_for(why: str, google: Endpoint, cloud_home: Path) -> None:
    happens, asked, code, reason = REFUSALS[why]
    happens(google)
    process.set_enforcement(cloud_home, True)
    try:
        error = refused(route(google, *asked))
    finally:
        process.set_enforcement(cloud_home, False)
    assert error.code == code
    assert reason in error.reason


def test_a_token_that_nobody_gave_is_turned_away(google: Endpoint) -> None:
    way = IapRoute(Service(relay_of(google).address, lambda: "stolen"), port_of(22))
    assert refused(way).code == 401


def test_a_project_that_is_not_there_is_told(google: Endpoint) -> None:
    assert refused(IapRoute(relay_of(google), Port("another-studio", Z, "edit-1", 22))).code == 403


def test_a_permission_with_a_condition_on_the_port_opens_that_port_alone(google: Endpoint, cloud_home: Path) -> None:
    binding = {
        "role": "roles/iap.tunnelResourceAccessor", "members": [ANA],
        "condition": {"title": "ssh", "expression": "destination.port == 22"},
    }  # fmt: skip
    policy = {"version": 3, "bindings": [binding]}
    resource = f"projects/{P}/iap_tunnel/zones/{Z}/instances/edit-1"
    ask(google, "iap.setIamPolicy", resource=resource, body={"policy": policy})
    process.set_enforcement(cloud_home, True)
    try:
        asyncio.run(route(google, 22, ANA).knock())
        assert refused(route(google, 8443, ANA)).code == Close.NOT_ALLOWED
    finally:
        process.set_enforcement(cloud_home, False)


@needs_openssh
def test_a_key_that_is_over_lets_nobody_in(google: Endpoint, cloud_home: Path, tmp_path: Path) -> None:
    key = let_in(google, tmp_path)

    async def tried() -> tuple[int, bytes]:
        async with forwarded(google, 22) as made:
            return await ssh(made.port, key, "echo in")

    assert asyncio.run(tried()) == (0, b"in\n")
    process.turn_clock(cloud_home, 700)
    assert asyncio.run(tried()) == (255, b"")


def test_another_persons_connection_cannot_be_taken_up(google: Endpoint) -> None:
    """The id of a connection is no secret that lets somebody in: it goes with whoever made it."""
    from soundstage.sessions.iap.relay import Relay, opened

    async def ignored(_content: bytes) -> None:
        return

    async def stolen() -> str:
        async with asyncio.timeout(BOUND):
            first = Relay(relay_of(google), port_of(22), ignored)
            async with opened(first):
                thief = Relay(relay_of(google, ANA), port_of(22), ignored)
                thief._id = first._id
                await thief.hold()
                return thief.reason

    assert asyncio.run(stolen()) == "sid unknown"


def test_what_a_browser_held_open_stayed_so_after_ctrl_c(google: Endpoint) -> None:
    """The tunnel's end waited for it: for ever, from Python 3.12 on."""
    lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def until_ctrl_c() -> None:
        async with route(google, 22).tunnel() as (made, holding):
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            lines.append((reader, writer))
            await reader.readline()
            asyncio.get_running_loop().call_soon(holding.cancel)
            await holding

    async def interrupted() -> None:
        async with asyncio.timeout(BOUND):
            await asyncio.gather(asyncio.create_task(until_ctrl_c()), return_exceptions=True)
            ((reader, writer),) = lines
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(interrupted())


def test_a_port_of_this_computer_that_is_taken_is_told(google: Endpoint) -> None:
    async def twice() -> None:
        async with forwarded(google, 8443) as made, route(google, 8443).tunnel(port=made.port):
            pass

    with pytest.raises(UsageError, match="is taken by another program"):
        asyncio.run(twice())
