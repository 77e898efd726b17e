"""What an outsider finds of one project in the simulated cloud. It knows no state and no plan, only tags and names."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from soundstage.components.tags import PROJECT, WORKSTATION

REGIONS = ("eu-west-1", "eu-central-1")
_FIRST_DISKS = ("/dev/sda1", "/dev/xvda")
_SEED = re.compile(r"-[0-9a-f]{7}$")
_LISTS = (
    ("describe_vpcs", "Vpcs", "VpcId"),
    ("describe_subnets", "Subnets", "SubnetId"),
    ("describe_route_tables", "RouteTables", "RouteTableId"),
    ("describe_security_groups", "SecurityGroups", "GroupId"),
    ("describe_addresses", "Addresses", "AllocationId"),
    ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
)
"""Operation of EC2, where its answer holds what is there, and the id of each."""


@dataclass
class Found:
    """Everything that carries the project's tag."""

    machines: dict[str, str] = field(default_factory=dict)
    """Workstation → the state of its machine."""
    ids: set[str] = field(default_factory=set)
    """What a state has to know. A machine's first disk is no resource of its own, a last snapshot belongs to no state."""
    labels: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(kind, `Name`) → how often."""
    snapshots: int = 0
    buckets: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Of those that are enabled."""


def look(cloud: Any, project: str) -> Found:
    """What there is of `project`."""
    found = Found()
    for region in REGIONS:
        _compute(cloud.client("ec2", region), project, found)
        kms = cloud.client("kms", region)
        for key in kms.list_keys()["Keys"]:
            tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
            about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if tags.get(PROJECT) == project and about["KeyState"] == "Enabled":
                found.keys.append(key["KeyId"])
                _add(found, "key", f"{region} {about['Description']}", key["KeyId"])
        for schedule in cloud.client("scheduler", region).list_schedules()["Schedules"]:
            if f".{project}." in schedule["Name"]:
                _add(found, "schedule", schedule["Name"])
    s3 = cloud.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if f"-media-{project}-" in bucket["Name"]:
            found.buckets.append(bucket["Name"])
            found.ids.add(bucket["Name"])
    iam = cloud.client("iam")
    for role in iam.get_paginator("list_roles").paginate(PathPrefix="/soundstage/").build_full_result()["Roles"]:
        if f"/{project}/" in role["Path"]:
            _add(found, "role", _SEED.sub("", role["RoleName"]), role["RoleName"])
    for budget in cloud.client("budgets").describe_budgets(AccountId=cloud.account_id)["Budgets"]:
        if project in budget["BudgetName"].split("-"):
            _add(found, "budget", budget["BudgetName"])
    return found


def _compute(ec2: Any, project: str, found: Found) -> None:
    ours = [{"Name": f"tag:{PROJECT}", "Values": [project]}]
    for group in ec2.describe_instances(Filters=ours)["Reservations"]:
        for machine in group["Instances"]:
            if machine["State"]["Name"] != "terminated":
                _add(found, "machine", _tags(machine)["Name"], machine["InstanceId"])
                found.machines[_tags(machine)[WORKSTATION]] = machine["State"]["Name"]
    for disk in ec2.describe_volumes(Filters=ours)["Volumes"]:
        first = any(held.get("Device") in _FIRST_DISKS for held in disk["Attachments"])
        _add(found, "disk", _tags(disk)["Name"], *(() if first else (disk["VolumeId"],)))
    for operation, key, id in _LISTS:
        for item in getattr(ec2, operation)(Filters=ours)[key]:
            if item.get("State") == "deleted":  # EC2 shows an endpoint for a while after it has gone
                continue
            _add(found, key, _tags(item).get("Name", item[id]), item[id])
    for gateway in ec2.describe_nat_gateways(Filter=ours)["NatGateways"]:
        if gateway["State"] != "deleted":
            _add(found, "gateway", _tags(gateway)["Name"], gateway["NatGatewayId"])
    found.snapshots += len(ec2.describe_snapshots(OwnerIds=["self"], Filters=ours)["Snapshots"])


def _add(found: Found, kind: str, label: str, *ids: str) -> None:
    found.labels[kind, label] += 1
    found.ids.update(ids)


def _tags(item: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item["Tags"]}


def media(cloud: Any, buckets: list[str]) -> Iterator[tuple[str, bytes]]:
    """The objects that people put into `buckets`: key and content."""
    s3 = cloud.client("s3")
    for bucket in buckets:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            if not item["Key"].endswith(".keep"):
                yield item["Key"], s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()


def key_of(cloud: Any, bucket: str) -> str | None:
    """The id of the key that encrypts what comes into `bucket`."""
    try:
        (rule,) = cloud.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError:
        return None
    return str(rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]).rpartition("/")[2]
