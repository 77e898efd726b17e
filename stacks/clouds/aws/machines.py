"""The machines of AWS: found by their tags, with the same code on AWS and on the simulated cloud."""

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.components.boot.idle_watch import AWAKE_TAG
from soundstage.components.naming import alarm_name, log_group_name
from soundstage.components.tags import EXPIRES, PROJECT, STUDIO, USER, WORKSTATION, ZONE
from soundstage.core.errors import CloudError
from soundstage.engines.base import OnEvent
from soundstage.stacks.clouds.aws.attendance import hours_on, last_sessions
from soundstage.stacks.clouds.aws.calls import Clients, all_pages, call, read
from soundstage.stacks.clouds.base import Disk, LastSession, Machine

_MOST_VALUES: Final = 200
"""Values in one filter (Amazon EC2 API reference, "Filtering", read 2026-11)."""
_WHEN: Final = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)", re.ASCII)
_ANY_PORT: Final = "AWS-StartPortForwardingSession"


class AwsMachines:
    """See `Machines`."""

    def __init__(self, clients: Clients, region: str) -> None:
        self._clients = clients
        self._region = region

    def of_project(self, studio: str, project: str) -> list[Machine]:
        return self._tagged({STUDIO: studio, PROJECT: project})

    def of_studio(self, studio: str) -> list[Machine]:
        return self._tagged({STUDIO: studio})

    def _tagged(self, tags: Mapping[str, str]) -> list[Machine]:
        wanted = [
            *({"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()),
            {"Name": "tag-key", "Values": [WORKSTATION]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]},
        ]
        instances = [
            instance
            for reservation in self._all("DescribeInstances", "Reservations", Filters=wanted)
            for instance in reservation["Instances"]
        ]
        volumes = self._volumes(instances)
        found = (_machine(instance, volumes) for instance in instances)
        return sorted(found, key=lambda machine: (machine.project, machine.name))

    def _volumes(self, instances: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        ids = [mapping["Ebs"]["VolumeId"] for instance in instances for mapping in _mappings(instance)]
        if not ids:
            return {}
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids), _MOST_VALUES):
            wanted = [{"Name": "volume-id", "Values": ids[start : start + _MOST_VALUES]}]
            found |= {volume["VolumeId"]: volume for volume in self._all("DescribeVolumes", "Volumes", Filters=wanted)}
        return found

    def _all(self, operation: str, key: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        return all_pages(functools.partial(read, self._clients, "ec2", operation, ""), key, **arguments)

    def last_sessions(self) -> dict[str, LastSession]:
        return last_sessions(self._clients)

    def hours_on(self, found: Sequence[Machine], since: datetime, until: datetime) -> dict[str, dict[datetime, float]]:
        return hours_on(self._clients, found, since, until)

    def state(self, machine: Machine) -> str:
        ec2 = self._clients.client("ec2")
        answer = call(ec2, "DescribeInstances", machine.name, InstanceIds=[machine.instance_id])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])

    def stop(self, machine: Machine, on_event: OnEvent) -> None:
        ec2 = self._clients.client("ec2")
        call(ec2, "StopInstances", machine.name, on_event, InstanceIds=[machine.instance_id])

    def start(self, machine: Machine, on_event: OnEvent) -> None:
        ec2 = self._clients.client("ec2")
        call(ec2, "StartInstances", machine.name, on_event, InstanceIds=[machine.instance_id])

    def answers(self, machine: Machine) -> bool:
        wanted = [{"Key": "InstanceIds", "Values": [machine.instance_id]}]
        answer = call(self._clients.client("ssm"), "DescribeInstanceInformation", machine.name, Filters=wanted)
        return any(item["PingStatus"] == "Online" for item in answer["InstanceInformationList"])

    def told(self, machine: Machine) -> str | None:
        # By the time at which it arrived: the machine's own clock may be wrong.
        since = machine.launched.timestamp() * 1000 if machine.launched else 0
        events = self._events(machine, "ready", 1)
        return next((str(event["message"]) for event in events if event["ingestionTime"] >= since), None)

    def log(self, machine: Machine, lines: int) -> list[str]:
        return [str(event["message"]) for event in self._events(machine, "boot", lines)]

    def guard(self, machine: Machine) -> str | None:
        return next((str(event["message"]) for event in self._events(machine, "guard", 1)), None)

    def guard_log(self, machine: Machine, lines: int) -> list[str]:
        return [str(event["message"]) for event in self._events(machine, "guard", lines)]

    def backstop(self, machine: Machine) -> bool | None:
        client = self._clients.client("cloudwatch")
        found = call(client, "DescribeAlarms", machine.name, AlarmNames=[machine.alarm])["MetricAlarms"]
        return bool(found[0]["ActionsEnabled"] and found[0]["AlarmActions"]) if found else None

    def mark_awake(self, machine: Machine, until: str) -> None:
        ec2, tag = self._clients.client("ec2"), {"Key": AWAKE_TAG, **({"Value": until} if until else {})}
        call(ec2, "CreateTags" if until else "DeleteTags", machine.name, Resources=[machine.instance_id], Tags=[tag])

    def _events(self, machine: Machine, stream: str, most: int) -> list[Any]:
        """The last events of a stream that the machine writes; none before it has written any."""
        named: dict[str, Any] = {
            "logGroupName": machine.log_group,
            "logStreamName": f"{machine.instance_id}/{stream}",
            "limit": most,
            "startFromHead": False,
        }
        try:
            answer = call(self._clients.client("logs"), "GetLogEvents", machine.name, **named)
        except CloudError as error:
            if error.code == "ResourceNotFoundException":
                return []
            raise
        return list(answer["events"])

    def session(self, machine: Machine, display: int, local: int, document: str) -> str:
        # A project that was brought up before it had a document of its own has AWS's, which artists may not use.
        by = f"{document} --parameters " if document else f"{_ANY_PORT} --parameters portNumber={display},"
        return (
            f"aws ssm start-session --region {self._region} --target {machine.instance_id}"
            f" --document-name {by}localPortNumber={local}"
        )


class AwsZones:
    """See `Zones`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def usable(self) -> dict[str, str]:
        # Local and Wavelength Zones must be opted into, and their names are offered as locations like any other.
        usable = [
            {"Name": "state", "Values": ["available"]},
            {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
        ]
        answer = read(self._clients, "ec2", "DescribeAvailabilityZones", "availability zones", Filters=usable)
        found = answer["AvailabilityZones"]
        return {one["ZoneName"]: one["ZoneId"] for one in sorted(found, key=lambda one: str(one["ZoneName"]))}

    def offering(self, types: Collection[str]) -> dict[str, set[str]]:
        offered: dict[str, set[str]] = {type: set() for type in types}
        if types:
            of_types = [{"Name": "instance-type", "Values": sorted(offered)}]
            arguments = {"LocationType": "availability-zone", "Filters": of_types}
            ask = functools.partial(read, self._clients, "ec2", "DescribeInstanceTypeOfferings", "")
            for one in all_pages(ask, "InstanceTypeOfferings", **arguments):
                offered[one["InstanceType"]].add(one["Location"])
        return offered


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
        log_group=log_group_name(tags[STUDIO], tags[PROJECT], tags[WORKSTATION]),
        is_windows=str(instance.get("Platform", "")).lower() == "windows",
        keep_awake=tags.get(AWAKE_TAG, ""),
        stopped_by=str(instance.get("StateReason", {}).get("Code", "")),
        project=tags[PROJECT],
        expires=tags.get(EXPIRES, ""),
        image=str(instance.get("ImageId", "")),
        stopped=_stopped(instance),
        is_spot=instance.get("InstanceLifecycle") == "spot",
        alarm=alarm_name(tags[STUDIO], tags[PROJECT], tags[WORKSTATION], "still"),
    )


def _disk(device: str, volume: Mapping[str, Any]) -> Disk:
    made: datetime | None = volume.get("CreateTime")
    return Disk(
        device, int(volume["Size"]), str(volume["VolumeType"]), bool(volume["Encrypted"]), made.astimezone(UTC) if made else None
    )  # fmt: skip


def _stopped(instance: Mapping[str, Any]) -> datetime | None:
    """When it stopped: the words in brackets of `User initiated (2026-11-26 18:00:00 GMT)`."""
    found = _WHEN.search(str(instance.get("StateTransitionReason", "")))
    if instance["State"]["Name"] != "stopped" or not found:
        return None
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
