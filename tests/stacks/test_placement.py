"""Zones: machines that went to the region's first zone, whatever it offers, and machines that must stay where they are."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import CloudError, PreflightRefused, UsageError
from soundstage.projectfile.project_file import Project
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.programs.placement import Kept, Placement, kept_places, named_in_file, place, unsettled

# A name is another place in every account.
ZONES = {"x-1a": "x1-az4", "x-1b": "x1-az1", "x-1c": "x1-az2", "x-1d": "x1-az3"}
OFFERED = {
    "g5.xlarge": "abcd",
    "g6.xlarge": "bc",
    "g4dn.xlarge": "c",
    "g5.2xlarge": "d",
    "m7i.large": "a",
    "p5": "",
    "g7e.2xlarge": "",
}


def project(**machines: str) -> Project:
    """`project(edit="g5.xlarge", comp="g6.xlarge x-1b")`: machines of these types, some in a zone by name."""
    rows = {}
    for name, said in machines.items():
        type, _, zone = said.partition(" ")
        rows[name] = {"for": "editing", "instance_type": type, **({"availability_zone": zone} if zone else {})}
    return Project.model_construct(
        project="a",
        region="x-1",
        workstations={name: _workstation(row) for name, row in rows.items()},
        availability_zone=None,
    )


def _workstation(row: Mapping[str, str]) -> Any:
    from soundstage.projectfile.project_file import Workstation

    return Workstation.model_construct(
        for_=row["for"], instance_type=row["instance_type"], availability_zone=row.get("availability_zone")
    )


def placed(kept: Kept | None = None, **machines: str) -> Placement:
    offered = {type: {f"x-1{letter}" for letter in letters} for type, letters in OFFERED.items()}
    return place(project(**machines), kept or Kept(), ZONES, offered)


@pytest.mark.parametrize(
    ("machines", "zones", "where"),
    [
        pytest.param({"e": "g5.xlarge"}, "ab", {"e": "a"}, id="the-first-that-offers-it"),
        pytest.param({"e": "g6.xlarge"}, "bc", {"e": "b"}, id="the-first-zone-does-not-offer-it"),
        pytest.param({"e": "g5.xlarge", "f": "g6.xlarge"}, "bc", {"e": "b", "f": "b"}, id="one-for-all"),
        pytest.param({"e": "g5.xlarge", "f": "g6.xlarge", "g": "g4dn.xlarge"}, "cb", dict.fromkeys("efg", "c"), id="the-only-one-for-all"),
        pytest.param({"e": "m7i.large", "f": "g4dn.xlarge", "g": "g6.xlarge"}, "ca", {"e": "a", "f": "c", "g": "c"}, id="no-zone-has-all"),
        pytest.param({"e": "g5.xlarge x-1d", "f": "g6.xlarge"}, "bd", {"e": "d", "f": "b"}, id="one-is-named"),
        pytest.param({"e": "g5.xlarge x-1d", "f": "g5.xlarge"}, "da", {"e": "d", "f": "d"}, id="the-others-follow-the-one-named"),
        pytest.param({"e": "g5.xlarge x1-az3", "f": "g6.xlarge"}, "bd", {"e": "d", "f": "b"}, id="one-is-named-by-its-id"),
        pytest.param({}, "ab", {}, id="no-machine"),
    ],
)  # fmt: skip
def test_a_type_that_the_first_zone_does_not_offer(machines: dict[str, str], zones: str, where: dict[str, str]) -> None:
    found = placed(**machines)
    assert found.zones == tuple(f"x-1{letter}" for letter in zones)
    assert found.machines == {name: f"x-1{letter}" for name, letter in where.items()}


def kept(zones: str, machines: Mapping[str, str] | None = None, **types: str) -> Kept:
    subnets = {number: f"x-1{letter}" for number, letter in enumerate(zones, 1) if letter != "-"}
    return Kept(subnets, {name: f"x-1{letter}" for name, letter in (machines or {}).items()}, types)


@pytest.mark.parametrize(
    ("record", "machines", "zones", "where"),
    [
        pytest.param(kept("ab", {"e": "a"}, e="g5.xlarge"), {"e": "g5.xlarge", "f": "g6.xlarge"}, "ab", {"e": "a", "f": "b"}, id="the-new-one-goes-to-a-subnet-that-is-there"),
        pytest.param(kept("ab", {"e": "a"}, e="g5.xlarge"), {"e": "g5.xlarge", "f": "g4dn.xlarge"}, "abc", {"e": "a", "f": "c"}, id="a-third-subnet-comes"),
        pytest.param(kept("ba", {"e": "b"}, e="g6.xlarge"), {"e": "g5.xlarge"}, "ba", {"e": "b"}, id="resized"),
        pytest.param(kept("--", {"e": "c"}), {"e": "g5.xlarge"}, "ca", {"e": "c"}, id="nothing-but-a-disk-was-made"),
        pytest.param(kept("-b"), {"e": "g5.xlarge"}, "ab", {"e": "b"}, id="the-second-subnet-was-made-first"),
        pytest.param(kept("abc"), {"e": "g5.xlarge"}, "abc", {"e": "a"}, id="no-subnet-goes-while-the-network-is-up"),
    ],
)  # fmt: skip
def test_a_choice_that_would_move_what_is_there(
    record: Kept, machines: dict[str, str], zones: str, where: dict[str, str]
) -> None:
    found = placed(record, **machines)
    assert found.zones == tuple(f"x-1{letter}" for letter in zones)
    assert found.machines == {name: f"x-1{letter}" for name, letter in where.items()}


@pytest.mark.parametrize(
    ("record", "machines", "said"),
    [
        pytest.param(Kept(), {"e": "p5"}, "e: no zone of x-1 offers p5 to this account. Set another size, instance_type or region.", id="nowhere"),
        pytest.param(Kept(), {"e": "g6.xlarge x-1a"}, "e: x-1a does not offer g6.xlarge; x-1b (x1-az1) and x-1c (x1-az2) do. Set another availability_zone", id="not-in-the-zone-named"),
        pytest.param(Kept(), {"e": "g5.xlarge x-1f"}, "e: this account has no zone x-1f in x-1; it has x-1a (x1-az4), x-1b (x1-az1), x-1c (x1-az2) and x-1d (x1-az3).", id="no-such-zone"),
        pytest.param(Kept(), {"e": "g5.xlarge x1-az9"}, "e: this account has no zone x1-az9 in x-1; it has x-1a (x1-az4)", id="no-such-id"),
        pytest.param(Kept(), {"e": "g5.2xlarge", "f": "g7e.2xlarge"}, "f: no zone of x-1 offers g7e.2xlarge to this account. Set another size, instance_type or region. These regions offer it: ", id="regions-that-do"),
        pytest.param(kept("ab", {"e": "a"}, e="g5.xlarge"), {"e": "g4dn.xlarge"}, "e: x-1a, where e is, does not offer g4dn.xlarge; x-1c (x1-az2) does.", id="resized-to-what-its-zone-lacks"),
        pytest.param(kept("abc"), {"e": "g5.2xlarge"}, "room for 3 zones. With x-1a, x-1b and x-1c taken, there is no choice of zones that offers all of: g5.2xlarge", id="no-room-for-a-fourth-zone"),
    ],
)  # fmt: skip
def test_what_no_zone_offers_is_refused_in_words(record: Kept, machines: dict[str, str], said: str) -> None:
    with pytest.raises(PreflightRefused) as refused:
        placed(record, **machines)
    assert said in refused.value.message
    assert refused.value.message.startswith("Nothing was changed.")


def test_a_program_that_asks_nobody_takes_the_zones_that_the_file_names() -> None:
    assert named_in_file(project(e="g5.xlarge")) == Placement()
    named = named_in_file(project(e="g5.xlarge x-1b", f="g5.xlarge"))
    assert named == Placement(("x-1b",), {"e": "x-1b", "f": "x-1b"})
    assert named_in_file(project(e="g5.xlarge x1-az1")) == Placement()


def test_a_zone_named_by_its_id_asks_nobody_once_the_machine_is_there() -> None:
    there = Kept({1: "x-1b", 2: "x-1c"}, {"e": "x-1b"}, {"e": "g5.xlarge"}, {"x1-az1": "x-1b", "x1-az2": "x-1c"})
    assert unsettled(project(e="g5.xlarge x1-az1"), there) == {}
    assert place(project(e="g5.xlarge x1-az1"), there, {}, {}).machines == {"e": "x-1b"}
    assert unsettled(project(e="g5.xlarge x1-az2"), there) == {"e": "g5.xlarge"}


def test_the_zone_of_the_project_is_that_of_each_machine_that_names_none() -> None:
    both = project(e="g5.xlarge", f="g5.xlarge x-1a").model_copy(update={"availability_zone": "x1-az3"})
    offered = {type: {f"x-1{letter}" for letter in letters} for type, letters in OFFERED.items()}
    assert place(both, Kept(), ZONES, offered).machines == {"e": "x-1d", "f": "x-1a"}


Edit = Callable[..., Deployment]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zones") / "home"


@pytest.fixture(scope="module")
def cloud(home: Path) -> Iterator[Any]:
    with simulated_cloud(home) as cloud:
        yield cloud


@pytest.fixture
def edit(cloud: Any, home: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """`edit("edit-1: {…}", …)`: the project in Sydney, whose first zone lacks g5, with these machines."""
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    file = home.parent / "zones.yaml"

    def write(*machines: str) -> Deployment:
        rows = "".join(f"  {machine}\n" for machine in machines)
        file.write_text(f"project: zones\nregion: ap-southeast-2\nworkstations:\n{rows}")
        return open_project(str(file))

    return write


def where(cloud: Any) -> dict[str, tuple[str, str]]:
    """Machine → its zone and its id."""
    found = {}
    for reservation in cloud.client("ec2", "ap-southeast-2").describe_instances()["Reservations"]:
        for machine in reservation["Instances"]:
            if machine["State"]["Name"] != "terminated":
                name = next(tag["Value"] for tag in machine["Tags"] if tag["Key"] == "soundstage:workstation")
                found[name] = (machine["Placement"]["AvailabilityZone"], machine["InstanceId"])
    return found


BIG = "edit-1: {for: editing, instance_type: g5.2xlarge}"
OTHER = "mix-1: {for: audio, instance_type: g4dn.xlarge, data_gib: 0"


@pytest.mark.slow
def test_a_machine_whose_type_only_later_zones_offer_comes_up_and_stays_there(edit: Edit, cloud: Any) -> None:
    """The tests from here on follow each other."""
    edit(BIG).up()
    assert where(cloud)["edit-1"][0] == "ap-southeast-2b"
    endpoints = cloud.client("ec2", "ap-southeast-2").describe_vpc_endpoints()["VpcEndpoints"]
    subnets = {one for endpoint in endpoints for one in endpoint.get("SubnetIds", ())}
    found = cloud.client("ec2", "ap-southeast-2").describe_subnets(SubnetIds=sorted(subnets))["Subnets"]
    assert {one["AvailabilityZone"] for one in found} == {"ap-southeast-2b"}
    assert not edit(BIG).preview().plan.changes_anything


@pytest.mark.slow
def test_a_preview_without_new_machines_asks_for_no_zones(
    edit: Edit, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = edit(BIG)
    deployment.up()
    deployment = edit(BIG)
    monkeypatch.setattr(deployment.cloud, "client", lambda *_: pytest.fail("the cloud was asked"))
    assert not deployment.preview().plan.changes_anything


@pytest.mark.slow
def test_a_zone_that_is_named_later_moves_no_work_disk(edit: Edit, cloud: Any) -> None:
    moved = BIG.replace("}", ", availability_zone: ap-southeast-2c}")
    with pytest.raises(UsageError) as refused:
        edit(moved).preview()
    said = "edit-1: it is in ap-southeast-2b and cannot go to ap-southeast-2c while it has its work disk (200 GiB)"
    assert said in refused.value.message
    assert "workstation move" in refused.value.hint
    assert where(cloud)["edit-1"][0] == "ap-southeast-2b"
    same = BIG.replace("}", ", availability_zone: ap-southeast-2b}")
    assert not edit(same).preview().plan.changes_anything


@pytest.mark.slow
def test_a_zone_that_is_named_moves_a_machine_without_a_disk_and_nothing_else(edit: Edit, cloud: Any) -> None:
    edit(BIG, OTHER + "}").up()
    before = where(cloud)
    assert before["mix-1"][0] == "ap-southeast-2b"
    edit(BIG, OTHER + ", availability_zone: ap-southeast-2a}").up()
    after = where(cloud)
    assert after["mix-1"][0] == "ap-southeast-2a"
    assert after["edit-1"] == before["edit-1"]
    # Without the key it stays: the record wins.
    assert not edit(BIG, OTHER + "}").preview().plan.changes_anything
    with pytest.raises(PreflightRefused, match=r"mix-1: ap-southeast-2a, where mix-1 is, does not offer g5.xlarge"):
        edit(BIG, OTHER.replace("g4dn.xlarge", "g5.xlarge") + "}").up()


@pytest.mark.slow
def test_no_capacity_names_type_and_zone_and_the_key_leads_elsewhere(edit: Edit, cloud: Any, home: Path) -> None:
    new = "comp-1: {for: vfx, instance_type: g5.xlarge"
    process.set_faults(home, [FaultRule("ec2:RunInstances", "no-capacity", times=0)])
    with pytest.raises(CloudError) as refused:
        edit(BIG, new + "}").up()
    process.clear_faults(home)
    assert "comp-1: none free of g5.xlarge in ap-southeast-2b" in refused.value.message
    assert "--retry-for 30m" in refused.value.hint
    assert (
        kept_places(edit(BIG).engine.resources()).machines["comp-1"] == "ap-southeast-2c"
    )  # its disk, where it was looked for last
    edit(BIG, new + ", availability_zone: ap-southeast-2b}").up()
    assert where(cloud)["comp-1"][0] == "ap-southeast-2b"
    edit(BIG).down(delete_media=True)
    assert where(cloud) == {}
