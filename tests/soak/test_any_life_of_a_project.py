"""A project that lives at random: up, changed, stopped, faulted, killed, down, checked against a model after every step.

A stateful machine of hypothesis on one simulated cloud: 300 rounds in `make soak`, 5 in `make test`.
"""

import importlib.util
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("soak")]

ROUNDS = 300 if os.environ.get("SOUNDSTAGE_SOAK") else 5
FILE = "walk.yaml"
KINDS = ("throttle", "server-error", "connection-lost", "lost-answer", "denied", "expired-credential")
STAGE = Path(__file__).resolve().parents[1] / "resilience" / "stage.py"


def _stage() -> Any:
    if "stage" not in sys.modules:
        spec = importlib.util.spec_from_file_location("stage", STAGE)
        assert spec
        assert spec.loader
        sys.modules["stage"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["stage"])
    return sys.modules["stage"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Any]:
    commands = _stage().Commands()
    yield _stage().Stage(tmp_path, tmp_path / "home", commands)
    commands.close()
    process.stop(tmp_path / "home")


def settle(stage: Any, rng: random.Random, *arguments: str) -> int:
    """Type a command until it gets through, with deaths and faults on the way. Returns how many there were."""
    troubles = 0
    while True:
        trouble = rng.random() if troubles < 2 else 1.0
        if trouble < 0.3:
            rule = FaultRule("*:*", rng.choice(KINDS), after=rng.randint(0, 60))
            process.ensure(stage.home)
            process.set_faults(stage.home, [rule])
        at = rng.randint(1, 200) if 0.3 <= trouble < 0.6 else 0
        ran = stage.run(*arguments, at=at)
        process.ensure(stage.home)
        process.clear_faults(stage.home)
        if ran.code == 0:
            return troubles
        assert ran.code in (-9, 1, 4), f"{arguments}: {ran.code}\n{ran.err}"
        assert trouble < 0.6, f"{arguments}: {ran.code}\n{ran.err}"
        stage.verify()
        troubles += 1


def write(stage: Any, machines: dict[str, str]) -> None:
    lines = [f"  {name}: {{for: editing, size: {size}}}" for name, size in machines.items()]
    (stage.folder / FILE).write_text("project: walk\nworkstations:\n" + "\n".join(lines) + "\n")


def running(stage: Any) -> dict[str, str]:
    """The machines that there are: name → state, from outside."""
    ec2 = process.ensure(stage.home).client("ec2")
    found = {}
    for group in ec2.describe_instances()["Reservations"]:
        for one in group["Instances"]:
            if one["State"]["Name"] != "terminated":
                tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
                assert tags["soundstage:workstation"] not in found, "a machine exists twice"
                found[tags["soundstage:workstation"]] = one["State"]["Name"]
    return found


def test_a_random_walk_ends_where_the_model_says(stage: Any, record_property: Callable[[str, object], None]) -> None:
    rng = random.Random(2026)
    machines, up, troubles, sizes = {"edit-1": "small"}, False, 0, []
    for _ in range(ROUNDS):
        step = rng.choice(["up", "change", "down", "stop", "start"]) if up else "up"
        match step:
            case "up" | "change":
                if step == "change":
                    machines = {
                        f"edit-{number}": rng.choice(["small", "medium"]) for number in range(1, rng.randint(2, 4))
                    }
                write(stage, machines)
                troubles += settle(stage, rng, "up", FILE, "--yes")
                up = True
                assert set(running(stage)) == set(machines)
            case "down":
                troubles += settle(stage, rng, "down", FILE, "--delete-media", "--yes")
                up = False
                assert running(stage) == {}
                sizes.append(_bytes(stage.stack_folder("walk", "home")))
            case "stop" | "start":
                troubles += settle(stage, rng, step, FILE)
                assert set(running(stage).values()) == {"stopped" if step == "stop" else "running"}
        stage.picture()
    record_property("count", ("rounds of a random life", ROUNDS))
    record_property("count", ("faults and kills in a random life", troubles))
    if len(sizes) > 10:
        assert max(sizes[-5:]) < 2 * max(sizes[:5]), f"the state grows: {sizes}"


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.mark.skipif(not os.environ.get("SOUNDSTAGE_SOAK"), reason="minutes long; `make soak` runs it")
def test_five_hundred_machines_go_up_and_down(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import time

    write(stage, {f"edit-{number}": "small" for number in range(1, 501)})
    text = (stage.folder / FILE).read_text()
    (stage.folder / FILE).write_text(text + "network: {cidr: 10.64.0.0/16}\n")
    for arguments in (("up", FILE, "--yes"), ("up", FILE, "--yes"), ("down", FILE, "--delete-media", "--yes")):
        began = time.monotonic()
        ran = stage.run(*arguments, seconds=3600)
        assert ran.code == 0, ran.err[-2000:]
        with capsys.disabled():
            print(f"\n500 machines: {' '.join(arguments)}: {time.monotonic() - began:.0f} s")
    shutil.rmtree(stage.home / "studios")
