"""The machines of a project as the cloud has them now: list, stop and start them, and say how to reach them.

Machines are found by their tags, through boto3, with the same code on AWS and on the simulated cloud. Stopping and starting
changes no state of a stack: a stopped workstation is still what the project file describes.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Final, Protocol

from soundstage.components.ports import DCV
from soundstage.components.tags import PROJECT, STUDIO, USER, WORKSTATION, ZONE
from soundstage.core.errors import CloudError, OperationError, UsageError
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.stacks.account.cloud_calls import call, pages

_DISPLAY: Final = DCV[0].number
_ANY_PORT: Final = "AWS-StartPortForwardingSession"
LONGEST_WAIT: Final = 900.0
"""Seconds that a machine may take to start or stop; a Windows machine with a GPU needs some five minutes."""
_FIRST_POLL: Final = 0.05
_SLOWEST_POLL: Final = 5.0


class Clients(Protocol):
    """What this module needs of a cloud."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client."""


@dataclass(frozen=True)
class Disk:
    """A volume that is attached to a machine."""

    device: str
    gib: int
    kind: str
    """`gp3`, `io2` …"""
    encrypted: bool


@dataclass(frozen=True)
class Machine:
    """One workstation as the cloud has it now."""

    name: str
    instance_id: str
    state: str
    """`pending`, `running`, `stopping`, `stopped` or `shutting-down`."""
    instance_type: str
    launched: datetime | None
    """When it was last started, in UTC."""
    private_ip: str | None
    public_ip: str | None
    disks: tuple[Disk, ...]
    user: str
    zone: str
    """The availability zone."""
    network_zone: str
    """`content`, `io` or `mgmt`."""

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Way:
    """How to get to a machine's display: type `command` first, unless it is empty, then open `url`."""

    command: str
    url: str


def machines(cloud: Clients, studio: str, project: str) -> list[Machine]:
    """Every workstation of a studio's project that was not terminated, by name. Another studio of the account may have a
    project of the same name."""
    ec2 = cloud.client("ec2")
    wanted = [
        {"Name": f"tag:{STUDIO}", "Values": [studio]},
        {"Name": f"tag:{PROJECT}", "Values": [project]},
        {"Name": "tag-key", "Values": [WORKSTATION]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]},
    ]
    instances = [
        instance
        for reservation in pages(ec2, "DescribeInstances", "Reservations", Filters=wanted)
        for instance in reservation["Instances"]
    ]
    volumes = _volumes(ec2, instances)
    return sorted((_machine(instance, volumes) for instance in instances), key=lambda machine: machine.name)


def running(cloud: Clients, studio: str, project: str, names: Collection[str]) -> list[str]:
    """Which of these machines run now. Asks the cloud only when there is a name."""
    return (
        [one.name for one in machines(cloud, studio, project) if one.is_running and one.name in names] if names else []
    )


def choose(found: Sequence[Machine], names: Sequence[str]) -> list[Machine]:
    """The machines with these names, or all when there is no name. `UsageError` for a name that none has."""
    known = {machine.name: machine for machine in found}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known) or 'none'}."
            raise UsageError(f'There is no machine "{name}" in this project.', hint)
    return [known[name] for name in dict.fromkeys(names)] if names else list(found)


def stop(cloud: Clients, chosen: Sequence[Machine], *, wait: bool = True, on_event: OnEvent = ignore) -> list[Machine]:
    """Stop these machines and return those that were not stopped before. Disks and addresses stay.

    With `wait`, returns when each is stopped. `CloudError` when the cloud refuses; the others are stopped nevertheless.
    """
    ec2 = cloud.client("ec2")
    return _each(
        [machine for machine in chosen if machine.state not in ("stopped", "shutting-down")],
        "stopping",
        "stopped",
        lambda machine: _stop_one(ec2, machine, wait, on_event),
        on_event,
    )


def start(cloud: Clients, chosen: Sequence[Machine], *, wait: bool = True, on_event: OnEvent = ignore) -> list[Machine]:
    """Start these machines and return those that did not run before.

    With `wait`, returns when each runs and its Session Manager agent answers. `CloudError` says which machine the cloud
    refused and why (capacity, quota, permission); the others are started nevertheless.
    """
    ec2, ssm = cloud.client("ec2"), cloud.client("ssm")
    return _each(
        [machine for machine in chosen if not machine.is_running],
        "starting",
        "started",
        lambda machine: _start_one(ec2, ssm, machine, wait, on_event),
        on_event,
    )


def how_to_reach(machine: Machine, via: str, region: str, place: int = 0, *, document: str = "") -> Way | None:
    """The way to a machine's display; None while it does not run. `via` is the project's access mode, `document` the
    name of its session document. `place` is the machine's place among those of the project: each gets a local port of its own,
    so that all can be open at once."""
    if not machine.is_running:
        return None
    if via == "session":
        local = _DISPLAY + place
        # A project that was brought up before it had a document of its own has AWS's, which artists may not use.
        by = f"{document} --parameters " if document else f"{_ANY_PORT} --parameters portNumber={_DISPLAY},"
        return Way(
            command=f"aws ssm start-session --region {region} --target {machine.instance_id}"
            f" --document-name {by}localPortNumber={local}",
            url=f"https://localhost:{local}",
        )
    address = machine.public_ip if via == "allowlist" else machine.private_ip
    return Way(command="", url=f"https://{address}:{_DISPLAY}") if address else None


def _each(
    chosen: Sequence[Machine],
    doing: str,
    done: str,
    work: Callable[[Machine], None],
    on_event: OnEvent,
) -> list[Machine]:
    """Do `work` for each machine, go on after a failure, and raise the first failure at the end."""
    failures: list[OperationError] = []
    changed: list[Machine] = []
    for machine in chosen:
        began = time.monotonic()
        on_event(Event(EventKind.STEP_STARTED, name=machine.name, message=doing))
        try:
            work(machine)
        except OperationError as error:
            failures.append(error)
            seconds = time.monotonic() - began
            on_event(Event(EventKind.STEP_FAILED, name=machine.name, message=error.message, seconds=seconds))
        else:
            changed.append(machine)
            on_event(Event(EventKind.STEP_DONE, name=machine.name, message=done, seconds=time.monotonic() - began))
    if failures:
        raise failures[0]
    return changed


def _stop_one(ec2: Any, machine: Machine, wait: bool, on_event: OnEvent) -> None:
    if machine.state != "stopping":
        call(ec2, "StopInstances", machine.name, on_event, InstanceIds=[machine.instance_id])
    if wait:
        _until(lambda: _state(ec2, machine) == "stopped", machine, "stop")


def _start_one(ec2: Any, ssm: Any, machine: Machine, wait: bool, on_event: OnEvent) -> None:
    if machine.state == "stopping":  # AWS refuses to start a machine that is still on its way down
        _until(lambda: _state(ec2, machine) == "stopped", machine, "stop")
    if machine.state != "pending":
        call(ec2, "StartInstances", machine.name, on_event, InstanceIds=[machine.instance_id])
    if wait:
        _until(lambda: _state(ec2, machine) == "running", machine, "start")
        _until(lambda: _answers(ssm, machine), machine, "answer Session Manager")


def _state(ec2: Any, machine: Machine) -> str:
    answer = call(ec2, "DescribeInstances", machine.name, InstanceIds=[machine.instance_id])
    state = str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])
    if state in ("terminated", "shutting-down"):
        raise CloudError(f"{machine.name} was terminated by someone else.", "Run `workstation up` to make it again.")
    return state


def _answers(ssm: Any, machine: Machine) -> bool:
    wanted = [{"Key": "InstanceIds", "Values": [machine.instance_id]}]
    answer = call(ssm, "DescribeInstanceInformation", machine.name, Filters=wanted)
    return any(item["PingStatus"] == "Online" for item in answer["InstanceInformationList"])


def _until(is_done: Callable[[], bool], machine: Machine, goal: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    pause = _FIRST_POLL
    while not is_done():
        if time.monotonic() > deadline:
            raise CloudError(
                f"{machine.name} ({machine.instance_id}) did not {goal} within {LONGEST_WAIT / 60:.0f} minutes.",
                "See `workstation status`; the same command goes on waiting.",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _SLOWEST_POLL)


def _volumes(ec2: Any, instances: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    ids = [mapping["Ebs"]["VolumeId"] for instance in instances for mapping in _mappings(instance)]
    if not ids:
        return {}
    wanted = [{"Name": "volume-id", "Values": ids}]
    return {volume["VolumeId"]: volume for volume in pages(ec2, "DescribeVolumes", "Volumes", Filters=wanted)}


def _mappings(instance: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping for mapping in instance.get("BlockDeviceMappings", ()) if "Ebs" in mapping]


def _machine(instance: Mapping[str, Any], volumes: Mapping[str, Mapping[str, Any]]) -> Machine:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    launched: datetime | None = instance.get("LaunchTime")
    return Machine(
        name=tags[WORKSTATION],
        instance_id=instance["InstanceId"],
        state=instance["State"]["Name"],
        instance_type=instance["InstanceType"],
        launched=launched.astimezone(UTC) if launched else None,
        private_ip=instance.get("PrivateIpAddress"),
        public_ip=instance.get("PublicIpAddress"),
        disks=tuple(
            _disk(mapping["DeviceName"], volumes[mapping["Ebs"]["VolumeId"]])
            for mapping in _mappings(instance)
            if mapping["Ebs"]["VolumeId"] in volumes
        ),
        user=tags.get(USER, ""),
        zone=instance["Placement"]["AvailabilityZone"],
        network_zone=tags.get(ZONE, ""),
    )


def _disk(device: str, volume: Mapping[str, Any]) -> Disk:
    return Disk(device, int(volume["Size"]), str(volume["VolumeType"]), bool(volume["Encrypted"]))
