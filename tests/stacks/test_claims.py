"""A state belongs to one file."""

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from soundstage.core.errors import SpecError, StateError, UsageError
from soundstage.projectfile import spec
from soundstage.stacks.state import owner


def test_of_many_files_of_one_name_one_gets_the_state(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.yaml" for number in range(8)]
    for file in files:
        file.write_text("project: teaser\n")

    def take(file: Path) -> Path | None:
        try:
            owner.take(tmp_path / "state", file, 'project "teaser"')
        except UsageError:
            return None
        return file

    with ThreadPoolExecutor(8) as pool:
        winners = [file for file in pool.map(take, files) if file]
    assert len(winners) == 1
    assert json.loads((tmp_path / "state" / "claim.json").read_text()) == {"file": str(winners[0])}
    assert stat.S_IMODE((tmp_path / "state" / "claim.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["claim.json"]


def test_a_file_that_was_moved_takes_its_state_along(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text("project: teaser\n")
    owner.take(tmp_path / "state", old, 'project "teaser"')
    old.rename(new)
    owner.take(tmp_path / "state", new, 'project "teaser"')
    assert json.loads((tmp_path / "state" / "claim.json").read_text()) == {"file": str(new)}


def test_neighbours_in_other_folders_are_seen_as_long_as_their_files_exist(tmp_path: Path) -> None:
    states, mine = tmp_path / "states", tmp_path / "mine" / "trailer.yaml"
    theirs = tmp_path / "theirs" / "teaser.yaml"
    for file in (mine, theirs):
        file.parent.mkdir()
        file.write_text(
            f"project: {file.stem}\nnetwork: {{cidr: 10.1.0.0/20}}\nworkstations: {{a: {{for: editing}}}}\n"
        )
        owner.take(states / file.stem, file, "project")
    (states / "spoilt").mkdir()
    (states / "spoilt" / "claim.json").write_text("[]")
    assert owner.files(states) == [theirs, mine]
    project = spec.load_project(mine)
    with pytest.raises(SpecError, match=f"10.1.0.0/20 overlaps 10.1.0.0/20 of project .*teaser.* in {theirs}"):
        spec.check_neighbours(project, mine, "home", owner.files(states))
    theirs.unlink()
    spec.check_neighbours(project, mine, "home", owner.files(states))


def read_only(folder: Path) -> None:
    folder.write_text("a file")


def nonsense(folder: Path) -> None:
    folder.mkdir()
    (folder / "claim.json").write_text("[]")


@pytest.mark.parametrize("spoil", [read_only, nonsense])
def test_what_cannot_be_used_is_named(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    spoil(tmp_path / "state")
    with pytest.raises(StateError, match=str(tmp_path / "state")):
        owner.take(tmp_path / "state", tmp_path / "teaser.yaml", 'project "teaser"')
