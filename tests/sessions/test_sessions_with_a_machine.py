"""Our client against the simulated gateway, in front of a genuine OpenSSH server and a page."""

import asyncio
import contextlib
import hashlib
import http.client
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.sessions.machines import CallsOf

from soundstage.components.boot.login import read_display, read_shell
from soundstage.core.errors import SessionError, UsageError
from soundstage.sessions.channel import PAYLOAD
from soundstage.sessions.pipe import pipe
from soundstage.sessions.program import run_program
from soundstage.sessions.session import Request, silent
from soundstage.sessions.tunnel import Tunnel, tunnel
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

BOUND = 60.0
FORWARD = "AWS-StartPortForwardingSession"

needs_openssh = pytest.mark.skipif(
    not (shutil.which("ssh") and shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="OpenSSH's client and server are not installed on this machine",
)


def cut(home: Path, *after: int, kind: str = "connection-lost") -> None:
    """Break the websocket at these frames, counted from now."""
    process.set_faults(home, [FaultRule("ssmmessages:Message", kind, 1, each) for each in after])


def get(port: int, path: str = "/", timeout: float = BOUND) -> tuple[int, bytes]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextlib.asynccontextmanager
async def forwarded(calls: CallsOf, machine: str, port: int, *said: list[str]) -> AsyncIterator[Tunnel]:
    tell = said[0].append if said else (lambda _: None)
    request = Request(machine, FORWARD, {"portNumber": [str(port)]})
    async with asyncio.timeout(BOUND), tunnel(calls, request, tell=tell) as (made, _):
        yield made


def test_the_display_of_a_machine_answers_behind_a_tunnel(calls: CallsOf, machine: str) -> None:
    async def scene() -> None:
        async with forwarded(calls, machine, 8443) as made:
            status, body = await asyncio.to_thread(get, made.port)
            assert status == 401
            assert b"is a simulated machine" in body
            many = await asyncio.gather(*(asyncio.to_thread(get, made.port, "/client.js") for _ in range(4)))
            assert {len(body) for _, body in many} == {1 << 20}
        assert calls.open_sessions() == []

    asyncio.run(scene())


def test_the_token_of_a_login_opens_the_display_once(calls: CallsOf, machine: str) -> None:
    async def scene() -> None:
        printed = await run_program(calls, Request(machine, "login", {"way": ["display"]}))
        way = read_display(printed.output)
        async with forwarded(calls, machine, 8443) as made:
            status, body = await asyncio.to_thread(get, made.port, f"/?authToken={way.token}")
            assert status == 200
            assert f"signed in as {way.user}".encode() in body
            assert (await asyncio.to_thread(get, made.port, f"/?authToken={way.token}"))[0] == 401
            pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", made.port))
            assert hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() == way.certificate

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["connection-lost", "lost-answer"])
def test_a_page_comes_whole_when_the_line_is_cut_again_and_again(
    calls: CallsOf, machine: str, cloud_home: Path, kind: str
) -> None:
    async def scene() -> None:
        async with forwarded(calls, machine, 8443) as made:
            cut(cloud_home, *range(40, 2000, 160), kind=kind)
            status, body = await asyncio.to_thread(get, made.port, "/client.js")
            assert (status, len(body)) == (200, 1 << 20)
            assert made.totals.sessions == 1
        assert calls.resumed >= 10

    asyncio.run(scene())


@pytest.mark.parametrize("number", range(14))
def test_a_session_cut_at_its_first_messages_opens_nevertheless(
    calls: CallsOf, machine: str, cloud_home: Path, number: int
) -> None:
    async def scene() -> None:
        cut(cloud_home, number)
        async with forwarded(calls, machine, 8443) as made:
            assert (await asyncio.to_thread(get, made.port))[0] == 401

    asyncio.run(scene())


def test_a_port_that_nothing_listens_on_closes_the_connection(calls: CallsOf, machine: str) -> None:
    async def scene() -> None:
        async with forwarded(calls, machine, 9999) as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            assert await reader.read() == b""
            writer.close()

    asyncio.run(scene())


def test_a_session_that_ended_is_replaced_behind_the_same_port(calls: CallsOf, machine: str) -> None:
    async def scene() -> None:
        said: list[str] = []
        async with forwarded(calls, machine, 8443, said) as made:
            assert (await asyncio.to_thread(get, made.port))[0] == 401
            calls.terminate(calls.started[0])
            while len(calls.started) < 2:
                await asyncio.sleep(0.02)
            assert (await asyncio.to_thread(get, made.port))[0] == 401
        assert any("new session" in one for one in said)
        assert calls.open_sessions() == []

    asyncio.run(scene())


def test_a_local_port_that_is_taken_is_said_and_a_preferred_one_is_not_needed(calls: CallsOf, machine: str) -> None:
    async def scene() -> None:
        request = Request(machine, FORWARD, {"portNumber": ["8443"]})
        async with forwarded(calls, machine, 8443) as made:
            with pytest.raises(UsageError, match="is taken by another program"):
                async with tunnel(calls, request, port=made.port):
                    pass
            async with tunnel(calls, request, preferred=made.port) as (other, _):
                assert other.port != made.port

    asyncio.run(scene())


def test_a_program_that_the_machine_has_not_is_refused_in_words(calls: CallsOf, machine: str) -> None:
    with pytest.raises(SessionError, match="InvalidParameters"):
        asyncio.run(run_program(calls, Request(machine, "login", {"way": ["root; id"]})))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    return tmp_path / "key"


async def ssh(calls: CallsOf, machine: str, key: Path, *command: str, data: bytes = b"") -> tuple[int, bytes, bytes]:
    """Run a command on the machine by the genuine client, its host key known from the machine's own program."""
    public = key.with_suffix(".pub").read_text().split()[1]
    way = read_shell((await run_program(calls, Request(machine, "login", {"way": ["ssh"], "key": [public]}))).output)
    known = key.with_name("known")
    known.write_text("".join(f"{machine} {each}\n" for each in way.host_keys))
    done: list[str] = []

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done.append(await pipe(calls, Request(machine, "AWS-StartSSHSession"), reader, writer))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    async with server:
        options = (
            f"Port={server.sockets[0].getsockname()[1]}",
            f"UserKnownHostsFile={known}",
            f"HostKeyAlias={machine}",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            f"User={way.user}",
        )
        client = await asyncio.create_subprocess_exec(
            "ssh", "-F", os.devnull, "-i", str(key), *(f"-o{each}" for each in options), "127.0.0.1", *command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(client.communicate(data), BOUND)
    return client.returncode or 0, out, err


@needs_openssh
def test_a_command_runs_on_the_machine_by_genuine_ssh(calls: CallsOf, machine: str, key: Path) -> None:
    code, out, err = asyncio.run(ssh(calls, machine, key, "echo out; echo err >&2; exit 7"))
    assert (code, out) == (7, b"out\n"), err
    assert b"err" in err


@needs_openssh
@pytest.mark.parametrize("kind", ["connection-lost", "lost-answer"])
def test_what_goes_up_and_comes_down_by_ssh_is_the_same_after_cuts(
    calls: CallsOf, machine: str, key: Path, cloud_home: Path, kind: str
) -> None:
    data = os.urandom(1 << 20)
    cut(cloud_home, *range(60, 5000, 220), kind=kind)
    code, out, err = asyncio.run(ssh(calls, machine, key, "cat", data=data))
    assert code == 0, err
    assert hashlib.sha256(out).hexdigest() == hashlib.sha256(data).hexdigest()
    assert calls.resumed > 5


@needs_openssh
def test_a_key_that_was_not_let_in_is_refused(calls: CallsOf, machine: str, key: Path, tmp_path: Path) -> None:
    asyncio.run(ssh(calls, machine, key, "true"))
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    shutil.copy(key.with_suffix(".pub"), other.with_suffix(".pub"))  # lets the first key in, and shows the second
    code, _, err = asyncio.run(ssh(calls, machine, other, "true"))
    assert code == 255
    assert b"ermission denied" in err


def test_a_connection_that_no_session_took_stayed_open_when_the_tunnel_closed(calls: CallsOf, machine: str) -> None:
    async def scene() -> None:
        made = Tunnel(calls, Request(machine, FORWARD), silent, BOUND, PAYLOAD)
        async with asyncio.timeout(BOUND), await asyncio.start_server(made.accept, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            while not made.connections:
                await asyncio.sleep(0)
            await made.close()
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    asyncio.run(scene())
