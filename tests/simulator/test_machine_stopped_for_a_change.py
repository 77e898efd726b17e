"""A machine that runs is stopped for what EC2 changes on a stopped one only, and runs again whatever happens on the way."""

import base64
import gzip
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.calls import Caller
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint

TYPE = "aws:ec2/instance:Instance"
URN = f"urn:pulumi:test::soundstage::{TYPE}::edit-1"


class Machine:
    """A machine, and what a program says of it."""

    def __init__(self, cloud: Endpoint) -> None:
        self.ec2 = cloud.client("ec2", "eu-west-1")
        self.provider = AwsProvider(cloud, "eu-west-1")
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        self.program: Properties = {"ami": image, "instanceType": "g5.xlarge", "userData": "#!/bin/sh\n:"}
        self.inputs = self._checked({})
        made = self.provider.create(TYPE, URN, self.inputs)
        self.id, self.outputs = made.id, made.outputs

    def _checked(self, olds: Properties) -> Properties:
        return self.provider.check(TYPE, URN, olds, self.program, b"seed").inputs

    def change(self, **news: Any) -> None:
        """What an engine does with an update."""
        self.program |= news
        wanted = self._checked(self.inputs)
        self.outputs = self.provider.update(TYPE, URN, self.id, self.inputs, self.outputs, wanted)
        self.inputs = wanted

    def read(self) -> None:
        """What an engine does after an update that failed."""
        found = self.provider.read(TYPE, self.id, self.inputs, self.outputs)
        assert found
        self.inputs, self.outputs = found.inputs, found.outputs

    def stop(self) -> None:
        self.ec2.stop_instances(InstanceIds=[self.id])

    @property
    def state(self) -> str:
        return str(self._seen["State"]["Name"])

    @property
    def tags(self) -> list[str]:
        return [tag["Key"] for tag in self._seen.get("Tags", ())]

    @property
    def _seen(self) -> Any:
        return self.ec2.describe_instances(InstanceIds=[self.id])["Reservations"][0]["Instances"][0]


@pytest.fixture
def machine(cloud: Endpoint) -> Machine:
    return Machine(cloud)


def test_it_stops_once_for_all_changes_and_runs_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    call = Caller.call

    def noted(self: Caller, service: str, region: str, operation: str, *args: Any, **named: Any) -> Any:
        made.append(operation)
        return call(self, service, region, operation, *args, **named)

    monkeypatch.setattr(Caller, "call", noted)
    machine.change(instanceType="g5.2xlarge", userData="#!/bin/sh\necho two", ebsOptimized=True)
    assert (made.count("StopInstances"), made.count("StartInstances")) == (1, 1)
    assert machine.state == "running"
    assert machine.tags == ["soundstage:creation"]


def test_one_that_was_stopped_before_stays_stopped(machine: Machine) -> None:
    machine.stop()
    machine.change(instanceType="g5.2xlarge")
    assert machine.state == "stopped"
    machine.change(tags={"Name": "edit-1"})
    assert machine.state == "stopped"


@pytest.mark.parametrize("operation", ["StopInstances", "ModifyInstanceAttribute", "StartInstances"])
def test_what_failed_on_the_way_is_finished_by_the_next_update(
    machine: Machine, cloud_home: Any, operation: str
) -> None:
    process.set_faults(cloud_home, [FaultRule(f"ec2:{operation}", "denied")])
    with pytest.raises(CloudError):
        machine.change(instanceType="g5.2xlarge")
    assert machine.tags == ["soundstage:creation", "soundstage:stopped-for-change"]
    machine.read()
    machine.change()
    assert machine.state == "running"
    assert machine.tags == ["soundstage:creation"]


def test_a_change_that_is_taken_back_after_a_failure_leaves_it_running(machine: Machine, cloud_home: Any) -> None:
    process.set_faults(cloud_home, [FaultRule("ec2:ModifyInstanceAttribute", "denied")])
    with pytest.raises(CloudError):
        machine.change(instanceType="g5.2xlarge")
    machine.read()
    machine.change(instanceType="g5.xlarge")
    assert machine.state == "running"
    assert machine.tags == ["soundstage:creation"]


def test_packed_user_data_could_be_given_to_a_new_machine_only(cloud: Endpoint) -> None:
    """They are no text, and a machine that took text before takes them too."""
    machine = Machine(cloud)
    packed = base64.b64encode(gzip.compress(b"#!/bin/sh\necho packed", mtime=0)).decode()
    del machine.program["userData"]
    machine.change(userDataBase64=packed)
    shown = machine.ec2.describe_instance_attribute(InstanceId=machine.id, Attribute="userData")
    assert shown["UserData"]["Value"] == packed
    machine.read()
    assert machine.outputs["userDataBase64"] == packed
    assert machine.state == "running"
