"""Run as a program of its own: waits for command lines and runs each in a fork, with death on the way when asked for.

A fork costs no import, so hundreds of commands can be killed in the time that a dozen interpreters take to start. One job
per line of JSON on stdin, one answer per line on stdout. A *moment* is a line written to a journal, a checkpoint written,
or a call that changes the cloud, each before and after; at moment `at` the child sends itself `signals`.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pulumi_aws  # noqa: F401 - every child finds it imported
from botocore.client import BaseClient

import soundstage.stacks.deployment
import soundstage.stacks.engines.monitor
import soundstage.stacks.engines.program
import soundstage.stacks.project
import soundstage.stacks.studio  # noqa: F401 - every child finds it imported
from soundstage.cli.main import main
from soundstage.stacks.engines import checkpoint, journal

_READING = ("Describe", "Get", "List", "Head")


class Moments:
    """Counts the moments of one child, and strikes at one of them."""

    def __init__(self, at: int, signals: list[int]) -> None:
        self.count = 0
        self._at = at
        self._signals = signals

    def __call__(self) -> None:
        self.count += 1
        if self.count == self._at:
            for number in self._signals:
                os.kill(os.getpid(), number)
                time.sleep(0.3)  # two at once would be one: the first has to be heard before the second

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with a moment before and one after it."""

        def wrapped(*arguments: Any, **named: Any) -> Any:
            self()
            result = function(*arguments, **named)
            self()
            return result

        return wrapped


def watch(moments: Moments) -> None:
    """Let everything that must not get lost be preceded and followed by a moment."""
    journal.Journal.append = moments.around(journal.Journal.append)  # type: ignore[method-assign]
    checkpoint.write = moments.around(checkpoint.write)
    call: Callable[..., Any] = BaseClient._make_api_call
    counted = moments.around(call)

    def make(self: BaseClient, operation: str, params: Any) -> Any:
        chosen = call if operation.startswith(_READING) else counted
        return chosen(self, operation, params)

    BaseClient._make_api_call = make  # type: ignore[method-assign]


def child(job: dict[str, Any]) -> int:
    """Run one command line. Returns its exit code."""
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
    moments = Moments(job["at"], job["signals"])
    watch(moments)
    code = main(job["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    with open(job["count"], "w") as file:
        file.write(str(moments.count))
    return code


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job in a fork, for at most `seconds`."""
    pid = os.fork()
    if pid == 0:
        code = 70
        with contextlib.suppress(BaseException):
            code = child(job)
        os._exit(code)
    deadline = time.monotonic() + job["seconds"]
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return {"code": os.waitstatus_to_exitcode(status)}
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return {"code": None}
        time.sleep(0.01)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
