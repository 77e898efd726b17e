"""What runs for long or holds much stays as small as it is: the server, the command, the state. `make soak` runs it."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from stage import Stage

from soundstage.simulator import process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("SOUNDSTAGE_SOAK"), reason="minutes long; `make soak` runs it"),
]

FILE = "walk.yaml"
ROUNDS = 30
WARM = 6
"""Rounds after which everything that is loaded once has been loaded."""
MANY = 500


def write(stage: Stage, machines: int, size: str = "small", more: str = "") -> None:
    lines = [f"  edit-{number}: {{for: editing, size: {size}}}\n" for number in range(machines)]
    (stage.folder / FILE).write_text(f"project: walk\n{more}workstations:\n{''.join(lines)}")


def in_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def memory_of(pid: int) -> int:
    """Bytes that a running process holds in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


def peak_of(stage: Stage, *arguments: str) -> int:
    """The most memory, in bytes, that a command line held at once, in a process of its own."""
    environment = {**os.environ, "SOUNDSTAGE_HOME": str(stage.home), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "soundstage.cli.main", *arguments]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=stage.folder, env=environment, stdout=quiet, stderr=quiet) as running:
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    return usage.ru_maxrss << 10


def growth(samples: Sequence[int]) -> float:
    """The last third of the samples as a multiple of the first, by their medians."""
    third = len(samples) // 3
    return statistics.median(samples[-third:]) / statistics.median(samples[:third])


def test_a_long_life_leaves_memory_and_state_as_they_were(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    samples: dict[str, list[int]] = {"server": [], "command": [], "state": []}
    kept: list[int] = []
    for number in range(ROUNDS):
        write(stage, 2, "small" if number % 2 else "medium")
        stage.must("up", FILE, "--yes")
        stage.must("stop", FILE)
        stage.must("start", FILE)
        if number < WARM:
            stage.must("down", FILE, "--yes", "--delete-media")
            continue
        samples["command"].append(peak_of(stage, "up", FILE, "--yes"))
        samples["state"].append(in_bytes(stage.stack_folder("walk", "home")))
        stage.must("down", FILE, "--yes", "--delete-media")
        samples["server"].append(memory_of(process.ensure(stage.home).pid))
        status = process.status(stage.home)
        kept.append(status.world_bytes + status.journal_bytes)
    # An account has a history: access logs, deleted endpoints, tokens of calls. Each life may add to it what the one before did.
    samples["history"] = [after - before for before, after in pairwise(kept)]
    grown = {what: round(growth(sizes), 2) for what, sizes in samples.items()}
    assert all(rate < 1.2 for rate in grown.values()), f"{grown}: {samples}"
    record_property("count", ("rounds without growth", ROUNDS))


def test_five_hundred_machines_go_up_and_down(stage: Stage, record_property: Callable[[str, object], None]) -> None:
    write(stage, MANY, more="network: {cidr: 10.64.0.0/16}\n")
    stage.run("up", FILE, "--yes", seconds=3600)
    cloud = process.ensure(stage.home)
    alive = [{"Name": "instance-state-name", "Values": ["running"]}]
    pages = cloud.client("ec2").get_paginator("describe_instances").paginate(Filters=alive).build_full_result()
    assert sum(len(group["Instances"]) for group in pages["Reservations"]) == MANY
    assert "nothing to change" in stage.run("up", FILE, "--yes", seconds=3600).err
    assert stage.run("down", FILE, "--yes", "--delete-media", seconds=3600).code == 0
    pages = cloud.client("ec2").get_paginator("describe_instances").paginate(Filters=alive).build_full_result()
    assert pages["Reservations"] == []
    record_property("count", ("machines up and down at once", MANY))
