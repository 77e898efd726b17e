"""Machines that a colleague had parked, and that nobody else could see: the cloud has none of them, and no record here names them."""

import json
import threading
from typing import Any

from tests.stacks.team.rows import NOW, machine, row

from soundstage.core.errors import CloudError
from soundstage.projectfile.spec import State, Studio
from soundstage.stacks.state.on_record import Standing
from soundstage.stacks.team.colleagues import of_colleagues
from soundstage.stacks.team.overview import Overview
from soundstage.stacks.team.parked import with_parked

STUDIO = Studio(
    studio="northlight",
    state=State(backend="s3://northlight-state?region=eu-west-1", secrets="awskms://k?region=eu-west-1"),
)
ROOT = ".pulumi/stacks/"


def state(*parked: str) -> str:
    stack = {"type": "pulumi:pulumi:Stack", "urn": "s", "outputs": {"parked": {name: {} for name in parked}}}
    provider = {"type": "pulumi:providers:aws", "urn": "p", "custom": True, "inputs": {"region": "eu-central-1"}}
    network = {"type": "aws:ec2/vpc:Vpc", "urn": "v", "custom": True}
    return json.dumps({"checkpoint": {"latest": {"resources": [stack, provider, network]}}})


class Bucket:
    """A cloud whose bucket holds these objects."""

    kind, look_alike = "aws", None

    def __init__(self, **held: str) -> None:
        self.held = {f"{ROOT}soundstage/{name}.json": text for name, text in held.items()}
        self.held[f"{ROOT}soundstage-studio/northlight.json"] = state()
        self.held[f"{ROOT}soundstage/film.json.bak"] = "old"
        self.buckets = self

    def keys(self, *_: object) -> list[str]:
        return sorted(self.held)

    def read(self, _bucket: object, key: str, *_: object) -> bytes:
        return self.held[key].encode()


def asked(cloud: Any, wait: float = 20.0, studio: Studio = STUDIO) -> tuple[list[Any], list[str]]:
    return of_colleagues([(studio, lambda: cloud)], wait)


def test_what_a_colleague_parked_was_missing_in_the_list() -> None:
    found, told = asked(Bucket(film=state("edit-1", "mix-1"), teaser=state()))
    assert told == []
    assert [(one.project, one.region, one.standing, list(one.parked)) for one in found] == [
        ("film", "eu-central-1", Standing.PARKED, ["edit-1", "mix-1"]),
        ("teaser", "eu-central-1", Standing.UP, []),
    ]
    there = Overview(NOW, (row(machine("mix-1", "film", "running")),), ())
    rows = with_parked(there, [*found, *found]).rows  # as this machine's own record may say the same
    assert [(one.machine.project, one.machine.name, one.state) for one in rows] == [
        ("film", "mix-1", "running"),
        ("film", "edit-1", "parked"),
    ]


def test_a_bucket_that_cannot_be_read_hid_that_something_may_be_missing() -> None:
    class Closed(Bucket):
        def keys(self, *_: object) -> list[str]:
            raise CloudError("AccessDenied: not for you")

    class Silent(Bucket):
        def keys(self, *_: object) -> list[str]:
            threading.Event().wait()
            return []

    for cloud, words in (
        (Closed(), "not for you"),
        (Silent(), "did not answer"),
        (Bucket(film="{}"), "film.json is no state"),
    ):
        found, (told,) = asked(cloud, 0.2 if isinstance(cloud, Silent) else 20.0)
        assert (found, "parked machines may be missing here" in told, words in told) == ([], True, True)


def test_a_bucket_that_the_studio_has_not_made_yet_was_told_as_one_that_cannot_be_read() -> None:
    class Unmade(Bucket):
        def keys(self, *_: object) -> list[str]:
            raise CloudError("there is no such bucket", code="NoSuchBucket")

    its_own = State(backend="s3://northlight-state?region=eu-west-1", managed=True)
    assert asked(Unmade(), studio=Studio(studio="northlight", state=its_own)) == ([], [])
    assert "there is no such bucket" in asked(Unmade())[1][0], "this one is somebody's to make, or its name is mistyped"


def test_a_studio_without_a_bucket_was_asked_for_one() -> None:
    def refuse() -> Any:
        raise AssertionError("nobody is to be asked")

    assert of_colleagues([(Studio(studio="home"), refuse)]) == ([], [])
