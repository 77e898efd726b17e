"""A `park`, a `start` that brings back, a `restore` and a `move` that die at any call to Google Cloud: the same command goes on, and every disk
is kept."""

from collections.abc import Callable
from typing import Final

import pytest
from stage import Ran, Stage
from tests.exploring import SOAK

from soundstage.plan.plan import PlannedResource
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import DISK, snapshot_on

pytestmark = [pytest.mark.slow]

PROJECT: Final = (
    "project: rest\ncloud: simulated-gcp\nworkstations:\n  edit-1: {for: audio, size: small, data_gib: 20}\n"
    "network: {zone: io, nat: true}\n"
)
UP, PARK, START, RESTORE, MOVE = (
    ("up", "rest.yaml", "--yes"),
    ("park", "rest.yaml", "--yes"),
    ("start", "rest.yaml", "--yes"),
    ("restore", "rest.yaml", "edit-1", "--yes"),
    ("move", "rest.yaml", "edit-1", "--zone", "europe-west4-b", "--yes"),
)
ABOUT: Final = ("/images", "/disks", "/instances", "rest-edit-1-data", "rest-edit-1-instance", "RouterNat", "-nat")
"""What a point is about that concerns a disk, the machine or its way out."""


class Rest:
    """A project with one machine, up on the simulated Google Cloud."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        (stage.folder / "rest.yaml").write_text(PROJECT)
        stage.must(*UP)

    @property
    def now(self) -> Deployment:
        return open_project(str(self.stage.folder / "rest.yaml"))

    def machine(self) -> Machine:
        (found,) = self.now.machines()
        return found

    def disk(self) -> PlannedResource:
        (found,) = (one for one in self.now.engine.resources().of_type(*DISK) if one.name.endswith("-data"))
        return found

    def kept(self) -> list[str]:
        return [one.name for one in self.now.cloud.images.named("parked/*", "self", "europe-west4")]

    def dies_everywhere(self, command: tuple[str, ...], ran: Ran, every: int) -> int:
        """Type a command until it gets through; it dies once at each point that it comes to, of those that `ran` passed about a disk or the
        machine: at all with `make soak`, else at some."""
        found = sorted({point for point in ran.points if any(word in point for word in ABOUT)})
        left, deaths = set(found if SOAK else found[::every]), 0
        while (again := self.stage.run(*command, aims=left)).code:
            assert again.struck, f"{command}: {again.code}\n{again.err}"
            left -= set(again.struck)
            deaths += 1
            self.stage.verify()
        assert deaths
        return deaths


@pytest.fixture
def rest(new_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch) -> Rest:
    stage = new_stage()
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(stage.home))
    monkeypatch.chdir(stage.folder)
    return Rest(stage)


def test_a_park_and_a_start_that_die_lose_nothing_and_leave_nothing_behind(
    rest: Rest, record_property: Callable[[str, object], None]
) -> None:
    to_park, to_start = rest.stage.must(*PARK), rest.stage.must(*START)
    before = rest.disk()
    deaths = rest.dies_everywhere(PARK, to_park, 7)
    assert rest.now.machines() == []
    (image,) = rest.kept()
    assert "/edit-1/" in image
    last = {one.id for one in rest.now.snapshots() if one.disk == before.id and one.is_complete}
    assert last
    left = [one.type for one in rest.now.engine.resources() if "address" in one.type.lower() or "Nat" in one.type]
    assert left == [], "a parked project pays for its way to the internet"
    deaths += rest.dies_everywhere(START, to_start, 9)
    assert snapshot_on(rest.disk()) in last
    assert rest.kept() == [image]
    assert [one.name for one in rest.now.cloud.images.found([rest.machine().image], "europe-west4").values()] == [image]
    assert "nothing to change" in rest.stage.must("preview", "rest.yaml").out
    record_property("count", ("deaths of `park` and `start` on Google Cloud", deaths))


def test_a_restore_and_a_move_that_die_go_on_with_the_same_command(
    rest: Rest, record_property: Callable[[str, object], None]
) -> None:
    rest.stage.must(*PARK)
    rest.stage.must(*START)
    made = rest.machine()
    to_restore = rest.stage.must(*RESTORE)
    assert rest.machine().instance_id == made.instance_id, "a restore made the machine anew, without its system disk"
    before = rest.disk()
    deaths = rest.dies_everywhere(RESTORE, to_restore, 9)
    assert rest.machine().instance_id == made.instance_id
    assert before.id in {one.disk for one in rest.now.snapshots()}, "what was on the disk before is gone"
    to_b = rest.stage.must(*MOVE)
    rest.stage.must(*MOVE[:-2], "europe-west4-a", "--yes")
    deaths += rest.dies_everywhere(MOVE, to_b, 15)
    assert rest.machine().zone == "europe-west4-b"
    assert rest.machine().is_running
    assert rest.machine().image.rpartition("/")[2].startswith("parked-")
    assert "nothing to change" in rest.stage.must("preview", "rest.yaml").out
    record_property("count", ("deaths of `restore` and `move` on Google Cloud", deaths))
