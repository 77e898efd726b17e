"""Large contents of objects lie in files of their own: they are read by range, never put together in memory, and go when nothing means
them any more."""

import contextlib
import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import SimulatorError
from soundstage.simulator import process
from soundstage.simulator.bodies import LARGE, Body, Content, Shelf, steps_of, whole_of
from soundstage.simulator.journal import Entry, Journal
from soundstage.simulator.sealed import Seal

PART = 5 << 20


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "bodies", Seal(os.urandom(32)))


def all_of(content: Content) -> bytes:
    return b"".join(steps_of(content))


def test_a_small_content_is_no_file(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.held(b"x" * (LARGE - 1)) == b"x" * (LARGE - 1)
    assert shelf.joined([b"a", b"b"]) == b"ab"
    assert not (tmp_path / "bodies").exists()


def test_any_range_of_what_was_joined_is_what_bytes_would_give(shelf: Shelf) -> None:
    pieces = [os.urandom(size) for size in (2_500_000, 7, 0, 1 << 20, 999_999)]
    whole, body = b"".join(pieces), shelf.joined(list(pieces))
    assert isinstance(body, Body)
    assert (len(body), all_of(body), bytes(body)) == (len(whole), whole, whole)
    edges = [0, 1, 2_499_999, 2_500_000, 2_500_007, 1 << 20, 3_600_000, len(whole) - 1, len(whole), len(whole) + 5, -3]
    for first in edges:
        for last in edges:
            assert bytes(body[first:last]) == whole[first:last], (first, last)
    assert bytes(body[1_000_000:4_000_000][5:2_000_000]) == whole[1_000_000:4_000_000][5:2_000_000]


def test_a_web_application_hands_a_body_on_unread(shelf: Shelf) -> None:
    body = shelf.put(os.urandom(LARGE))
    assert whole_of(list(body)) is body
    assert whole_of([b"a", b"b"]) == b"ab"


def test_what_lies_in_a_file_is_sealed_and_what_was_altered_is_not_read(shelf: Shelf, tmp_path: Path) -> None:
    body = shelf.put(b"the client's film" * 40_000)
    (file,) = (tmp_path / "bodies").iterdir()
    assert b"client" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    with file.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"!")
    with pytest.raises(SimulatorError, match="was altered"):
        bytes(body)


def test_files_that_nothing_means_go_and_others_stay(shelf: Shelf, tmp_path: Path) -> None:
    kept, gone = shelf.put(os.urandom(LARGE)), shelf.put(os.urandom(LARGE))
    told = shelf.told(kept[5:10])
    shelf.forget_others()
    assert bytes(shelf.as_told(told)) == bytes(kept)[5:10]
    with pytest.raises(SimulatorError, match="not there any more"):
        bytes(gone)
    assert len(list((tmp_path / "bodies").iterdir())) == 1


def test_a_file_that_cannot_be_deleted_made_a_snapshot_fail_that_had_been_taken(shelf: Shelf, tmp_path: Path) -> None:
    gone = shelf.put(os.urandom(LARGE))
    (tmp_path / "bodies" / "a-folder" / "of-somebody").mkdir(parents=True)
    shelf.forget_others()
    assert [one.name for one in (tmp_path / "bodies").iterdir()] == ["a-folder"]
    with pytest.raises(SimulatorError, match="not there any more"):
        bytes(gone)


def test_a_power_failure_took_a_body_whose_journal_was_kept_since_its_folder_was_not_on_disk(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that got its name may be nowhere until its folder is on disk as well; the journal that names it was, and the cloud did not
    start any more."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
    shelf.put(os.urandom(LARGE))
    (file,) = (tmp_path / "bodies").iterdir()
    assert synced == [file.stat().st_ino, (tmp_path / "bodies").stat().st_ino]


def test_a_disk_that_is_full_leaves_no_part_of_a_file(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        shelf.put(os.urandom(LARGE))
    assert list((tmp_path / "bodies").iterdir()) == []


def test_a_body_that_a_snapshot_has_done_away_with_kept_the_cloud_from_starting(shelf: Shelf, tmp_path: Path) -> None:
    """The power failed after a snapshot: its journal was there still, and a file that the snapshot needs no more was gone."""
    seal = Seal(os.urandom(32))

    def opened() -> contextlib.closing[Journal]:
        return contextlib.closing(Journal(tmp_path / "journal", seal, "1", shelf))

    with opened() as journal:
        assert list(journal.read(0)) == []
        for number in (1, 2):
            journal.append(Entry(number, 7, 0.0, "PUT", "/films/a", (), bytes([number]) * LARGE))
    (tmp_path / "bodies" / hashlib.sha256(b"\x01" * LARGE).hexdigest()).unlink()
    with opened() as journal:
        assert [(one.number, one.body) for one in journal.read(1)] == [(2, b"\x02" * LARGE)]
    with opened() as journal, pytest.raises(SimulatorError, match="not there any more"):
        list(journal.read(0))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    process.ensure(home)
    yield home
    process.stop(home, save=False)


def s3_of(home: Path) -> Any:
    return process.ensure(home).client("s3")


def files_of(home: Path) -> list[Path]:
    folder = home / "simulator" / "bodies"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def put_in_parts(s3: Any, parts: list[bytes]) -> str:
    upload = s3.create_multipart_upload(Bucket="films", Key="film.mov")["UploadId"]
    done = [
        {"PartNumber": number, "ETag": s3.upload_part(Bucket="films", Key="film.mov", UploadId=upload, PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)
    ]  # fmt: skip
    made = s3.complete_multipart_upload(
        Bucket="films", Key="film.mov", UploadId=upload, MultipartUpload={"Parts": done}
    )
    return str(made["ETag"]).strip('"')


def test_an_object_of_parts_outlives_a_kill_and_a_restart_and_leaves_no_file(home: Path) -> None:
    s3 = s3_of(home)
    s3.create_bucket(Bucket="films", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    parts = [os.urandom(PART), os.urandom(PART), os.urandom(1000)]
    whole = b"".join(parts)
    tags = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
    assert put_in_parts(s3, parts) == f"{hashlib.md5(tags, usedforsecurity=False).hexdigest()}-3"
    s3.copy_object(Bucket="films", Key="copy.mov", CopySource="films/film.mov")

    running = process.running(home)
    assert running
    os.kill(running.pid, signal.SIGKILL)
    s3 = s3_of(home)  # from the journal
    assert s3.get_object(Bucket="films", Key="film.mov")["Body"].read() == whole
    process.stop(home)
    assert (home / "simulator" / "world").stat().st_size < PART
    s3 = s3_of(home)  # from the snapshot
    found = s3.get_object(Bucket="films", Key="copy.mov", Range=f"bytes={PART - 3}-{2 * PART + 7}")
    assert found["Body"].read() == whole[PART - 3 : 2 * PART + 8]
    assert found["ContentRange"] == f"bytes {PART - 3}-{2 * PART + 7}/{len(whole)}"
    assert len(files_of(home)) == 3

    for key in ("film.mov", "copy.mov"):
        s3.delete_object(Bucket="films", Key=key)
    process.stop(home)
    assert files_of(home) == []
