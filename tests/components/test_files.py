"""Files of any kind are read and written without waiting."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from soundstage.components import files


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
        (_pipe, "no ordinary file"),
        (_endless, "no ordinary file"),
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
