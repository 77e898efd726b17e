"""No secret that a command was given, or that it made, lies anywhere in clear: files, output, `--debug`, arguments."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from stage import Stage

from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("secrets")]

FILE = "teaser.yaml"
GIVEN = {
    "SOUNDSTAGE_PASSPHRASE": "violet-heron-passphrase-41",
    "AWS_SECRET_ACCESS_KEY": "real/account/SECRET+key+98765432109876",
    "AWS_SESSION_TOKEN": "real-session-token-0123456789abcdef",
    "PULUMI_CONFIG_PASSPHRASE": "another-passphrase-of-pulumi",
}


@pytest.fixture(scope="module")
def stage(new_stage: Callable[..., Stage]) -> Stage:
    stage = new_stage(FILE)
    stage.environment = dict(GIVEN)
    stage.must("up", FILE, "--yes", "--debug")
    process.set_faults(stage.home, [FaultRule("*:*", "throttle", times=3), FaultRule("ec2:*", "denied", after=2)])
    stage.run("down", FILE, "--yes", "--debug")
    process.clear_faults(stage.home)
    stage.must("preview", FILE, "--refresh", "--json")
    stage.must("state", "export", FILE)
    state = stage.stack_folder("teaser", "home") / "state.json"
    good = state.read_text()
    state.write_text(good[:-100])
    stage.run("status", FILE, "--debug")
    state.write_text(good)
    stage.must("up", FILE, "--yes", "--json", "--debug")
    return stage


def secrets(stage: Stage) -> dict[str, str]:
    """Everything that must not be seen, by what it is."""
    operator = json.loads((stage.home / "simulator" / "operator.json").read_text())
    return {**GIVEN, "operator's key": operator["secret_key"], "server's token": operator["token"]}


def test_no_file_holds_a_secret_in_clear(stage: Stage, record_property: Callable[[str, object], None]) -> None:
    files = [file for file in stage.home.rglob("*") if file.is_file()]
    private = {"operator.json"}  # the credentials' own file, 0600
    found = [
        f"{what} in {file.relative_to(stage.home)}"
        for file in files
        if file.name not in private
        for what, secret in secrets(stage).items()
        if secret.encode() in file.read_bytes()
    ]
    assert found == []
    assert len(files) > 10
    record_property("count", ("files searched for secrets", len(files)))


def test_no_output_holds_a_secret(stage: Stage) -> None:
    printed = "\n".join(stage.written)
    assert [what for what, secret in secrets(stage).items() if secret in printed] == []


def test_no_process_has_a_secret_among_its_arguments(stage: Stage) -> None:
    pid = process.ensure(stage.home).pid
    arguments = Path(f"/proc/{pid}/cmdline")
    if not arguments.exists():
        pytest.skip("no /proc here")
    assert [what for what, secret in secrets(stage).items() if secret.encode() in arguments.read_bytes()] == []


def test_every_file_is_for_its_owner_alone(stage: Stage) -> None:
    loose = [file for file in stage.home.rglob("*") if file.is_file() and os.stat(file).st_mode & 0o077]
    folders = [folder for folder in (stage.home / "studios").rglob("*") if folder.is_dir()]
    sensitive = [file for file in loose if file.name not in ("claim.json", "serving", "lock")]
    assert sensitive == []
    assert folders
