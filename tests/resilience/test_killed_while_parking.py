"""A `park`, a `start` that brings back, another size, a `move`, a `restore` and another name, on each simulated cloud, that die at any call: the
same command goes on, and every disk is kept."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from stage import Ran, Stage

from soundstage.plan.plan import PlannedResource
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.clouds.estate import Kind
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import DISK, snapshot_on

pytestmark = [pytest.mark.slow]

FILE: Final = "rest.yaml"
MACHINE: Final = "  edit-1: {for: audio, size: small, data_gib: 20}\n"
UP, PARK, START, RESTORE = (
    ("up", FILE, "--yes"),
    ("park", FILE, "--yes"),
    ("start", FILE, "--yes"),
    ("restore", FILE, "edit-1", "--yes"),
)
MOST: Final = 4
"""At how many points each command dies in `make test`."""


@dataclass(frozen=True)
class On:
    """What differs from cloud to cloud."""

    cloud: str
    file: str
    zones: tuple[str, str]
    about: tuple[str, ...]
    """What a point is about that concerns a disk, the machine, or what is paid for while nobody works."""
    away: tuple[str, ...]
    """Words in the types and names of what a parked project does not pay for."""


CLOUDS: Final = {
    "aws": On(
        "simulated",
        "",
        ("eu-west-1a", "eu-west-1b"),
        ("Image", "Snapshot", "Volume", "Instances", "Attribute", "rest-network-ssm"),
        ("network-ssm",),
    ),
    "gcp": On(
        "simulated-gcp",
        "cloud: simulated-gcp\nnetwork: {zone: io, nat: true}\n",
        ("europe-west4-a", "europe-west4-b"),
        ("/images", "/disks", "/instances", "RouterNat", "-nat"),
        ("address", "Nat"),
    ),
}
OURS: Final = ("rest-edit-1-data", "rest-edit-1-instance")


class Rest:
    """A project with one machine, up."""

    def __init__(self, stage: Stage, on: On) -> None:
        self.stage, self.on, self.called = stage, on, FILE
        self.write(MACHINE)
        stage.must(*UP)

    def write(self, machines: str) -> None:
        (self.stage.folder / FILE).write_text(f"project: rest\n{self.on.file}workstations:\n{machines}")

    @property
    def now(self) -> Deployment:
        return open_project(str(self.stage.folder / self.called))

    def machine(self) -> Machine:
        (found,) = self.now.machines()
        return found

    def disk(self) -> PlannedResource:
        (found,) = (one for one in self.now.engine.resources().of_type(*DISK) if one.name.endswith("-data"))
        return found

    def kept(self) -> list[str]:
        return [one.name for one in self.now.cloud.images.named("parked/*", "self", self.now.project.region)]

    def dies(self, command: tuple[str, ...], ran: Ran, *about: str) -> int:
        """It dies where `ran` was about the machine, its disk or `about`."""
        return self.stage.dies_at_each(ran.sample(MOST, *self.on.about, *OURS, *about), *command)

    def is_in_order(self) -> None:
        """Machine and work disk are in the account once, and together; all that is there is on record."""
        there = self.now.cloud.estate.things(self.now.project.region)
        (machine,) = (one for one in there if one.kind is Kind.MACHINE)
        (disk,) = (one for one in there if one.kind is Kind.DISK and self.disk().id in {one.id, *one.names})
        assert (machine.id, disk.attached_to) == (self.machine().instance_id, machine.id)
        assert "nothing to change" in self.stage.must("preview", self.called).out
        found = json.loads(self.stage.must("orphans", "--cloud", self.on.cloud, "--json").out)
        assert [one["id"] for one in found["orphans"]] == []
        assert found["unfinished"] == []


@pytest.fixture(params=CLOUDS)
def rest(request: pytest.FixtureRequest, new_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch) -> Rest:
    on = CLOUDS[request.param]
    stage = new_stage(*(["studio.yaml"] if on.cloud == "simulated" else []))
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(stage.home))
    monkeypatch.chdir(stage.folder)
    return Rest(stage, on)


Record = Callable[[str, object], None]


def test_a_park_and_a_start_that_die_lose_nothing_and_leave_nothing_behind(rest: Rest, record_property: Record) -> None:
    to_park, to_start = rest.stage.must(*PARK), rest.stage.must(*START)
    before = rest.disk()
    deaths = rest.dies(PARK, to_park)
    assert rest.now.machines() == []
    (image,) = rest.kept()
    assert "/edit-1/" in image
    last = {one.id for one in rest.now.snapshots() if one.disk == before.id and one.is_complete}
    assert last
    still = [f"{one.type} {one.name}" for one in rest.now.engine.resources()]
    assert [one for one in still if any(word in one for word in rest.on.away)] == [], "it pays for its way out"
    assert "rest is parked" in rest.stage.must("status", FILE).out
    deaths += rest.dies(START, to_start)
    assert snapshot_on(rest.disk()) in last
    assert rest.kept() == [image]
    made_from = rest.now.cloud.images.found([rest.machine().image], rest.now.project.region)
    assert [one.name for one in made_from.values()] == [image]
    rest.is_in_order()
    record_property("count", ("deaths of `park` and `start`", deaths))


def test_a_restore_and_a_move_that_die_go_on_with_the_same_command(rest: Rest, record_property: Record) -> None:
    here, there = rest.on.zones
    rest.stage.must(*PARK)
    rest.stage.must(*START)
    made = rest.machine()
    to_restore = rest.stage.must(*RESTORE)
    assert rest.machine().instance_id == made.instance_id, "a restore made the machine anew, without its system disk"
    before = rest.disk()
    deaths = rest.dies(RESTORE, to_restore)
    assert rest.machine().instance_id == made.instance_id
    assert before.id in {one.disk for one in rest.now.snapshots()}, "what was on the disk before is gone"
    move = ("move", FILE, "edit-1", "--yes", "--zone")
    to_there = rest.stage.must(*move, there)
    rest.stage.must(*move, here)
    work = rest.disk()
    deaths += rest.dies((*move, there), to_there)
    assert work.id in {one.disk for one in rest.now.snapshots()}
    assert (rest.machine().zone, rest.machine().is_running) == (there, True)
    assert rest.machine().image == made.image or rest.kept()
    rest.is_in_order()
    record_property("count", ("deaths of `restore` and `move`", deaths))


def test_another_size_that_dies_on_the_way_keeps_machine_and_disk_and_leaves_it_running(
    rest: Rest, record_property: Record
) -> None:
    before, work = rest.machine(), rest.disk().id
    to_large, to_small = (("resize", FILE, "edit-1", size, "--yes") for size in ("large", "small"))
    ran = rest.stage.must(*to_large)
    rest.stage.must(*to_small)
    deaths = rest.dies(to_large, ran, f"move: {FILE}")
    after = rest.machine()
    assert (after.instance_id, after.is_running, rest.disk().id) == (before.instance_id, True, work)
    assert after.instance_type != before.instance_type
    rest.is_in_order()
    record_property("count", ("deaths of `resize`", deaths))


def test_another_name_for_a_machine_that_dies_on_the_way_makes_nothing_anew(
    rest: Rest, record_property: Record
) -> None:
    before, work = rest.machine(), rest.disk().id

    def called(new: str, old: str) -> None:
        rest.write(MACHINE.replace("edit-1", new).replace("}", f", was: {old}}}"))

    called("cut-1", "edit-1")
    ran = rest.stage.must(*UP)
    called("edit-1", "cut-1")
    rest.stage.must(*UP)
    called("cut-1", "edit-1")
    deaths = rest.dies(UP, ran, "cut-1", "edit-1")
    after = rest.machine()
    assert (after.name, after.instance_id, rest.disk().id) == ("cut-1", before.instance_id, work)
    rest.is_in_order()
    record_property("count", ("deaths of `up` with another name of a machine", deaths))


def test_another_name_for_a_project_that_dies_on_the_way_changes_nothing_in_the_cloud(
    rest: Rest, record_property: Record
) -> None:
    (rest.stage.folder / "rest.policy.yaml").write_text("strict: false\n")
    before = rest.now.engine.resources()
    rename = ("rename", FILE, "trailer", "--yes")
    ran = rest.stage.must(*rename)
    rest.stage.must("rename", "trailer.yaml", "rest", "--yes")
    deaths = rest.stage.dies_at_each(ran.sample(MOST, "move: ", "moved: "), *rename)
    rest.called = "trailer.yaml"
    assert (rest.now.project.title, rest.now.project.project) == ("trailer", "rest")
    assert sorted(one.name for one in rest.stage.folder.glob("*.policy.yaml")) == ["trailer.policy.yaml"]
    assert {one.urn: one.id for one in rest.now.engine.resources()} == {one.urn: one.id for one in before}
    rest.is_in_order()
    record_property("count", ("deaths of `rename`", deaths))
