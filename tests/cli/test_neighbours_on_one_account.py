"""Two folders, one account: a second studio, a studio whose first `up` failed, one file under two paths, an emptied cloud."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import soundstage.components.aws.storage  # noqa: F401 - it takes functions of `naming` as it is loaded, which a test replaces
from soundstage.components import naming
from soundstage.simulator import process
from soundstage.stacks.deployment import Deployment, open_project

Workstation = Callable[..., Any]
pytestmark = pytest.mark.slow

MACHINES = "workstations:\n  edit-1: {for: editing}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soundstage_home: Path) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    process.stop(soundstage_home, save=False)


def _project(folder: Path, name: str, more: str = "", studio: str = "") -> str:
    (folder / name).mkdir()
    (folder / name / f"{name}.yaml").write_text(f"project: {name}\n{more}")
    if studio:
        (folder / name / "studio.yaml").write_text(f"studio: {studio}\n")
    return f"{name}/{name}.yaml"


def _of(deployment: Deployment, type: str) -> list[str]:
    return [resource.name for resource in deployment.home.engine.resources().of_type(type)]


def test_a_second_studio_uses_what_the_account_may_have_one_of(workstation: Workstation, folder: Path) -> None:
    first = _project(folder, "teaser", studio="tinyorange")
    second = _project(folder, "my-film", studio="northlight")
    assert workstation("up", first, "--yes").code == 0
    ran = workstation("up", second, "--yes")
    assert ran.code == 0, ran.err
    assert "Another studio uses this account too: tinyorange." in ran.err
    for type in ("aws:costexplorer/anomalyMonitor:AnomalyMonitor", "aws:accessanalyzer/analyzer:Analyzer"):
        assert len(_of(open_project(first), type)) == 1
        assert _of(open_project(second), type) == []
    again = workstation("studio", "up", "my-film/studio.yaml", "--yes", "--json")
    assert again.document["changes"].keys() == {"same"}


def test_the_second_step_of_the_readme_frightened_whoever_had_run_the_demo(
    workstation: Workstation, folder: Path
) -> None:
    """The example has a studio of its own; a first project of one's own has none."""
    root = Path(__file__).parents[2]
    (folder / "examples").mkdir()
    for name in ("teaser.yaml", "studio.yaml"):
        (folder / "examples" / name).write_text((root / "examples" / name).read_text())
    assert "workstation up examples/teaser.yaml --yes" in (root / "Makefile").read_text()
    story = re.findall(r"^workstation (.*?)(?:\s+#.*)?$", (root / "README.md").read_text(), re.MULTILINE)[:6]
    story.remove("connect --project my-film")  # goes on until Ctrl-C
    assert story == ["init my-film", "preview my-film", "doctor my-film", "up my-film", "down my-film"]
    for typed in ("up examples/teaser.yaml --yes", *story):
        ran = workstation(*typed.split(), *(["--yes"] if typed.startswith(("up my", "down")) else []))
        assert ran.code == 0, ran.err
        if "my-film" in typed:
            assert "tinyorange" not in ran.out + ran.err
            assert "!" not in ran.err
    assert "Kept: the media bucket" in ran.out


def test_two_studios_with_a_project_of_one_name_come_up_and_stop_by_themselves(
    workstation: Workstation, folder: Path
) -> None:
    more = (
        "workstations:\n  edit-1: {for: editing, hours: Mon-Fri 09:00-19:00 Europe/Lisbon}\nbudget: {at_limit: stop}\n"
    )
    paths = []
    for studio in ("tinyorange", "northlight"):
        (folder / studio).mkdir()
        (folder / studio / "studio.yaml").write_text(f"studio: {studio}\n")
        (folder / studio / "film.yaml").write_text(f"project: film\n{more}")
        paths.append(f"{studio}/film.yaml")
        ran = workstation("up", paths[-1], "--yes")
        assert ran.code == 0, ran.err

    def states() -> list[dict[str, str]]:
        return [
            {
                machine["name"]: machine["state"]
                for machine in workstation("status", path, "--json").document["machines"]
            }
            for path in paths
        ]

    assert workstation("stop", paths[1]).code == 0
    assert states() == [{"edit-1": "running"}, {"edit-1": "stopped"}]
    assert workstation("down", paths[1], "--yes").code == 0
    assert states() == [{"edit-1": "running"}, {}]
    assert workstation("drift", paths[0]).code == 0


def _outputs(path: str) -> dict[str, Any]:
    found: dict[str, Any] = open_project(path).outputs()
    return found


def test_the_second_of_two_projects_whose_names_join_to_the_same_was_not_created(
    workstation: Workstation, folder: Path
) -> None:
    """`tiny` with `orange-teaser`, and `tiny-orange` with `teaser`; and where the word between them is that of media buckets."""
    pairs = [("tiny", "orange-teaser"), ("tiny-orange", "teaser"), ("tiny", "media-day"), ("tiny-media", "day")]
    paths = []
    for studio, project in pairs:
        (folder / studio).mkdir(exist_ok=True)
        (folder / studio / "studio.yaml").write_text(f"studio: {studio}\n")
        (folder / studio / f"{project}.yaml").write_text(f"project: {project}\n")
        paths.append(f"{studio}/{project}.yaml")
        ran = workstation("up", paths[-1], "--yes")
        assert ran.code == 0, ran.err
    outputs = [_outputs(path) for path in paths]
    assert len({found["bucket"] for found in outputs}) == len(pairs)
    assert len({arn for found in outputs for arn in found["roles"].values()}) == 3 * len(pairs)
    assert len({arn.rpartition("/")[2] for found in outputs for arn in found["roles"].values()}) == 3 * len(pairs)
    for path in (paths[0], paths[2]):
        assert workstation("down", path, "--yes").code == 0
    for path in (paths[1], paths[3]):
        assert workstation("drift", path).code == 0


def test_roles_and_buckets_keep_the_names_that_they_came_up_with(
    workstation: Workstation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another name a role loses those who were given it, and a bucket of media what is in it."""
    path = _project(folder, "media-day", studio="tiny-orange")
    with monkeypatch.context() as before:
        before.setattr(naming, "_joined", lambda studio, project: f"{studio}-{project}")
        before.setattr(naming, "media_bucket_is_ambiguous", lambda project: False)
        assert workstation("up", path, "--yes").code == 0
    outputs = _outputs(path)
    assert outputs["roles"]["admin"].endswith("/tiny-orange-media-day-admin")
    again = workstation("up", path, "--yes", "--json")
    assert again.code == 0, again.err
    assert "replace" not in again.document["changes"]
    assert _outputs(path) == outputs
    assert workstation("up", path, "--yes", "--json").document["changes"].keys() == {"same"}


def test_a_studio_that_came_up_half_way_keeps_the_regions_it_has(workstation: Workstation, folder: Path) -> None:
    london, dublin = _project(folder, "trailer", "region: eu-west-2\n"), _project(folder, "teaser")
    fault = ("simulator", "faults", "add", "sns:CreateTopic", "--kind", "denied", "--times", "9")
    assert workstation(*fault).code == 0
    assert workstation("up", london, "--yes").code == 1
    assert workstation("simulator", "faults", "clear").code == 0
    ran = workstation("up", dublin, "--yes")
    assert ran.code == 0, ran.err
    assert "home-access-logs-eu-west-2-bucket" in _of(open_project(dublin), "aws:s3/bucket:Bucket")


def test_one_file_is_one_project_however_its_path_is_written(workstation: Workstation, folder: Path) -> None:
    path = _project(folder, "teaser")
    (folder / "link.yaml").symlink_to(path)
    assert workstation("up", path, "--yes").code == 0
    for same in (f"teaser/../{path}", "link.yaml", str(folder / path)):
        ran = workstation("preview", same)
        assert ran.code == 0, ran.err
    other = _project(folder, "other")
    (folder / other).write_text("project: teaser\n")
    for command in ("preview", "up"):
        ran = workstation(command, other, "--json")
        assert ran.code == 2
        assert "is already used by" in json.loads(ran.out)["error"]["message"]


def test_after_a_reset_projects_are_gone_and_come_up_anew(workstation: Workstation, folder: Path) -> None:
    path = _project(folder, "teaser", MACHINES)
    assert workstation("up", path, "--yes").code == 0
    assert workstation("simulator", "reset", "--yes").code == 0
    assert workstation("status", path, "--json").document["up"] is False
    ran = workstation("up", path, "--yes", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["changes"].keys() == {"create"}
    assert [machine["name"] for machine in workstation("status", path, "--json").document["machines"]] == ["edit-1"]
