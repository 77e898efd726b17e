"""A whole project through the command on the simulated cloud: every step is run once, and each test looks at some of it."""

import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.simulator import process

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cli-lifecycle")]

PROJECT = """\
project: teaser
owner: ana@tinyorange.example
expires: 2099-12-31
workstations:
  edit-1: {for: editing, user: ana}
  mix: {for: audio}
"""


@dataclass
class Stage:
    """A folder with a project, a simulated cloud of its own, and what each step printed."""

    folder: Path
    home: Path
    codes: dict[str, int] = field(default_factory=dict)
    outs: dict[str, str] = field(default_factory=dict)
    errs: dict[str, str] = field(default_factory=dict)

    def run(self, step: str, *arguments: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.codes[step] = main(arguments)
        self.outs[step], self.errs[step] = out.getvalue(), err.getvalue()

    def document(self, step: str) -> Any:
        return json.loads(self.outs[step])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("project")
    stage = Stage(folder, folder / "home")
    (folder / "projects").mkdir()
    (folder / "projects" / "teaser.yaml").write_text(PROJECT)
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(("AWS_", "PULUMI_", "XDG_")):
                patch.delenv(name)
        patch.setenv("SOUNDSTAGE_HOME", str(stage.home))
        patch.chdir(folder)
        try:
            _play(stage)
            yield stage
        finally:
            process.stop(stage.home)


def _play(stage: Stage) -> None:
    stage.run("status before", "status")
    stage.run("outputs before", "outputs", "--json")
    stage.run("stop before", "stop")
    stage.run("down before", "down", "--json")
    stage.run("preview", "preview", "teaser")
    stage.run("preview json", "preview", "--json")
    stage.run("up without yes", "up")
    stage.run("status unchanged", "status", "--json")
    stage.run("up", "up", "--yes", "--json")
    stage.run("up again", "up", "--yes")
    stage.run("status", "status")
    stage.run("status json", "status", "--json")
    stage.run("outputs", "outputs")
    stage.run("studio status", "studio", "status", "--json")
    stage.run("stop", "stop", "--machine", "edit-1", "--json")
    stage.run("stop unknown", "stop", "--machine", "edit-2")
    stage.run("status stopped", "status")
    stage.run("no capacity", "simulator", "faults", "add", "ec2:StartInstances", "--kind", "no-capacity")
    stage.run("start refused", "start")
    stage.run("start", "start")
    stage.run("status started", "status", "--json")
    stage.run("export", "state", "export")
    stage.run("down without yes", "down")
    stage.run("down", "down", "--yes", "--json")
    stage.run("status after", "status")
    stage.run("delete media without yes", "down", "--delete-media")
    stage.run("delete media", "down", "--delete-media", "--yes", "--json")
    stage.run("down again", "down", "--yes")


def test_every_step_ends_with_its_code(stage: Stage) -> None:
    refused = {"up without yes": 2, "stop unknown": 2, "start refused": 1, "down without yes": 2,
               "delete media without yes": 2}  # fmt: skip
    wrong = {step: (code, stage.errs[step]) for step, code in stage.codes.items() if code != refused.get(step, 0)}
    assert wrong == {}


def test_before_up_everything_says_that_nothing_is_there(stage: Stage) -> None:
    assert "teaser is not up" in stage.outs["status before"]
    assert stage.document("outputs before") == {}
    assert "nothing of this project is up" in stage.outs["stop before"]
    assert stage.document("down before") == {"stack": "teaser", "deleted": [], "kept": []}


def test_preview_shows_the_machines_and_changes_nothing(stage: Stage) -> None:
    assert "teaser on the simulated cloud" in stage.outs["preview"]
    assert "+ teaser-edit-1" in stage.outs["preview"]
    assert stage.document("preview json")["format"] == "soundstage.plan/1"
    assert stage.document("status unchanged")["up"] is False


def test_without_a_terminal_and_without_yes_nothing_happens(stage: Stage) -> None:
    assert "--yes" in stage.errs["up without yes"]
    assert stage.outs["up without yes"] == ""


def test_up_prints_one_document_with_the_outputs(stage: Stage) -> None:
    document = stage.document("up")
    assert document["project"] == "teaser"
    assert set(document["changes"]) == {"create"}
    assert set(document["studio_changes"]) == {"create"}
    assert document["outputs"]
    assert "created" in stage.errs["up"]


def test_a_second_up_changes_nothing_and_says_so(stage: Stage) -> None:
    assert "nothing to change" in stage.errs["up again"]
    assert "unchanged" in stage.outs["up again"]


def test_status_tells_how_to_reach_each_machine(stage: Stage) -> None:
    machines = {machine["name"]: machine for machine in stage.document("status json")["machines"]}
    assert set(machines) == {"edit-1", "mix"}
    assert machines["edit-1"]["state"] == "running"
    assert machines["edit-1"]["user"] == "ana"
    assert machines["edit-1"]["reach"]["command"].startswith("aws ssm start-session")
    assert all(disk["encrypted"] for machine in machines.values() for disk in machine["disks"])
    assert machines["edit-1"]["instance_id"] in stage.outs["status"]
    assert "Expires on 2099-12-31" in stage.outs["status"]


def test_stop_and_start_touch_only_the_machines_that_are_named(stage: Stage) -> None:
    assert stage.document("stop") == {"stopped": ["edit-1"], "unchanged": []}
    assert "`workstation start teaser` starts them" in stage.outs["status stopped"]
    assert 'Did you mean "edit-1"?' in stage.errs["stop unknown"]
    assert "no such machine free" in stage.errs["start refused"]
    assert "edit-1 started. mix was running already." in stage.outs["start"]
    assert {machine["state"] for machine in stage.document("status started")["machines"]} == {"running"}


def test_the_state_is_in_pulumis_format(stage: Stage) -> None:
    assert stage.document("export")["version"] == 3


def test_down_keeps_the_media_and_says_so(stage: Stage) -> None:
    document = stage.document("down")
    kept = {resource["type"] for resource in document["kept"]}
    assert "aws:s3/bucket:Bucket" in kept
    assert "aws:ec2/instance:Instance" in {resource["type"] for resource in document["deleted"]}
    assert "Stays: " in stage.errs["down"]
    assert "teaser is down." in stage.outs["status after"]


def test_deleting_the_media_leaves_nothing(stage: Stage) -> None:
    assert "cannot be brought back" not in stage.outs["delete media without yes"]
    assert "--delete-media" in stage.errs["delete media without yes"]
    assert stage.document("delete media")["kept"] == []
    assert "nothing to take down" in stage.outs["down again"]
