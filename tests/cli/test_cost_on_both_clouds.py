"""`workstation cost --compare`: the same project on AWS and on Google Cloud."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Ran

from soundstage.engines.base import StackName
from soundstage.simulator import process
from soundstage.stacks.state import owner
from soundstage.stacks.state.on_record import folder_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path / "home"
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    (tmp_path / "pilot.yaml").write_text("project: pilot\nworkstations:\n  edit-1: {for: editing}\n")
    monkeypatch.chdir(tmp_path)
    yield
    process.stop(home, save=False)


def test_both_clouds_stand_beside_each_other_and_nothing_is_brought_up(workstation: Callable[..., Ran]) -> None:
    found = workstation("cost", "pilot.yaml", "--compare", "--json").document
    assert (found["aws"]["region"], found["gcp"]["region"], found["file_says"]) == ("eu-west-1", "europe-west2", "aws")
    assert (found["aws"]["machines"], found["gcp"]["machines"]) == (
        {"edit-1": "g5.2xlarge"},
        {"edit-1": "g2-standard-8"},
    )
    assert found["aws"]["monthly_usd"] == workstation("cost", "pilot.yaml", "--json").document["monthly_usd"]
    assert found["gcp"]["kinds"]["machine"]["typical"] > 0
    shown = workstation("cost", "pilot.yaml", "--compare").out
    assert "pilot in eu-west-1 (AWS) and in europe-west2 (Google Cloud)" in shown
    assert "No price is known on Google Cloud for: pilot-media-bucket." in shown
    (first,) = [line for line in shown.splitlines() if line.startswith("the first month  ")]
    assert re.search(r"\d\+ +\?$", first), "a sum that lacks a price stood there as if it were whole"
    (machine,) = [line for line in shown.splitlines() if line.startswith("edit-1 ")]
    assert "+" not in machine
    assert workstation("list", "--json").document["projects"] == []


def test_the_other_side_of_a_project_is_not_taken_for_another_studio_of_the_same_name(
    tmp_path: Path, workstation: Callable[..., Ran]
) -> None:
    (tmp_path / "studio.yaml").write_text("studio: northlight\n")
    owner.take(folder_of("northlight", StackName.of_studio("northlight")), tmp_path / "studio.yaml", "studio")
    assert workstation("cost", "pilot.yaml", "--compare", "--json").document["gcp"]["region"] == "europe-west2"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--chart", "x.png"), "--chart does not go with --compare."),
        (("--format", "markdown"), "--format does not go with --compare."),
        (("--region", "mars"), '"mars" is no region of Google Cloud.'),
        (("--actual",), "--compare"),
        (("--advice",), "--advice does not go with --compare."),
    ],
)
def test_words_that_do_not_fit_together_are_refused(
    more: tuple[str, ...], told: str, workstation: Callable[..., Ran]
) -> None:
    ran = workstation("cost", "pilot.yaml", "--compare", *more)
    assert ran.code == 2
    assert told in ran.err
