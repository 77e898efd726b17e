"""Files of any kind are read and written without waiting."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from soundstage.core import files


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _large(path: Path) -> None:
    path.write_bytes(bytes(1025))


def _nothing(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_folder, "it is a folder"),
        (_pipe, "not an ordinary file"),
        (_endless, "not an ordinary file"),
        (_loop, "symbolic links"),
        (_large, "larger than 1 KiB"),
        (_nothing, "No such file"),
    ],
)
def test_what_is_no_ordinary_file_is_refused_at_once(make: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    make(tmp_path / "it")
    with pytest.raises(OSError) as refused:
        files.read(tmp_path / "it", 1024)
    assert said in (refused.value.strerror or "")


def test_a_name_with_a_nul_is_refused_as_any_other_name_that_cannot_be(tmp_path: Path) -> None:
    for attempt in (lambda: files.read(tmp_path / "a\0b", 1), lambda: files.write(tmp_path / "a\0b", "")):
        with pytest.raises(OSError, match="its name cannot be one"):
            attempt()


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path) -> None:
    _pipe(tmp_path / "it")
    with pytest.raises(OSError):
        files.write(tmp_path / "it", "x")


def test_what_is_written_is_read_and_private_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "it"
    files.write(file, "é", 0o600)
    assert files.read(file, 2) == "é".encode()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_link_that_came_with_a_repository_overwrote_a_file_outside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, outside = tmp_path / "checkout", tmp_path / "home"
    here.mkdir()
    outside.mkdir()
    precious = outside / "precious"
    precious.write_text("mine")
    (here / "plan.json").symlink_to(precious)
    (here / "new.json").symlink_to(outside / "new.json")
    (here / "build").symlink_to(outside)
    monkeypatch.chdir(here)
    for name in ("plan.json", "new.json", "build/precious", "build/deeper/../precious", here / "plan.json"):
        with pytest.raises(OSError, match=f"leads from there to {outside}"):
            files.write(Path(name), "theirs")
    assert precious.read_text() == "mine"
    assert [file.name for file in outside.iterdir()] == ["precious"]


def test_a_link_that_stays_inside_is_followed_and_stays_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    (tmp_path / "latest").symlink_to("reports")
    (tmp_path / "plan.json").symlink_to("reports/plan.json")
    for name in ("plan.json", "latest/plan.json"):
        files.write(Path(name), name)
        assert (tmp_path / "reports/plan.json").read_text() == name
    assert (tmp_path / "plan.json").is_symlink()


def test_a_folder_that_is_named_in_full_may_be_reached_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `/tmp` is a link on macOS."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "alias").symlink_to("disk")
    monkeypatch.chdir(tmp_path / "here")
    files.write(tmp_path / "alias" / "plan.json", "x")
    assert (tmp_path / "disk/plan.json").read_text() == "x"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "it"
    files.write(file, "old", 0o640)
    with pytest.raises(UnicodeEncodeError):
        files.write(file, "new \ud800")
    files_left = list(tmp_path.iterdir())
    assert files_left == [file]
    assert file.read_text() == "old"
    files.write(file, "new")
    assert file.stat().st_mode & 0o777 == 0o640


def test_standard_output_by_its_name_is_no_link_that_leads_elsewhere(capfd: pytest.CaptureFixture[str]) -> None:
    files.write(Path("/dev/stdout"), "x")
    assert capfd.readouterr().out == "x"
