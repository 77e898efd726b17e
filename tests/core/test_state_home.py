"""The folder of all state is its owner's alone, and is not taken over from anybody else."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from soundstage.core.errors import StateError
from soundstage.core.home import make_private, state_home
from soundstage.engines import lock


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_on_the_way_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    assert {mode(tmp_path / part) for part in ("a", "a/b", "a/b/c")} == {0o700}
    make_private(tmp_path / "a" / "b" / "c")


def test_a_file_in_the_place_of_a_folder_is_said(home: Path) -> None:
    home.write_text("occupied")
    with pytest.raises(StateError, match="File exists"):
        state_home()


def test_a_folder_that_others_may_look_into_is_closed(home: Path) -> None:
    home.mkdir(mode=0o755)
    assert mode(state_home()) == 0o700


def test_links_of_ones_own_are_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    home.symlink_to(tmp_path / "disk")
    assert state_home() == home


def another_owner(monkeypatch: pytest.MonkeyPatch, home: Path) -> str:
    home.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    return "belongs to"


def open_to_all_above(monkeypatch: pytest.MonkeyPatch, home: Path) -> str:
    home.parent.chmod(0o777)
    return "is world-writable"


def a_link_in_an_open_folder(monkeypatch: pytest.MonkeyPatch, home: Path) -> str:
    (home.parent / "disk").mkdir()
    (home.parent / "open").mkdir()
    (home.parent / "open").chmod(0o777)
    (home.parent / "open" / "link").symlink_to(home.parent / "disk")
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home.parent / "open" / "link"))
    return "is world-writable"


@pytest.mark.parametrize("trap", [another_owner, open_to_all_above, a_link_in_an_open_folder])
def test_what_others_could_exchange_is_refused(
    trap: Callable[[pytest.MonkeyPatch, Path], str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = trap(monkeypatch, home)
    with pytest.raises(StateError, match=said) as caught:
        state_home()
    assert "SOUNDSTAGE_HOME" in caught.value.hint


def test_a_folder_in_a_sticky_one_is_used(home: Path) -> None:
    home.parent.chmod(0o1777)
    assert state_home() == home


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / lock.LOCK_FILE).symlink_to(tmp_path / "precious")
    with pytest.raises(StateError, match="cannot be used"), lock.held(tmp_path, "soundstage/teaser", "up"):
        pass
    assert (tmp_path / "precious").read_text() == "kept"
