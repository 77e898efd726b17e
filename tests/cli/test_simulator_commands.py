"""The simulated cloud, steered from the command line."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.display.simulator import exports
from soundstage.simulator import process

Workstation = Callable[..., Any]
HOSTILE = 'a\'b "c" $(touch pwned) `touch pwned` \\ ; & | \n*'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("simulated")
    yield folder
    process.stop(folder)


@pytest.fixture
def simulated(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a simulated cloud that the tests of this file share."""
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    return home


def test_a_cloud_that_does_not_run_is_not_started_by_looking(workstation: Workstation, soundstage_home: Path) -> None:
    assert workstation("simulator", "status", "--json").document["running"] is False
    assert workstation("simulator", "faults", "list", "--json").document == {"faults": []}
    assert workstation("simulator", "faults", "clear").code == 0
    assert workstation("simulator", "stop", "--json").document == {"running": False, "stopped": False}
    assert process.running(soundstage_home) is None


@pytest.mark.usefixtures("simulated")
def test_start_says_where_it_answers_and_is_repeatable(workstation: Workstation) -> None:
    first = workstation("simulator", "start", "--json").document
    assert first["running"] is True
    assert workstation("simulator", "start", "--json").document == first
    assert first["url"] in workstation("simulator", "status").out


def test_faults_are_added_listed_and_cleared(workstation: Workstation, simulated: Path) -> None:
    added = workstation("simulator", "faults", "add", "ec2:RunInstances", "--kind", "no-capacity", "--times", "2")
    assert added.code == 0, added.err
    faults = workstation("simulator", "faults", "list", "--json").document["faults"]
    assert [(fault["operation"], fault["kind"], fault["times"]) for fault in faults] == [
        ("ec2:RunInstances", "no-capacity", 2)
    ]
    assert "ec2:RunInstances" in workstation("simulator", "status").out
    workstation("simulator", "faults", "clear")
    assert process.list_faults(simulated) == ()


@pytest.mark.usefixtures("simulated")
def test_a_fault_that_does_not_exist_names_those_that_do(workstation: Workstation) -> None:
    ran = workstation("simulator", "faults", "add", "ec2:RunInstances", "--kind", "no-capacty")
    assert ran.code == 2
    assert "lost-answer" in ran.err


@pytest.mark.usefixtures("simulated")
def test_env_makes_a_shell_that_reaches_the_simulated_cloud(workstation: Workstation) -> None:
    ran = workstation("simulator", "env", "--region", "eu-central-1")
    script = 'eval "$1"; printf "%s\\n" "$AWS_ENDPOINT_URL" "$AWS_REGION" "$AWS_ACCESS_KEY_ID"'
    done = subprocess.run(["bash", "-c", script, "bash", ran.out], capture_output=True, text=True, check=True)
    expected = workstation("simulator", "env", "--json").document
    assert done.stdout.splitlines() == [expected["AWS_ENDPOINT_URL"], "eu-central-1", expected["AWS_ACCESS_KEY_ID"]]


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "fish"])
def test_exports_are_inert_in_a_real_shell(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = exports({"SAID": HOSTILE}, "fish" if shell == "fish" else "sh") + '\nprintf %s "$SAID"'
    done = subprocess.run(
        [shell, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == HOSTILE
    assert list(tmp_path.iterdir()) == []


def test_reset_needs_a_yes(workstation: Workstation, simulated: Path) -> None:
    process.ensure(simulated).client("s3", "us-east-1").create_bucket(Bucket="northlight-test")
    refused = workstation("simulator", "reset", "--json")
    assert (refused.code, refused.document["error"]["kind"]) == (2, "UsageError")
    buckets = process.ensure(simulated).client("s3", "us-east-1").list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets] == ["northlight-test"]
    assert workstation("simulator", "reset", "--yes").code == 0
    assert process.ensure(simulated).client("s3", "us-east-1").list_buckets()["Buckets"] == []


def test_a_busy_port_is_a_clear_error(
    workstation: Workstation, simulated: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port = process.ensure(simulated).url.rpartition(":")[2]
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(tmp_path / "other"))
    monkeypatch.setenv(process.PORT_VARIABLE, port)
    ran = workstation("simulator", "start")
    assert ran.code == 1
    assert port in ran.err
    assert "Traceback" not in ran.err


def test_without_moto_the_extra_is_named(workstation: Workstation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find_spec", lambda _name: None)
    ran = workstation("simulator", "start")
    assert ran.code == 1
    assert "pip install '.[simulator]'" in ran.err


def test_stop_keeps_what_it_holds(workstation: Workstation, simulated: Path) -> None:
    process.ensure(simulated).client("s3", "us-east-1").create_bucket(Bucket="northlight-kept")
    assert workstation("simulator", "stop", "--json").document == {"running": False, "stopped": True}
    assert json.loads(workstation("simulator", "status", "--json").out)["running"] is False
    buckets = process.ensure(simulated).client("s3", "us-east-1").list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in buckets] == ["northlight-kept"]
