"""What holds of every copy by way of a bucket, whichever cloud the bucket is of."""

import hashlib
import os
from pathlib import Path
from typing import Any, Protocol

import pytest

from soundstage.stacks.entry.both_ends import Copied, Place

BOTH_SIDES = pytest.mark.parametrize("share", [40, 80], ids=["before-the-bucket", "behind-the-bucket"])


class Scene(Protocol):
    """A project that is up, and copies to and from its machine by way of its bucket."""

    size: int
    """Bytes of a file that goes in several parts."""

    def copy(self, source: Place, target: Place, on_bytes: Any = ...) -> Copied: ...
    def left_over(self) -> list[str]:
        """Everything that lies in the bucket on its way, however hidden."""


def film(folder: Path, size: int) -> tuple[Path, str]:
    """A file of so many bytes, and its SHA-256."""
    path = folder / "film.mov"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


class Copies:
    """The tests; a fixture `scene` says of which cloud."""

    def test_a_large_file_goes_there_and_back_by_way_of_the_bucket_and_nothing_stays(
        self, scene: Scene, tmp_path: Path
    ) -> None:
        path, digest = film(tmp_path, scene.size)
        told: list[int] = []
        up = scene.copy(Place("", str(path)), Place("edit-1", "film.mov"), lambda done, _total: told.append(done))
        assert (up.sha256, up.by, up.went_on_at, up.target) == (digest, "bucket", 0, "film.mov")
        assert (told == sorted(told), told[-1]) == (True, scene.size)
        assert scene.left_over() == []
        back = tmp_path / "back.mov"
        down = scene.copy(Place("edit-1", "film.mov"), Place("", str(back)))
        assert (down.sha256, down.by) == (digest, "bucket")
        assert hashlib.sha256(back.read_bytes()).hexdigest() == digest
        assert scene.left_over() == []
        assert list(tmp_path.glob(".*.part-*")) == []

    @BOTH_SIDES
    @pytest.mark.parametrize("direction", ["up", "down"])
    def test_a_copy_that_was_stopped_goes_on_with_the_parts_that_are_there(
        self, scene: Scene, tmp_path: Path, direction: str, share: int
    ) -> None:
        path, digest = film(tmp_path, scene.size)
        here, there = Place("", str(path)), Place("edit-1", f"{direction}-{share}.mov")
        if direction == "down":
            scene.copy(here, there)
            here = Place("", str(tmp_path / "back.mov"))
        ends = (here, there) if direction == "up" else (there, here)

        def stop(done: int, total: int) -> None:
            if done >= total * share // 100:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            scene.copy(*ends, stop)
        assert scene.left_over() != []
        done = scene.copy(*ends)
        assert done.sha256 == digest
        assert done.went_on_at > 0
        assert scene.left_over() == []

    @BOTH_SIDES
    def test_two_who_copied_the_same_at_once_were_told_that_there_is_no_folder(
        self, scene: Scene, tmp_path: Path, share: int
    ) -> None:
        """The first to end takes its parts away and gives the file its name; the other lacked both, and was refused."""
        path, digest = film(tmp_path, scene.size)
        ends = Place("", str(path)), Place("edit-1", f"both-{share}.mov")
        beside: list[Copied] = []

        def meanwhile(done: int, total: int) -> None:
            if done >= total * share // 100 and not beside:
                beside.append(scene.copy(*ends))

        done = scene.copy(*ends, meanwhile)
        assert [one.sha256 for one in (done, *beside)] == [digest, digest]
        again = tmp_path / "again.mov"
        assert scene.copy(ends[1], Place("", str(again))).sha256 == digest
        assert scene.left_over() == []
