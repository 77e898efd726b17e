"""What is in an account of AWS that is ours: by the Resource Groups Tagging API, and by lists of what costs and of what that leaves out.

The tagging API does not know roles, addresses' state nor what something costs, and goes on telling of resources for a while after they
are gone (AWS Resource Groups Tagging API Reference, GetResources, read 2026-11). So machines, disks, snapshots, addresses, gateways and
endpoints come from EC2's own lists, roles and log groups from their names, and the rest from there.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.components.naming import ROLE_ROOT
from soundstage.components.tags import PROJECT, STUDIO
from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call, pages
from soundstage.stacks.clouds.estate import Kind, Thing, said

_LOGS: Final = "/soundstage/"
_LISTED: Final = (
    "instance",
    "volume",
    "snapshot",
    "elastic-ip",
    "natgateway",
    "vpc-endpoint",
    "image",
    "network-interface",
)
"""Types of EC2 that come from a list of their own; images are those of `workstation image list`, interfaces go with what they serve."""
_GONE: Final = ("NotFound", "NoSuch", "InvalidAllocationID", "NatGatewayNotFound")
_POLL: Final = 2.0
_LONGEST: Final = 600.0
"""Seconds that a machine may take to be gone."""
_OF_TAGGING: Final = {("kms", "key"): Kind.KEY, ("s3", ""): Kind.BUCKET}
_DYING: Final = ("PendingDeletion", "PendingReplicaDeletion")


class AwsEstate:
    """See `Estate`."""

    def __init__(self, clients: Clients, region: str) -> None:
        self._clients = clients
        self._region = region

    def regions(self) -> list[str]:
        answer = call(self._clients.client("ec2"), "DescribeRegions", "regions")
        return sorted(str(one["RegionName"]) for one in answer["Regions"])

    def things(self, region: str) -> list[Thing]:
        asked: list[Callable[[], Iterable[Thing]]] = [
            lambda: self._machines(region),
            lambda: self._disks(region),
            lambda: self._snapshots(region),
            lambda: self._addresses(region),
            lambda: self._gateways(region),
            lambda: self._endpoints(region),
            lambda: self._logs(region),
            self._roles,
            lambda: self._tagged(region),
        ]
        with ThreadPoolExecutor(len(asked)) as pool:
            found = [thing for each in pool.map(lambda ask: list(ask()), asked) for thing in each]
        return list({thing.id: thing for thing in reversed(found)}.values())[::-1]

    def delete(self, thing: Thing) -> None:
        ec2 = self._clients.client("ec2", thing.region)
        calls: dict[Kind, tuple[str, str, Any]] = {
            Kind.MACHINE: ("TerminateInstances", "InstanceIds", [thing.id]),
            Kind.DISK: ("DeleteVolume", "VolumeId", thing.id),
            Kind.SNAPSHOT: ("DeleteSnapshot", "SnapshotId", thing.id),
            Kind.ADDRESS: ("ReleaseAddress", "AllocationId", thing.id),
            Kind.GATEWAY: ("DeleteNatGateway", "NatGatewayId", thing.id),
            Kind.ENDPOINT: ("DeleteVpcEndpoints", "VpcEndpointIds", [thing.id]),
        }
        operation, argument, value = calls[thing.kind]
        try:
            call(ec2, operation, thing.name or thing.id, **{argument: value})
            if thing.kind is Kind.MACHINE:
                self._until_gone(ec2, thing)
        except CloudError as error:
            if not any(word in error.code for word in _GONE):
                raise

    def _until_gone(self, ec2: Any, thing: Thing) -> None:
        deadline = time.monotonic() + _LONGEST
        while True:
            answer = call(ec2, "DescribeInstances", thing.name, InstanceIds=[thing.id])
            states = [one["State"]["Name"] for group in answer["Reservations"] for one in group["Instances"]]
            if set(states) <= {"terminated"}:
                return
            if time.monotonic() > deadline:
                raise CloudError(f"{thing.id} is not gone yet.", "Run the same command again in a few minutes.")
            time.sleep(_POLL)

    def _ec2(
        self, region: str, operation: str, key: str, **arguments: Any
    ) -> Iterator[tuple[Mapping[str, Any], dict[str, str]]]:
        """What carries a studio's tag, with its tags."""
        wanted = [{"Name": "tag-key", "Values": [STUDIO]}]
        filters = "Filter" if operation == "DescribeNatGateways" else "Filters"
        for one in pages(self._clients.client("ec2", region), operation, key, **{filters: wanted}, **arguments):
            yield one, {tag["Key"]: tag["Value"] for tag in one.get("Tags") or ()}

    def _machines(self, region: str) -> Iterator[Thing]:
        ec2 = self._clients.client("ec2", region)
        for group in pages(ec2, "DescribeInstances", "Reservations", Filters=[{"Name": "tag-key", "Values": [STUDIO]}]):
            for one in group["Instances"]:
                state = one["State"]["Name"]
                if state != "terminated":
                    tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags") or ()}
                    yield _thing(
                        one["InstanceId"], Kind.MACHINE, region, tags, f"{one['InstanceType']}, {state}",
                        type=one["InstanceType"], is_running=state in ("running", "pending"), made=_utc(one.get("LaunchTime")),
                        is_windows=str(one.get("Platform", "")).lower() == "windows",
                    )  # fmt: skip

    def _disks(self, region: str) -> Iterator[Thing]:
        for one, tags in self._ec2(region, "DescribeVolumes", "Volumes"):
            at = next((str(each.get("InstanceId", "")) for each in one.get("Attachments") or ()), "")
            yield _thing(
                one["VolumeId"], Kind.DISK, region, tags, f"{one['Size']} GiB {one['VolumeType']}", type=one["VolumeType"],
                gib=int(one["Size"]), made=_utc(one.get("CreateTime")), attached_to=at,
            )  # fmt: skip

    def _snapshots(self, region: str) -> Iterator[Thing]:
        for one, tags in self._ec2(region, "DescribeSnapshots", "Snapshots", OwnerIds=["self"]):
            if said(tags, PROJECT):  # those without are of images: `workstation image list`
                about = f"{one['VolumeSize']} GiB, of {one['StartTime']:%Y-%m-%d}"
                yield _thing(
                    one["SnapshotId"], Kind.SNAPSHOT, region, tags, about, gib=int(one["VolumeSize"]), made=_utc(one["StartTime"])
                )  # fmt: skip

    def _addresses(self, region: str) -> Iterator[Thing]:
        for one, tags in self._ec2(region, "DescribeAddresses", "Addresses"):
            yield _thing(
                one["AllocationId"], Kind.ADDRESS, region, tags, str(one.get("PublicIp", "")),
                attached_to=str(one.get("InstanceId") or ""),
            )  # fmt: skip

    def _gateways(self, region: str) -> Iterator[Thing]:
        for one, tags in self._ec2(region, "DescribeNatGateways", "NatGateways"):
            if one["State"] not in ("deleted", "deleting"):
                yield _thing(
                    one["NatGatewayId"],
                    Kind.GATEWAY,
                    region,
                    tags,
                    f"NAT, {one['State']}",
                    made=_utc(one.get("CreateTime")),
                )

    def _endpoints(self, region: str) -> Iterator[Thing]:
        for one, tags in self._ec2(region, "DescribeVpcEndpoints", "VpcEndpoints"):
            if str(one.get("State", "")).lower() not in ("deleted", "deleting"):
                yield _thing(
                    one["VpcEndpointId"], Kind.ENDPOINT, region, tags, str(one["ServiceName"]), type=str(one["VpcEndpointType"]),
                    places=len(one.get("SubnetIds") or ()), made=_utc(one.get("CreationTimestamp")),
                )  # fmt: skip

    def _logs(self, region: str) -> Iterator[Thing]:
        arguments: dict[str, Any] = {"logGroupNamePrefix": _LOGS}
        while True:
            answer = call(self._clients.client("logs", region), "DescribeLogGroups", "log groups", **arguments)
            for one in answer["logGroups"]:
                name = str(one["logGroupName"])
                studio, _, rest = name.removeprefix(_LOGS).partition("/")
                yield Thing(name, Kind.LOG_GROUP, region, studio, rest.partition("/")[0], name, names=_names(name))
            if not answer.get("nextToken"):
                return
            arguments["nextToken"] = answer["nextToken"]

    def _roles(self) -> Iterator[Thing]:
        arguments: dict[str, Any] = {"PathPrefix": ROLE_ROOT}
        while True:
            answer = call(self._clients.client("iam"), "ListRoles", "roles", **arguments)
            for one in answer["Roles"]:
                studio, _, project = str(one["Path"]).removeprefix(ROLE_ROOT).strip("/").partition("/")
                name = str(one["RoleName"])
                yield Thing(
                    name, Kind.ROLE, "", studio, project, name, made=_utc(one.get("CreateDate")), names=_names(name, one["Arn"])
                )  # fmt: skip
            if not answer.get("IsTruncated"):
                return
            arguments["Marker"] = answer["Marker"]

    def _tagged(self, region: str) -> Iterator[Thing]:
        arguments: dict[str, Any] = {"TagFilters": [{"Key": STUDIO}], "ResourcesPerPage": 100}
        while True:
            client = self._clients.client("resourcegroupstaggingapi", region)
            answer = call(client, "GetResources", "tagged resources", **arguments)
            for one in answer["ResourceTagMappingList"]:
                arn, tags = str(one["ResourceARN"]), {tag["Key"]: tag["Value"] for tag in one["Tags"]}
                service, type, id = _parts(arn)
                listed = (service == "ec2" and type in _LISTED) or service in ("logs", "iam")
                kind = _OF_TAGGING.get((service, type), Kind.OTHER)
                if not listed and not (kind is Kind.KEY and self._is_dying(region, id)):
                    about = f"{service}:{type}".rstrip(":")
                    yield _thing(
                        id,
                        kind,
                        region,
                        tags,
                        about,
                        names=_names(arn, id, arn.rpartition("/")[2], arn.rpartition(":")[2]),
                    )
            if not answer.get("PaginationToken"):
                return
            arguments["PaginationToken"] = answer["PaginationToken"]

    def _is_dying(self, region: str, key: str) -> bool:
        """Whether a key waits for its deletion: it costs nothing any more, and `down` does that to keys."""
        try:
            about = call(self._clients.client("kms", region), "DescribeKey", key, KeyId=key)["KeyMetadata"]
        except CloudError:
            return False
        return about["KeyState"] in _DYING


def _thing(id: str, kind: Kind, region: str, tags: Mapping[str, str], detail: str, **more: Any) -> Thing:
    known = {"names": _names(id), **more}
    return Thing(id, kind, region, said(tags, STUDIO), said(tags, PROJECT), said(tags, "Name"), detail, **known)


def _names(*names: str) -> frozenset[str]:
    return frozenset(name for name in names if name)


def _parts(arn: str) -> tuple[str, str, str]:
    """Service, type and id of `arn:aws:ec2:eu-west-1:123456789012:volume/vol-1`; the type is empty for buckets and topics."""
    _, _, service, _, _, rest = arn.split(":", 5)
    for mark in ("/", ":"):
        if mark in rest:
            type, _, id = rest.partition(mark)
            return service, type, id
    return service, "", rest


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
