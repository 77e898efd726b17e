"""AWS's own Session Manager plugin against the simulated gateway: the witness that what we speak is what AWS speaks."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sessions.machines import CallsOf
from tests.sessions.test_sessions_with_a_machine import get

from soundstage.sessions.session import Request

BOUND = 60.0
PLUGIN = shutil.which("session-manager-plugin")
RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"

pytestmark = pytest.mark.skipif(PLUGIN is None, reason="AWS's session-manager-plugin is not on PATH")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def plugin(calls: CallsOf, request: Request, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A session in the hands of the plugin, which is told of it as the AWS CLI does: the token in a variable."""
    grant = calls.start(request)
    told = {"SessionId": grant.session, "TokenValue": grant.token, "StreamUrl": grant.url}
    asked = {
        "Target": request.target,
        "DocumentName": request.document,
        "Parameters": {name: list(values) for name, values in request.parameters.items()},
    }
    words = [str(PLUGIN), RESPONSE, "eu-west-1", "StartSession", "", json.dumps(asked), calls.cloud.url]
    environment = {**os.environ, RESPONSE: json.dumps(told), **calls.cloud.environment()}
    with (folder / "plugin.log").open("wb") as log:
        # A pipe that says nothing: it ends a session of a program when there is nobody to type.
        running = subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(10)
        running.kill()
        running.communicate()


def test_the_plugin_carries_many_connections_to_the_display(calls: CallsOf, machine: str, tmp_path: Path) -> None:
    local = free_port()
    parameters = {"portNumber": ["8443"], "localPortNumber": [str(local)]}
    with plugin(calls, Request(machine, "AWS-StartPortForwardingSession", parameters), tmp_path) as running:
        deadline, status = time.monotonic() + BOUND, 0
        while status != 401:
            assert running.poll() is None, (tmp_path / "plugin.log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "plugin.log").read_text()
            with contextlib.suppress(OSError):
                status, _ = get(local)
            time.sleep(0.05)
        assert [len(get(local, "/client.js")[1]) for _ in range(2)] == [1 << 20] * 2


def test_the_plugin_runs_the_one_program_of_a_machine(calls: CallsOf, machine: str, tmp_path: Path) -> None:
    with plugin(calls, Request(machine, "login", {"way": ["display"]}), tmp_path) as running:
        running.wait(BOUND)
    assert b"soundstage-login {" in (tmp_path / "plugin.log").read_bytes()
