"""Run as a program of its own: waits for command lines and runs each in a fork, with death on the way when asked for.

A fork costs no import, so hundreds of commands can be killed in the time that a dozen interpreters take to start; nor does it read
again what AWS publishes of its services, a quarter of what a command does. One job per line of JSON on stdin, one answer per line on
stdout. Where a command can die: `points`.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi_aws  # noqa: F401 - every child finds it imported
from points import Points

import soundstage.engines.embedded.monitor
import soundstage.engines.embedded.program
import soundstage.stacks.deployment
import soundstage.stacks.programs.aws.project
import soundstage.stacks.programs.aws.studio  # noqa: F401 - every child finds it imported
from soundstage.cli.main import main
from soundstage.simulator.aws import clients
from soundstage.simulator.process import DEFAULT_REGION, Endpoint

LOADED_LATE = (
    "soundstage.cli",
    "soundstage.policies",
    "soundstage.pricing",
    "soundstage.providers.aws",
    "soundstage.stacks",
)
"""Packages whose modules a command loads when it comes to need them."""
OTHERS_LOADED_LATE = ("accessanalyzer", "costexplorer", "dlm", "kms")


def load(services: Sequence[str]) -> None:
    """Do once what every child would do for itself, and what has to do with no folder, credential or setting."""
    for name in LOADED_LATE:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not {"gcp", "google", "__main__"} & set(found.name.split(".")):
                importlib.import_module(found.name)
    for name in OTHERS_LOADED_LATE:
        importlib.import_module(f"pulumi_aws.{name}")
    nobody = Endpoint("http://127.0.0.1:1", "nobody", "nothing", DEFAULT_REGION, "", 0)
    for service in services:
        clients.client(nobody, service, DEFAULT_REGION)


def child(job: dict[str, Any]) -> int:
    """Run one command line. Returns its exit code."""
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
    Points(Path(job["trace"]), job["at"], job["signals"], job["aims"]).install()
    code = main(job["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
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
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from tests import no_power_cut

    no_power_cut.expected()
    if sys.argv[1:]:
        from tests.forked_clouds import SERVICES, by_fork

        by_fork(lambda: sys.argv[1])
        load(SERVICES)
    # The collector of garbage goes through it in no child, and so copies none of its memory.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
