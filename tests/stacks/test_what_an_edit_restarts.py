"""Which edits throw people out, and that the preview says so first."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundstage.stacks.deployment import Deployment, open_project

pytestmark = pytest.mark.slow
SENTENCE = "edit-1 stops and starts: whoever works on it is thrown out for some minutes."


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studio_that_is_up: Path
) -> Callable[[dict[str, Any]], Deployment]:
    """The project `teaser` with one machine that says this, as its file says it now."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()

    def edited(machine: dict[str, Any]) -> Deployment:
        text = {"project": "teaser", "workstations": {"edit-1": {"for": "editing", **machine}}}
        (tmp_path / "projects" / "teaser.yaml").write_text(json.dumps(text))
        return open_project("teaser")

    return edited


def test_minutes_of_idleness_stop_no_machine_and_another_size_says_that_it_does(
    project: Callable[[dict[str, Any]], Deployment],
) -> None:
    """A change of the minutes used to change the boot script, for which a machine stops."""
    result = project({"idle": {"stop_after_minutes": 30}}).up()
    assert result.ready["edit-1"].ready
    launched = project({}).machines()[0].launched

    later = project({"idle": {"stop_after_minutes": 90, "keep_while": ["MyRenderer", "upload"]}})
    preview = later.preview()
    [changed] = [each for each in preview.plan if each.changes]
    assert {change.path[:4] for change in changed.changes} == {"tags"}
    assert preview.told == ()
    later.up()
    [machine] = later.machines()
    assert machine.launched == launched
    tags = later.cloud.client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [machine.instance_id]}])  # type: ignore[attr-defined]
    known = {tag["Key"]: tag["Value"] for tag in tags["Tags"]}
    assert (known["soundstage:idle-minutes"], known["soundstage:keep-while"]) == ("90", "MyRenderer:upload")

    larger = project({"size": "large", "idle": {"stop_after_minutes": 90, "keep_while": ["MyRenderer", "upload"]}})
    assert SENTENCE in larger.preview().told
    larger.stop(larger.machines())
    assert SENTENCE not in larger.preview().told


def test_up_fails_with_what_a_machine_is_not_ready_for_and_a_second_up_says_so_again(
    project: Callable[[dict[str, Any]], Deployment],
) -> None:
    from soundstage.stacks.readiness import NotReady

    teaser = project({})
    assert teaser.cloud.look_alike
    teaser.up(wait=False)
    teaser.cloud.look_alike.let_start(teaser.studio.studio, "teaser", "edit-1", 0, "display")
    with pytest.raises(NotReady, match="edit-1 is not ready: display failed"):
        teaser.up()
    assert [failure.name for failure in teaser.status().reports["edit-1"].failures] == ["display"]
    teaser.cloud.look_alike.let_start(teaser.studio.studio, "teaser", "edit-1", 0, "")
    assert teaser.up().ready["edit-1"].ready
    assert teaser.cloud.machines.log(teaser.machines()[0], 1)[0].startswith("probe")
