"""What goes wrong in the middle of a day, on each simulated cloud: nothing is lost, and what to do is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from soundstage.core.errors import CloudError, OperationError, PreflightRefused
from soundstage.plan.plan import PreviewResult
from soundstage.simulator import process
from soundstage.simulator.account_quotas import AccountQuotas, text_of
from soundstage.simulator.faultrules import FaultRule
from soundstage.stacks.clouds.estate import Kind
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import DISK
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import parked_now, to_wake, wake, waking

pytestmark = [pytest.mark.slow]

MACHINE: Final = "{for: audio, size: small, data_gib: 20}"


@dataclass(frozen=True)
class On:
    """What the clouds call it."""

    cloud: str
    makes: str
    """The call that makes a machine, as faults name it."""
    deletes: str


CLOUDS: Final = {
    "aws": On("simulated", "ec2:RunInstances", "ec2:TerminateInstances"),
    "gcp": On("simulated-gcp", "compute:instances.insert", "compute:instances.delete"),
}


class Rest:
    """A project with one machine, up."""

    def __init__(self, on: On, home: Path) -> None:
        self.on, self.home = on, home
        self.write("mix-1")
        self.now.up()

    def write(self, *machines: str) -> None:
        lines = [f"  {name}: {MACHINE}\n" for name in machines]
        Path("rest.yaml").write_text(f"project: rest\ncloud: {self.on.cloud}\nworkstations:\n{''.join(lines)}")

    @property
    def now(self) -> Deployment:
        return open_project("rest.yaml")

    def fails(self, operation: str, kind: str, times: int = 1) -> None:
        process.set_faults(self.home, [FaultRule(operation, kind, times)])

    def mended(self) -> None:
        process.clear_faults(self.home)

    def allows(self, processors: float | None) -> None:
        """The account of AWS may have so many processors of standard machines; None for plenty."""
        look_alike = self.now.cloud.look_alike
        assert look_alike
        values = {} if processors is None else {"L-1216C47A": processors}
        look_alike.have_quotas(text_of(AccountQuotas(False, values, 0.0, False)))

    def disks(self) -> list[str | None]:
        return [one.id for one in self.now.engine.resources().of_type(*DISK) if one.name.endswith("-data")]

    def running(self) -> list[str]:
        return sorted(one.name for one in self.now.machines() if one.is_running)

    def loses_its_machine(self) -> None:
        """Somebody deletes it in the console."""
        estate = self.now.cloud.estate
        if self.on.cloud == "simulated":
            (one,) = self.now.machines()
            ec2 = process.ensure(self.home).client("ec2")
            ec2.modify_instance_attribute(InstanceId=one.instance_id, DisableApiTermination={"Value": False})
        (machine,) = (one for one in estate.things(self.now.project.region) if one.kind is Kind.MACHINE)
        estate.delete(machine)


@pytest.fixture(params=CLOUDS)
def rest(
    request: pytest.FixtureRequest, soundstage_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rest]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("soundstage.stacks.capacity.going_up.SIMULATED_PAUSE", 0.01)
    yield Rest(CLOUDS[request.param], soundstage_home)
    process.stop(soundstage_home, save=False)


def test_a_token_that_expired_during_up_and_during_a_park_lost_something(rest: Rest) -> None:
    rest.write("mix-1", "mix-2")
    rest.fails(rest.on.makes, "expired-credential")
    with pytest.raises(OperationError) as refused:
        rest.now.up()
    assert "ign in again" in f"{refused.value.message} {refused.value.hint}"
    rest.mended()
    rest.now.up()
    assert rest.running() == ["mix-1", "mix-2"]
    disks = rest.disks()
    rest.fails(rest.on.deletes, "expired-credential")
    with pytest.raises(OperationError):
        park(rest.now, plan_park(rest.now))
    rest.mended()
    park(rest.now, plan_park(rest.now))
    assert sorted(parked_now(rest.now)) == ["mix-1", "mix-2"]
    assert {*disks} <= {one.disk for one in rest.now.snapshots()}


def test_a_work_disk_in_a_zone_without_room_was_left_or_made_anew(rest: Rest) -> None:
    before = rest.disks()
    rest.loses_its_machine()
    rest.fails(rest.on.makes, "no-capacity", times=0)
    with pytest.raises(CloudError) as refused:
        rest.now.up(refresh=True)
    assert "Its work disk (20 GiB)" in refused.value.hint
    assert "cannot follow" in refused.value.hint
    assert "--retry-for 30m" in refused.value.hint
    assert rest.disks() == before
    rest.mended()
    rest.now.up()
    assert (rest.running(), rest.disks()) == (["mix-1"], before)


@pytest.mark.parametrize("rest", ["aws"], indirect=True)
def test_a_quota_that_was_lowered_between_the_preview_and_the_second_machine_said_nothing_of_it(rest: Rest) -> None:
    rest.write("mix-1", "mix-2", "mix-3")

    def lowered(_: PreviewResult) -> bool:  # after the preflight has found that there is enough
        rest.allows(8)  # two machines of four
        return False

    with pytest.raises(CloudError) as refused:
        rest.now.up(lowered)
    assert "quota" in f"{refused.value.message} {refused.value.hint}".lower()
    assert len(rest.running()) == 2, "the one for which there was room is not there"
    with pytest.raises(PreflightRefused, match="4 needed besides the 8 in use, 8 allowed"):
        rest.now.up()
    rest.allows(None)
    rest.now.up()
    assert rest.running() == ["mix-1", "mix-2", "mix-3"]


def test_a_type_that_was_withdrawn_failed_in_the_middle_of_an_up(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    zones = type(rest.now.cloud.zones)
    monkeypatch.setattr(zones, "offering", lambda _self, types: {one: set() for one in types})
    rest.write("mix-1", "mix-2")
    with pytest.raises(PreflightRefused) as refused:
        rest.now.up()
    assert "mix-2" in refused.value.message
    assert "offer" in refused.value.message
    assert rest.running() == ["mix-1"]


def test_of_two_people_who_park_and_start_at_once_the_second_undid_what_the_first_did(rest: Rest) -> None:
    rest.write("mix-1", "mix-2")
    rest.now.up()
    park(rest.now, plan_park(rest.now, ["mix-1"]))
    slow, other = rest.now, rest.now
    wanted = plan_park(slow, ["mix-2"])
    wake(waking(other, to_wake(other)))
    with pytest.raises(OperationError, match="Somebody else has parked or started machines of rest meanwhile"):
        park(slow, wanted)
    assert parked_now(rest.now) == {}
    assert sorted(one.name for one in rest.now.machines()) == ["mix-1", "mix-2"]
    assert len(rest.disks()) == 2
