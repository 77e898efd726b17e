"""The machines of a project, listed, stopped and started on the simulated cloud."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.tags import PROJECT, STUDIO, USER, WORKSTATION
from soundstage.core.errors import CloudError, UsageError
from soundstage.engines.base import Event, EventKind
from soundstage.providers.aws import light
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks import machines
from soundstage.stacks.clouds.aws.account import SimulatedAws
from soundstage.stacks.clouds.aws.machines import AwsMachines
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.machines import choose, start, stop, ways


@dataclass(frozen=True)
class Account:
    """The simulated cloud as `machines` sees it, and where its state is."""

    home: Path
    endpoint: process.Endpoint

    def client(self, service: str, region: str | None = None) -> Any:
        return self.endpoint.client(service, region)

    def ask(self, service: str, operation: str, arguments: Mapping[str, Any], region: str | None = None) -> Any:
        return light.send(self.endpoint, service, region or "eu-west-1", operation, arguments)

    @property
    def machines(self) -> AwsMachines:
        return AwsMachines(self, "eu-west-1")

    def launch(self, project: str, name: str, studio: str = "home") -> str:
        """Start a machine by hand, as the workstation component would have made it."""
        ec2 = self.client("ec2")
        values = {STUDIO: studio, PROJECT: project, WORKSTATION: name, USER: "ana"}
        tags = [{"Key": key, "Value": value} for key, value in values.items()]
        answer = ec2.run_instances(
            ImageId=ec2.describe_images()["Images"][0]["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1,
            IamInstanceProfile={"Name": "machines"}, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
            BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 60, "VolumeType": "gp3", "Encrypted": True}}],
        )  # fmt: skip
        return str(answer["Instances"][0]["InstanceId"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    home = tmp_path_factory.mktemp("machines")
    with simulated_cloud(home) as endpoint:
        account = Account(home, endpoint)
        iam = account.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam.create_role(
            RoleName="machines",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        iam.attach_role_policy(RoleName="machines", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
        iam.create_instance_profile(InstanceProfileName="machines")
        iam.add_role_to_instance_profile(InstanceProfileName="machines", RoleName="machines")
        yield account


@pytest.fixture
def project(account: Account, request: pytest.FixtureRequest) -> Iterator[str]:
    """A project with two running machines, `edit-1` and `grade`, that are terminated at the end."""
    name = f"p{abs(hash(request.node.name)) % 10**8}"
    ids = [account.launch(name, "grade"), account.launch(name, "edit-1")]
    yield name
    process.clear_faults(account.home)
    account.client("ec2").terminate_instances(InstanceIds=ids)


def states(account: Account, project: str) -> dict[str, str]:
    return {machine.name: machine.state for machine in account.machines.of_project("home", project)}


def test_machines_are_listed_by_name_with_their_disks(account: Account, project: str) -> None:
    edit, grade = account.machines.of_project("home", project)
    assert (edit.name, grade.name) == ("edit-1", "grade")
    assert (edit.state, edit.instance_type, edit.user) == ("running", "t3.micro", "ana")
    assert [(disk.gib, disk.kind, disk.encrypted) for disk in edit.disks] == [(60, "gp3", True)]
    assert edit.launched is not None
    assert timedelta(0) <= datetime.now(UTC) - edit.launched < timedelta(minutes=5)


def test_machines_of_other_projects_and_terminated_ones_are_not_listed(account: Account, project: str) -> None:
    other = account.launch("other", "edit-1")
    assert [machine.instance_id for machine in account.machines.of_project("home", "other")] == [other]
    account.client("ec2").terminate_instances(InstanceIds=[other])
    assert account.machines.of_project("home", "other") == []
    assert len(account.machines.of_project("home", project)) == 2


def test_machines_of_a_project_of_the_same_name_in_another_studio_are_not_listed(
    account: Account, project: str
) -> None:
    theirs = account.launch(project, "edit-1", studio="other")
    assert [machine.instance_id for machine in account.machines.of_project("other", project)] == [theirs]
    mine = account.machines.of_project("home", project)
    assert [machine.name for machine in mine] == ["edit-1", "grade"]
    assert theirs not in {machine.instance_id for machine in mine}
    account.client("ec2").terminate_instances(InstanceIds=[theirs])


def test_many_machines_come_in_pages(account: Account, project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Account.ask

    def paged(account: Account, service: str, operation: str, arguments: Mapping[str, Any], region: str | None) -> Any:
        asked = {key: value for key, value in arguments.items() if key != "NextToken"}
        answer = whole(account, service, operation, asked, region)
        if operation != "DescribeInstances":
            return answer
        index = int(arguments.get("NextToken", "0"))
        more = {"NextToken": str(index + 1)} if index + 1 < len(answer["Reservations"]) else {}
        return {"Reservations": [answer["Reservations"][index]], **more}

    monkeypatch.setattr(Account, "ask", paged)
    assert [machine.name for machine in account.machines.of_project("home", project)] == ["edit-1", "grade"]


def test_stop_and_start_end_where_they_should_and_tell_each_step(account: Account, project: str) -> None:
    events: list[Event] = []
    stopped = stop(account.machines, account.machines.of_project("home", project), on_event=events.append)
    assert [machine.name for machine in stopped] == ["edit-1", "grade"]
    assert states(account, project) == {"edit-1": "stopped", "grade": "stopped"}
    started = start(
        account.machines, choose(account.machines.of_project("home", project), ["grade"]), on_event=events.append
    )
    assert [machine.name for machine in started] == ["grade"]
    assert states(account, project) == {"edit-1": "stopped", "grade": "running"}
    assert [(event.kind, event.name, event.message) for event in events] == [
        (EventKind.STEP_STARTED, "edit-1", "stopping"), (EventKind.STEP_DONE, "edit-1", "stopped"),
        (EventKind.STEP_STARTED, "grade", "stopping"), (EventKind.STEP_DONE, "grade", "stopped"),
        (EventKind.STEP_STARTED, "grade", "starting"), (EventKind.STEP_DONE, "grade", "started"),
    ]  # fmt: skip


def test_what_is_already_there_is_left_alone(account: Account, project: str) -> None:
    assert start(account.machines, account.machines.of_project("home", project)) == []
    stop(account.machines, account.machines.of_project("home", project))
    assert stop(account.machines, account.machines.of_project("home", project)) == []


def test_without_waiting_it_returns_when_the_cloud_has_accepted(account: Account, project: str) -> None:
    assert len(stop(account.machines, account.machines.of_project("home", project), wait=False)) == 2
    assert set(states(account, project).values()) <= {"stopping", "stopped"}


def test_no_capacity_for_one_machine_does_not_keep_the_others_down(account: Account, project: str) -> None:
    stop(account.machines, account.machines.of_project("home", project))
    process.add_fault(account.home, FaultRule("ec2:StartInstances", "no-capacity"))
    with pytest.raises(
        CloudError, match=r"edit-1: AWS has no \S+ free in eu-west-1\w now \(ec2:StartInstances"
    ) as raised:
        start(account.machines, account.machines.of_project("home", project))
    assert raised.value.action == "ec2:StartInstances"
    assert states(account, project) == {"edit-1": "stopped", "grade": "running"}
    assert [machine.name for machine in start(account.machines, account.machines.of_project("home", project))] == [
        "edit-1"
    ]


@pytest.mark.parametrize("kind", ["throttle", "server-error", "connection-lost", "lost-answer"])
def test_what_passes_is_tried_again(kind: str, account: Account, project: str) -> None:
    events: list[Event] = []
    process.add_fault(account.home, FaultRule("ec2:StopInstances", kind))
    stop(account.machines, choose(account.machines.of_project("home", project), ["edit-1"]), on_event=events.append)
    assert states(account, project) == {"edit-1": "stopped", "grade": "running"}
    assert [event.kind for event in events].count(EventKind.RETRY) == 1


def test_a_denied_call_names_the_action(account: Account, project: str) -> None:
    process.add_fault(account.home, FaultRule("ec2:StopInstances", "denied", times=0))
    with pytest.raises(CloudError) as raised:
        stop(account.machines, account.machines.of_project("home", project))
    assert raised.value.hint == "Allow ec2:StopInstances for whoever runs this."
    assert states(account, project) == {"edit-1": "running", "grade": "running"}


def test_a_machine_that_someone_terminated_meanwhile_is_said(account: Account, project: str) -> None:
    found = choose(account.machines.of_project("home", project), ["edit-1"])
    stop(account.machines, found)
    stopped = choose(account.machines.of_project("home", project), ["edit-1"])
    account.client("ec2").terminate_instances(InstanceIds=[stopped[0].instance_id])
    with pytest.raises(CloudError):
        start(account.machines, stopped)


def test_a_machine_that_never_comes_up_is_waited_for_in_bounds(
    account: Account, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = account.machines.of_project("home", project)
    stop(account.machines, found)
    monkeypatch.setattr(machines, "LONGEST_WAIT", 0.0)
    monkeypatch.setattr(AwsMachines, "answers", lambda _self, _machine: False)
    with pytest.raises(CloudError, match="did not answer Session Manager"):
        start(account.machines, choose(account.machines.of_project("home", project), ["edit-1"]))


def test_a_name_that_no_machine_has_is_refused_with_the_nearest(account: Account, project: str) -> None:
    with pytest.raises(UsageError) as raised:
        choose(account.machines.of_project("home", project), ["edit-2"])
    assert raised.value.hint == 'Did you mean "edit-1"?'


def machine(**more: Any) -> Machine:
    plain: dict[str, Any] = {
        "name": "edit-1", "instance_id": "i-1", "state": "running", "instance_type": "t3.micro", "launched": None,
        "private_ip": "10.0.0.4", "public_ip": None, "disks": (), "user": "", "zone": "eu-west-1a", "network_zone": "",
    }  # fmt: skip
    return Machine(**{**plain, **more})


@pytest.mark.parametrize(
    ("found", "via", "url"),
    [
        (machine(), "session", "https://localhost:8444"),
        (machine(), "vpn", "https://10.0.0.4:8443"),
        (machine(), "allowlist", None),
        (machine(public_ip="203.0.113.9"), "allowlist", "https://203.0.113.9:8443"),
        (machine(state="stopped"), "session", None),
    ],
)
def test_the_way_in_follows_the_access_mode(found: Machine, via: str, url: str | None) -> None:
    first = machine(name="first", state="stopped")
    way = ways(AwsMachines(SimulatedAws("eu-west-1"), "eu-west-1"), [first, found], via, "home.teaser.display").get(
        found.name
    )
    assert (way.url if way else None) == url
    assert bool(way and way.command) == (via == "session" and url is not None)
