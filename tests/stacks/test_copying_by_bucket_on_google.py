"""Large files go by way of a bucket of their own on Google Cloud, in which nothing stays, not even for the days of a soft delete."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.copies import Copies, film
from tests.studios import up_in

from soundstage.core.errors import CloudError, OperationError
from soundstage.providers.calls import Declined
from soundstage.providers.gcp.rest import GoogleProject, called, limited_token
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.clouds.transfers import Link
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.entry import by_bucket
from soundstage.stacks.entry.both_ends import Copied, Place
from soundstage.stacks.entry.by_bucket import Store, key_of, ways_by
from soundstage.stacks.entry.copying import copy
from soundstage.stacks.entry.door import door, the_machine

ANA = "user:ana@studio.example"
PROJECT = f"""
project: teaser
cloud: simulated-gcp
access: {{people: ["{ANA}"]}}
workstations:
  edit-1: {{for: audio, user: ana, data_gib: 0}}
"""
SIZE = 3_000_000
"""Of six parts."""

pytestmark = pytest.mark.skipif(
    not shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin"),
    reason="OpenSSH's server is not installed on this machine",
)


class Scene:
    """A project that is up, and copies to and from its machine by way of its bucket."""

    size = SIZE

    def __init__(self, deployment: Deployment, way: Door, home: Path) -> None:
        self.deployment, self.way, self.home = deployment, way, home
        self.transfers = deployment.cloud.transfers
        self.bucket = self.transfers.bucket_in(deployment.outputs())
        self.store = Store(self.transfers, self.bucket, way.machine.instance_id)

    def copy(self, source: Place, target: Place, on_bytes: Any = lambda _done, _total: None) -> Copied:
        return copy(
            self.way,
            source,
            target,
            on_bytes,
            ways_by(self.deployment.project, self.store, by="bucket", is_windows=False),
        )

    def who(self, caller: str = "owner") -> GoogleProject:
        endpoint = process.running(self.home)
        assert endpoint is not None
        return simulated_project(endpoint, caller)

    def left_over(self) -> list[str]:
        """Everything that lies in the bucket, also what was deleted and can be restored."""
        found = [
            one["name"]
            for more in ({"versions": True}, {"softDeleted": True})
            for one in self._list(more).get("items", ())
        ]
        return sorted(found)

    def _list(self, more: dict[str, bool]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = called(self.who(), "storage.objects.list", {"bucket": self.bucket, **more})
        except Exception as refused:  # noqa: BLE001 - a bucket without soft delete says so
            assert "soft" in str(refused).lower(), refused  # noqa: PT017
            return {}
        return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with up_in(tmp_path_factory.mktemp("studio"), PROJECT) as folder:
        yield folder


@pytest.fixture
def scene(folder: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(folder / "state"))
    monkeypatch.setattr(by_bucket, "PART", 512 << 10)
    deployment = open_project(None)
    with door(deployment, the_machine(deployment, "edit-1"), lambda _said: None) as way:
        yield Scene(deployment, way, folder / "state")
    process.set_enforcement(folder / "state", False)


class TestCopiesByBucket(Copies):
    """By way of the transfer bucket."""


def answer(link: Link, url: str = "", body: bytes | None = None) -> int:
    """What the cloud says to whoever has a link, also for another address."""
    asked = urllib.request.Request(url or link.url, body, dict(link.headers), method="GET" if body is None else "POST")
    try:
        with urllib.request.urlopen(asked, timeout=30) as told:
            return int(told.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return int(refused.code)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_token_that_ends_on_the_way_is_followed_by_another_and_one_that_never_counts_is_told(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direction: str
) -> None:
    path, digest = film(tmp_path, SIZE)
    ends = Place("", str(path)), Place("edit-1", f"stale-{direction}.mov")
    if direction == "down":
        scene.copy(*ends)
        ends = ends[1], Place("", str(tmp_path / "back.mov"))
    method = "link_to_get" if direction == "up" else "link_to_put"
    with monkeypatch.context() as patch:
        patch.setattr(type(scene.transfers), method, lambda *_: Link(f"{scene.who().base}/storage/v1/b/x/o/y", "GET"))
        with pytest.raises(OperationError, match="the bucket does not take its links"):
            scene.copy(*ends)
    done = scene.copy(*ends)
    assert done.sha256 == digest


def test_what_a_machine_is_told_reaches_the_objects_of_this_copy_and_ends_within_an_hour(
    scene: Scene, tmp_path: Path
) -> None:
    mine, other = key_of("i-1", "up", "a", "0"), key_of("i-1", "up", "b", "0")
    for key in (mine, other):
        scene.transfers.put(scene.bucket, key, "", 1, b"film")
        scene.transfers.finish(scene.bucket, key, "")
    get, put = (
        scene.transfers.link_to_get(scene.bucket, mine, 60),
        scene.transfers.link_to_put(scene.bucket, mine, "", 2, 60),
    )
    project = f"{scene.who().base}/compute/v1/projects/{scene.who().account_id}/zones"
    assert (answer(get), answer(put, body=b"more")) == (200, 200)
    assert answer(get, get.url.replace(mine[-32:], other[-32:])) == 403
    assert answer(put, put.url.replace(mine[-32:], other[-32:]), b"more") == 403
    assert answer(get, put.url, b"more") == 403
    assert answer(get, project) == 403
    process.turn_clock(scene.home, 3700)
    assert answer(get) == 401
    for key in (mine, other):
        scene.transfers.clear(scene.bucket, key)
    assert scene.left_over() == []


def test_whom_the_project_lets_in_copies_with_the_rights_that_the_bucket_gives(scene: Scene) -> None:
    process.set_enforcement(scene.home, True)
    key = key_of("i-1", "up", "c", "0")
    about = {"bucket": scene.bucket, "name": f"{key}/00001", "media": b"film"}
    called(scene.who(ANA), "storage.objects.insert", about)
    with pytest.raises(Exception, match="forbidden"):
        called(scene.who("user:zoe@studio.example"), "storage.objects.insert", about)
    rule = {
        "availableResource": f"//storage.googleapis.com/projects/_/buckets/{scene.bucket}",
        "availablePermissions": ["inRole:roles/storage.objectViewer"],
    }
    read = f"{scene.who().base}/storage/v1/b/{scene.bucket}/o?prefix=x"
    tokens = {who: limited_token(scene.who(who), [rule]) for who in (ANA, "user:zoe@studio.example")}
    said = {who: answer(Link(read, headers={"Authorization": f"Bearer {token}"})) for who, token in tokens.items()}
    assert said == {ANA: 200, "user:zoe@studio.example": 403}
    called(scene.who(ANA), "storage.objects.delete", {"bucket": scene.bucket, "object": f"{key}/00001"})
    scene.transfers.clear(scene.bucket, key)


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"availableResource": "//storage.googleapis.com/projects/_/buckets/b", "availablePermissions": []}],
        [{"availableResource": "//compute.googleapis.com/x", "availablePermissions": ["inRole:roles/storage.objectViewer"]}],
        [{"availableResource": "//storage.googleapis.com/projects/_/buckets/b", "availablePermissions": ["storage.objects.get"]}],
    ],
    ids=["none", "no-role", "another-service", "a-permission"],
)  # fmt: skip
def test_a_boundary_that_is_none_is_refused(scene: Scene, rules: list[Any]) -> None:
    with pytest.raises(Declined) as refused:
        limited_token(scene.who(), rules)
    assert "access boundary" in refused.value.message


def test_a_token_with_a_boundary_cannot_get_another_one(scene: Scene) -> None:
    link = scene.transfers.link_to_get(scene.bucket, "x", 60)
    told = {
        "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subjectTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "subjectToken": link.headers["Authorization"].removeprefix("Bearer "),
    }
    asked = urllib.request.Request(
        f"{scene.who().base}/v1/token", json.dumps(told).encode(), {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=30)
    with refused.value:
        assert refused.value.code == 400


def test_more_parts_than_are_composed_at_once_become_one_object_in_their_order(scene: Scene) -> None:
    key, content = key_of("i-1", "up", "many", "0"), [f"{number:04}".encode() for number in range(1, 71)]
    for number, body in reversed(list(enumerate(content, 1))):
        scene.transfers.put(scene.bucket, key, "", number, body)
    scene.transfers.finish(scene.bucket, key, "")
    assert b"".join(scene.transfers.read(scene.bucket, key, 4)) == b"".join(content[1:])
    scene.transfers.clear(scene.bucket, key)
    assert scene.left_over() == []


def test_a_file_that_holds_the_mark_between_the_parts_of_a_request_was_cut_there(scene: Scene) -> None:
    """Such as a recording of what was sent before: the mark was always the same."""
    film = b"before\r\n--=====soundstage=====--\r\nbehind"
    scene.transfers.put(scene.bucket, "x/1", "", 1, film)
    assert b"".join(scene.transfers.read(scene.bucket, "x/1/00001", 0)) == film
    scene.transfers.clear(scene.bucket, "x/1")


def test_the_bucket_goes_with_its_project(scene: Scene) -> None:
    outputs = scene.deployment.outputs()
    assert scene.bucket != outputs["bucket"]
    about = called(scene.who(), "storage.buckets.get", {"bucket": scene.bucket})
    assert about.get("softDeletePolicy", {}).get("retentionDurationSeconds", "0") == "0"
    assert {"action": {"type": "Delete"}, "condition": {"age": 1, "isLive": True}} in about["lifecycle"]["rule"]


def test_what_a_stopped_copy_left_does_not_keep_the_project(scene: Scene) -> None:
    scene.transfers.put(scene.bucket, key_of("i-1", "up", "left", "0"), "", 1, b"film")
    scene.transfers.leave(scene.deployment.outputs())
    assert scene.left_over() == []
    scene.transfers.leave({"transfer_bucket": "home-transfer-gone"})
    scene.transfers.leave({})


def test_a_bucket_that_is_not_there_is_told(scene: Scene) -> None:
    with pytest.raises(CloudError, match="does not exist"):
        scene.transfers.put("home-nowhere", "x", "", 1, b"film")
