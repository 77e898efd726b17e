"""Large files go by way of the project's bucket: in parts, both ways, on where they stopped, and nothing of them stays there."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError, ResponseStreamingError
from botocore.response import StreamingBody
from tests.copies import Copies, film
from tests.studios import up_in

from soundstage.components.layout import TRANSFER
from soundstage.core.errors import OperationError, UsageError
from soundstage.projectfile.spec import load_project
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.entry import by_bucket
from soundstage.stacks.entry.both_ends import Copied, Place
from soundstage.stacks.entry.by_bucket import LARGE, PART, Store, key_of, parts_of, ways_by, why_not
from soundstage.stacks.entry.copying import copy
from soundstage.stacks.entry.door import door, the_machine

PROJECT = "project: teaser\nworkstations:\n  edit-1: {for: audio, user: ana, data_gib: 0}\n"
SIZE = 11_000_000
"""Of three parts, where a part is as small as S3 lets it be."""

needs_ssh = pytest.mark.skipif(
    not shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin"),
    reason="OpenSSH's server is not installed on this machine",
)


class Scene:
    """A project that is up, and copies to and from its machine by way of its bucket."""

    size = SIZE

    def __init__(self, deployment: Deployment, way: Door) -> None:
        self.deployment, self.way = deployment, way
        self.bucket = str(deployment.outputs()["bucket"])
        self.store = Store(deployment.cloud.transfers, self.bucket, way.machine.instance_id)
        self.s3: Any = deployment.cloud.buckets.client("s3")

    def copy(self, source: Place, target: Place, on_bytes: Any = lambda _done, _total: None) -> Copied:
        ways = ways_by(self.deployment.project, self.store, by="bucket", is_windows=False)
        return copy(self.way, source, target, on_bytes, ways)

    def left_over(self) -> list[str]:
        """Everything that lies in the bucket on its way, however hidden."""
        versions = self.s3.list_object_versions(Bucket=self.bucket, Prefix=TRANSFER)
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket)
        found = [*versions.get("Versions", ()), *versions.get("DeleteMarkers", ()), *uploads.get("Uploads", ())]
        return [one["Key"] for one in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with up_in(tmp_path_factory.mktemp("studio"), PROJECT) as folder:
        yield folder


@pytest.fixture
def scene(folder: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(folder / "state"))
    monkeypatch.setattr(by_bucket, "PART", 5 << 20)
    deployment = open_project(None)
    with door(deployment, the_machine(deployment, "edit-1"), lambda _said: None) as way:
        yield Scene(deployment, way)


@needs_ssh
class TestCopiesByBucket(Copies):
    """By way of the media bucket."""


@needs_ssh
def test_a_line_that_is_lost_while_the_bucket_is_read_comes_back_by_itself(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, digest = film(tmp_path, SIZE)
    scene.copy(Place("", str(path)), Place("edit-1", "cut.mov"))
    cuts: list[Exception] = [
        ResponseStreamingError(error="IncompleteRead(4194304 bytes read, 6805696 more expected)"),
        ReadTimeoutError(endpoint_url="a", error="Read timed out."),
    ]
    genuine = StreamingBody.read

    def read(body: StreamingBody, amt: int | None = None) -> bytes:
        if cuts and body.tell() >= 2 << 20:
            raise cuts.pop()
        return genuine(body, amt)

    monkeypatch.setattr(StreamingBody, "read", read)
    back = tmp_path / "back.mov"
    done = scene.copy(Place("edit-1", "cut.mov"), Place("", str(back)))
    assert (done.sha256, done.connections, cuts) == (digest, 3, [])
    assert hashlib.sha256(back.read_bytes()).hexdigest() == digest
    assert scene.left_over() == []


@needs_ssh
def test_what_the_bucket_answers_the_machine_is_told_and_the_copy_goes_on_later(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, digest = film(tmp_path, SIZE)
    ends = Place("", str(path)), Place("edit-1", "late.mov")
    with monkeypatch.context() as patch:
        patch.setattr(
            type(scene.store.transfers),
            "link_to_get",
            lambda *_: replace(scene.store.transfers.link_to_put(scene.bucket, "transfer/x", "u", 1, 60), verb="GET"),
        )
        with pytest.raises(OperationError, match="did not do its part of the copy: the bucket answered 403"):
            scene.copy(*ends)
    done = scene.copy(*ends)
    assert (done.sha256, done.went_on_at) == (digest, SIZE)


@needs_ssh
def test_a_folder_that_is_not_there_is_told_before_anything_is_put_into_the_bucket(
    scene: Scene, tmp_path: Path
) -> None:
    path, _ = film(tmp_path, SIZE)
    with pytest.raises(OperationError, match=r"There is no folder for edit-1:nowhere/film\.mov"):
        scene.copy(Place("", str(path)), Place("edit-1", "nowhere/film.mov"))
    assert scene.left_over() == []


@needs_ssh
def test_an_empty_file_needs_no_bucket(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert scene.copy(Place("", str(tmp_path / "empty")), Place("edit-1", "empty")).bytes == 0
    assert scene.copy(Place("edit-1", "empty"), Place("", str(tmp_path / "again"))).bytes == 0
    assert (tmp_path / "again").read_bytes() == b""


@pytest.mark.parametrize(
    ("more", "windows", "why"),
    [
        ("profile: content\n", False, "stay inside its network"),
        ("storage: {object_lock_days: 30}\n", False, "object_lock_days"),
        ("storage: {backup_region: eu-central-1}\n", False, "backup_region"),
        ("", True, "Windows"),
        ("", False, ""),
    ],
)
def test_what_keeps_files_out_of_the_bucket_is_said_where_it_was_asked_for(
    tmp_path: Path, more: str, windows: bool, why: str
) -> None:
    file = tmp_path / "teaser.yaml"
    file.write_text(PROJECT + "owner: ana@tinyorange.example\n" + more)
    project = load_project(file)
    assert why in why_not(project, "bucket", is_windows=windows)
    if not why:
        return
    store = Store(None, "bucket", "i-1")  # type: ignore[arg-type]
    assert ways_by(project, store, by="auto", is_windows=windows) is None
    with pytest.raises(UsageError, match="cannot go by way of its bucket") as refused:
        ways_by(project, store, by="bucket", is_windows=windows)
    assert "--by bucket" in refused.value.hint


def test_a_project_from_before_there_was_a_bucket_copied_for_hours_and_nobody_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "teaser.yaml").write_text(PROJECT)
    (tmp_path / "film.mov").write_bytes(b"film")
    done = Copied("film.mov", 4, 0, "", 1)
    monkeypatch.setattr(by_bucket, "to_machine", lambda *_: done)
    said: list[str] = []
    store = Store(None, "", "i-1")  # type: ignore[arg-type]
    project = load_project(tmp_path / "teaser.yaml")
    for least, sentences in ((5, 0), (4, 1)):
        monkeypatch.setattr(by_bucket, "LARGE", least)
        ways = ways_by(project, store, by="auto", is_windows=False, tell=said.append)
        assert ways
        nobody: Any = None
        assert ways[0](nobody, nobody, Place("", str(tmp_path / "film.mov")), Place("edit-1", ""), nobody) is done
        assert len(said) == sentences
    assert "`workstation up` makes it" in said[0]
    with pytest.raises(UsageError, match="has no bucket for that"):
        ways_by(project, store, by="bucket", is_windows=False)


def test_parts_are_few_enough_and_together_the_file() -> None:
    for size in (0, 1, PART, PART + 1, 5 << 40):
        parts = parts_of(size)
        assert sum(length for _, _, length in parts) == size
        assert len(parts) <= 10_000
        assert all(after[1] == before[1] + before[2] for before, after in pairwise(parts))
    assert LARGE % PART == 0


def test_two_copies_never_meet_in_the_bucket() -> None:
    keys = {
        key_of(machine, direction, path, digest)
        for machine in ("i-1", "i-2") for direction in ("up", "down") for path in ("a", "b") for digest in ("0", "1")
    }  # fmt: skip
    assert len(keys) == 16
    assert all(key.startswith(TRANSFER) for key in keys)


class Slow(BaseHTTPRequestHandler):
    """Gives a range of a content, a piece at a time."""

    content = os.urandom(6 << 20)

    def do_GET(self) -> None:
        start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        self.send_response(206)
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        with contextlib.suppress(OSError):
            for place in range(start, len(self.content), 1 << 20):
                self.wfile.write(self.content[place : place + (1 << 20)])
                time.sleep(0.2)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


def test_a_machine_that_was_not_told_that_its_copy_is_over_spoilt_the_next(tmp_path: Path) -> None:
    """The line was lost, the copy was begun anew, and two programs appended to one file: what arrived was not what was sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path, size = tmp_path / "film.part", len(Slow.content)
    link = {"url": f"http://127.0.0.1:{server.server_port}/film", "verb": "GET", "headers": {}}
    job = json.dumps({"path": str(path), "size": size, "get": link}).encode()

    def begun() -> "subprocess.Popen[bytes]":
        running = subprocess.Popen(
            [sys.executable, str(Path(by_bucket.__file__).with_name("carrier.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert running.stdin
        running.stdin.write(job + b"\n")
        running.stdin.close()
        return running

    first = begun()
    assert first.stdout
    assert first.stdout.readline() == b"%d\n" % (1 << 20)
    second = begun()
    assert second.stdout
    said = second.stdout.readline()  # it waits, and says how far the first one is
    assert int(said) >= 1 << 20
    first.stdout.close()
    assert first.wait(60) == 1, "nobody listens to it"
    lines = second.stdout.read().split()
    second.stdout.close()
    assert (second.wait(60), lines[-1]) == (0, b"done")
    assert path.read_bytes() == Slow.content
    server.shutdown()
    server.server_close()
