"""A whole project through the command on the simulated cloud: every step is run once, and each test looks at some of it."""

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.components.sizes import instance_type
from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

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
            process.stop(stage.home, save=False)


def _play(stage: Stage) -> None:
    stage.run("status before", "status")
    stage.run("outputs before", "outputs", "--json")
    stage.run("stop before", "stop")
    stage.run("down before", "down", "--json")
    stage.run("preview", "preview", "teaser")
    stage.run("preview json", "preview", "--json", "--save-plan", "plan.json")
    stage.run("up without yes", "up")
    stage.run("status unchanged", "status", "--json")
    stage.run("up", "up", "--plan", "plan.json", "--yes", "--json")
    stage.run("plan that was done", "up", "--plan", "plan.json", "--yes")
    stage.run("up again", "up", "--yes")
    _look_after(stage)
    stage.run("status", "status")
    stage.run("status json", "status", "--json")
    stage.run("outputs", "outputs")
    stage.run("studio status", "studio", "status", "--json")
    stage.run("stop", "stop", "--machine", "edit-1", "--json")
    stage.run("stop unknown", "stop", "projects/teaser.yaml", "edit-2")
    stage.run("status stopped", "status")
    stage.run("no capacity", "simulator", "faults", "add", "ec2:StartInstances", "--kind", "no-capacity")
    stage.run("start refused", "start")
    stage.run("start", "start")
    stage.run("status started", "status", "--json")
    stage.run("export", "state", "export")
    _resize(stage)
    stage.run("down without yes", "down")
    stage.run("down", "down", "--yes", "--json")
    stage.run("status after", "status")
    stage.run("delete media without yes", "down", "--delete-media")
    stage.run("delete media", "down", "--delete-media", "--yes", "--json")
    stage.run("down again", "down", "--yes")


def _look_after(stage: Stage) -> None:
    stage.run("no drift", "drift", "--json")
    stage.run("no drift of the studio", "studio", "drift")
    _meddle(stage)
    stage.run("drift", "drift")
    stage.run("drift again", "drift", "teaser", "--json")
    stage.run("mend", "up", "--refresh", "--yes")
    stage.run("mended", "drift")
    stage.run("unlock", "unlock", "--json")
    stage.run("unlock the studio", "studio", "unlock")
    stage.run("recover", "recover", "--json")
    stage.run("recover the studio", "studio", "recover")
    for step, arguments in WRONG.items():
        stage.run(step, *arguments)


def _resize(stage: Stage) -> None:
    """What an export says of a machine that the file makes larger; it is not done."""
    file = stage.folder / "projects" / "teaser.yaml"
    file.write_text(PROJECT.replace("{for: editing,", "{for: editing, size: large,"))
    stage.run("export of a resize", "export", "teaser")
    file.write_text(PROJECT)


def _meddle(stage: Stage) -> None:
    ec2 = process.ensure(stage.home).client("ec2", "eu-west-1")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "tag:Name", "Values": ["teaser-edit-1"]}])[
        "SecurityGroups"
    ]
    ec2.create_tags(Resources=[group["GroupId"]], Tags=[{"Key": "soundstage:owner", "Value": "somebody"}])


WRONG = {
    "drift of nothing": ("drift", "trailer"),
    "recover what was not begun": ("recover", "--made", "teaser-vpc=vpc-1"),
    "recover the studio's that was not begun": ("studio", "recover", "--made", "x"),
    "move nowhere": ("move-state",),
    "move both ways": ("move-state", "--engine", "pulumi", "--from", "file:///tmp/state"),
    "move to where it is": ("move-state", "--engine", "embedded"),
    "move to what is no engine": ("move-state", "--engine", "terraform"),
    "move the studio nowhere": ("studio", "move-state"),
    "move the studio to where it is": ("studio", "move-state", "--engine", "embedded"),
    "studio on no cloud": ("studio", "drift", "--cloud", "azure"),
    "no such studio": ("studio", "unlock", "other.yaml"),
    "no such plan": ("up", "--plan", "none.json", "--yes"),
}


def test_every_step_ends_with_its_code(stage: Stage) -> None:
    refused = {"up without yes": 2, "stop unknown": 2, "start refused": 1, "down without yes": 2,
               "delete media without yes": 2, "plan that was done": 4, "drift": 5, "drift again": 5,
               **dict.fromkeys(WRONG, 2)}  # fmt: skip
    wrong = {step: (code, stage.errs[step]) for step, code in stage.codes.items() if code != refused.get(step, 0)}
    assert wrong == {}


def test_an_export_of_a_resize_shows_the_old_and_the_new_type(stage: Stage) -> None:
    changes = {each["name"]: each["change"] for each in stage.document("export of a resize")["resource_changes"]}
    machine = changes["teaser-edit-1-instance"]
    assert machine["actions"] == ["update"]
    medium, large = (instance_type("editing", size) for size in ("medium", "large"))
    assert (machine["before"]["instance_type"], machine["after"]["instance_type"]) == (medium, large)
    assert changes["teaser-mix-instance"]["actions"] == ["no-op"]


def test_before_up_everything_says_that_nothing_is_there(stage: Stage) -> None:
    assert "teaser is not up" in stage.outs["status before"]
    assert stage.document("outputs before") == {}
    assert "This project has no machines. Bring it up first: `workstation up teaser`." in stage.outs["stop before"]
    assert stage.document("down before") == {
        "project": "teaser", "deleted": [], "kept": [], "deleted_snapshots": []
    }  # fmt: skip


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


def test_after_up_a_person_reads_how_to_open_a_display(stage: Stage) -> None:
    following = stage.outs["up again"].partition("Next:\n")[2].splitlines()
    assert re.fullmatch(r"  workstation connect edit-1 --project \S+  opens the display of edit-1", following[0])
    assert [line.split()[1] for line in following] == ["connect", "status", "stop", "down"]


def test_a_plan_is_done_once(stage: Stage) -> None:
    assert "not what was reviewed" in stage.errs["plan that was done"]


def test_drift_shows_what_was_recorded_and_what_was_found(stage: Stage) -> None:
    assert stage.document("no drift")["drifted"] is False
    assert "the cloud is as recorded" in stage.outs["no drift of the studio"]
    assert "1 resource of teaser changed outside Soundstage" in stage.outs["drift"]
    assert "soundstage:owner" in stage.outs["drift"]
    assert "`workstation up teaser --refresh` puts things back" in stage.outs["drift"]
    again = stage.document("drift again")
    assert (again["drifted"], [change["name"] for change in again["changes"]]) == (True, ["teaser-edit-1-group"])
    assert "the cloud is as recorded" in stage.outs["mended"]


def test_with_nothing_left_in_the_middle_there_is_nothing_to_release_or_recover(stage: Stage) -> None:
    assert stage.document("unlock") == {"project": "teaser", "released": []}
    assert "nothing to release" in stage.outs["unlock the studio"]
    assert stage.document("recover") == {"project": "teaser", "recovered": []}
    assert stage.outs["recover the studio"] == "Nothing was left unfinished.\n"


def test_what_cannot_be_done_says_what_to_type(stage: Stage) -> None:
    words = {
        "recover what was not begun": "no operation was left unfinished",
        "move nowhere": "--from URL",
        "move both ways": "--from URL",
        "move to where it is": "is on the embedded engine already",
        "move to what is no engine": "Use one of: embedded, pulumi",
        "move the studio to where it is": "home is on the embedded engine already",
        "studio on no cloud": "'azure'",
        "no such plan": "--save-plan",
    }
    missing = {step: stage.errs[step] for step, word in words.items() if word not in stage.errs[step]}
    assert missing == {}
    assert all(len(stage.errs[step].splitlines()) <= 3 for step in WRONG)


def test_status_tells_how_to_reach_each_machine(stage: Stage) -> None:
    machines = {machine["name"]: machine for machine in stage.document("status json")["machines"]}
    assert set(machines) == {"edit-1", "mix"}
    assert machines["edit-1"]["state"] == "running"
    assert machines["edit-1"]["user"] == "ana"
    assert machines["edit-1"]["reach"]["command"].startswith("aws ssm start-session")
    assert ".teaser.display --parameters localPortNumber=8443" in machines["edit-1"]["reach"]["command"]
    assert all(disk["encrypted"] for machine in machines.values() for disk in machine["disks"])
    assert "  workstation connect edit-1 --project teaser\n" in stage.outs["status"]
    assert "Expires on 2099-12-31" in stage.outs["status"]


def test_stop_and_start_touch_only_the_machines_that_are_named(stage: Stage) -> None:
    assert stage.document("stop") == {"project": "teaser", "stopped": ["edit-1"], "unchanged": []}
    assert "`workstation start teaser` starts them" in stage.outs["status stopped"]
    assert 'Did you mean "edit-1"?' in stage.errs["stop unknown"]
    assert re.search(r"AWS has no \S+ free in eu-west-1\w now", stage.errs["start refused"])
    assert (
        "edit-1 started. mix was running already.\n`workstation connect edit-1 --project teaser` opens"
        in stage.outs["start"]
    )
    assert {machine["state"] for machine in stage.document("status started")["machines"]} == {"running"}


def test_the_state_is_in_pulumis_format(stage: Stage) -> None:
    assert stage.document("export")["version"] == 3


def test_down_keeps_the_media_and_says_so(stage: Stage) -> None:
    document = stage.document("down")
    kept = {resource["type"] for resource in document["kept"]}
    assert "aws:s3/bucket:Bucket" in kept
    assert "aws:ec2/instance:Instance" in {resource["type"] for resource in document["deleted"]}
    assert "Kept: the media bucket, its key and 2 snapshots of the work disks of edit-1 and mix." in stage.errs["down"]
    assert "teaser is down." in stage.outs["status after"]


def test_deleting_the_media_leaves_nothing(stage: Stage) -> None:
    assert "cannot be recovered" not in stage.outs["delete media without yes"]
    assert "--delete-media" in stage.errs["delete media without yes"]
    assert stage.document("delete media")["kept"] == []
    assert "nothing to take down" in stage.outs["down again"]
