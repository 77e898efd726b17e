"""Simulated clouds by a fork: run as a program, this has everything imported that the server of a simulated cloud needs, and forks
one for each that is asked for.

A server is a process of its own as ever, with its own folder, port, credentials and environment. What it does not do is import moto
anew, which takes longer than most of what is asked of it, and to go on when the tests have ended. Tests of how the process begins have the genuine one
(`a_process_of_its_own`).
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from soundstage.simulator import process

SERVICES: Final = (
    "accessanalyzer", "budgets", "ce", "cloudtrail", "cloudwatch", "dlm", "ec2", "iam", "kms", "logs", "resourcegroupstaggingapi",
    "s3", "s3control", "scheduler", "service-quotas", "sns", "ssm", "sts",
)  # fmt: skip
"""Those that a project asks, whose published models every server would read."""


class Forked:
    """What `process` needs to know of the process that it began."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return None
        return 1

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        return 1


_genuine: Final = process._begin


def by_fork(address: Callable[[], str]) -> None:
    """From now on this process begins simulated clouds by a fork of the process at `address()`."""

    def begin(folder: Path, port: str, front: str, environment: Mapping[str, str], log: int) -> Any:
        if front not in (process.AWS_FRONT, process.GOOGLE_FRONT):
            return _genuine(folder, port, front, environment, log)
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(address())
            job = {"folder": str(folder), "port": port, "front": front, "environment": dict(environment)}
            socket.send_fds(line, [json.dumps(job).encode()], [log])
            return Forked(int(line.recv(32)))

    process._begin = begin


@contextlib.contextmanager
def a_process_of_its_own() -> Iterator[None]:
    """Within, a simulated cloud begins as it does for a person."""
    here, process._begin = process._begin, _genuine
    try:
        yield
    finally:
        process._begin = here


@contextlib.contextmanager
def forking() -> Iterator[str]:
    """A process that forks clouds, ended at the end. Gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"{folder}/forks"
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(address)
            door.listen(16)
            # It ends with us, however we end: then its standard input does. Ctrl-C is for us alone.
            running = subprocess.Popen(
                [sys.executable, "-P", __file__, str(door.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[door.fileno()],
                start_new_session=True,
            )
        try:
            yield address
        finally:
            assert running.stdin
            running.stdin.close()
            running.wait()


def _serve(job: Mapping[str, Any], log: int, aws: Any) -> int:
    """In the fork: be the server of a folder, with `aws` in the place of a simulated AWS that is made anew."""
    from soundstage.simulator import clouds, server
    from soundstage.simulator.aws import moto_backend

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _end_with(os.dup(0))
    for stream, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(source, stream)
        os.close(source) if source != log else None
    os.close(log)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])

    def made(port: int, operator: Any) -> Any:
        os.environ.update(moto_backend._SETTINGS)
        aws._backend._port, aws._operator = port, operator
        return aws

    vars(clouds)["front_named"] = lambda _: made
    sys.argv = ["server", job["folder"], job["port"], job["front"]]
    return server.main()


def _end_with(line: int) -> None:
    """Let this server end when the process of the tests has: nobody else would end it for hours where that was killed. `line` is the
    other end of what it holds open."""

    def wait() -> None:
        os.read(line, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _bury(*_: object) -> None:
    """Take note of every fork that has ended, so that its id is free."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    """Fork a server for each caller, until standard input ends."""
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from tests import no_power_cut

    no_power_cut.files_only()
    from soundstage.simulator.clouds import BothClouds
    from soundstage.simulator.orders import Operator

    both = BothClouds(0, Operator("", "", ""))
    both.import_services()
    both.make_services()
    from moto.core.utils import get_service_model  # not sooner: the simulated cloud says first how moto is set up

    for service in SERVICES:
        get_service_model(service)
    signal.signal(signal.SIGCHLD, _bury)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as door:
        while select.select([door, sys.stdin], [], [])[0] == [door]:
            line, _ = door.accept()
            said, (log,), _, _ = socket.recv_fds(line, 65536, 1)
            pid = os.fork()
            if pid == 0:
                code = 70
                try:
                    line.close()
                    door.close()
                    code = _serve(json.loads(said), log, both._aws)
                    sys.stdout.flush()
                finally:
                    os._exit(code)
            os.close(log)
            line.send(str(pid).encode())
            line.close()


if __name__ == "__main__":
    main()
