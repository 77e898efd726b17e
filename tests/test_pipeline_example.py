"""A pipeline engineer's program with a network, a key and a bucket of their own, on the embedded engine and the simulated cloud."""

import json
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from soundstage.components.aws import StudioNetwork, Workstation
from soundstage.core.errors import CloudError
from soundstage.engines.base import StackName
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.plan.plan import Operation
from soundstage.policies.judge import judge
from soundstage.providers.aws.provider import AwsProvider
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud

pytestmark = pytest.mark.slow

SAME = {Operation.SAME}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Endpoint]:
    with simulated_cloud(tmp_path / "home") as endpoint:
        yield endpoint


@pytest.fixture
def program(repository: Path) -> Callable[[], None]:
    file = repository / "examples" / "pipeline" / "python" / "__main__.py"
    return lambda: runpy.run_path(str(file), run_name="__main__") and None


def meddle(cloud: Endpoint, outputs: dict[str, Any]) -> None:
    """What goes on in an account beside the program: a tool tags for cost, and colleagues add a rule and a policy of theirs."""
    ec2, iam = cloud.client("ec2", "eu-west-1"), cloud.client("iam", "eu-west-1")
    everything = [outputs["instance_id"], *outputs["disk_volume_ids"].values(), outputs["security_group_id"]]
    ec2.create_tags(Resources=everything, Tags=[{"Key": "cost:owner", "Value": "grading"}])
    rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "IpRanges": [{"CidrIp": "10.61.0.20/32"}]}
    ec2.authorize_security_group_egress(GroupId=outputs["security_group_id"], IpPermissions=[rule])
    iam.tag_role(RoleName=outputs["role_name"], Tags=[{"Key": "cost:owner", "Value": "grading"}])


def test_no_later_up_fights_what_a_pipeline_adds(cloud: Endpoint, program: Callable[[], None], tmp_path: Path) -> None:
    engine = EmbeddedEngine(
        StackName("pipeline", "dev"), tmp_path / "stack", lambda retry: AwsProvider(cloud, "eu-west-1", on_retry=retry)
    )
    assert set(engine.up(program).counts) == {Operation.CREATE}
    outputs = engine.outputs()
    meddle(cloud, outputs)
    assert set(engine.up(program, refresh=True).counts) == SAME
    assert set(engine.up(program).counts) == SAME

    ec2 = cloud.client("ec2", "eu-west-1")
    (reservation,) = ec2.describe_instances(InstanceIds=[outputs["instance_id"]])["Reservations"]
    (machine,) = reservation["Instances"]
    tags = {tag["Key"]: tag["Value"] for tag in machine["Tags"]}
    assert tags["cost:owner"] == "grading"
    assert tags["soundstage:project"] == "pipeline-dev"
    attached = {each["DeviceName"]: each["Ebs"]["VolumeId"] for each in machine["BlockDeviceMappings"]}
    assert attached["/dev/sdh"] == outputs["disk_volume_ids"]["cache"] == tags["soundstage:disk-cache"]
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [outputs["security_group_id"]]}])[
        "SecurityGroupRules"
    ]
    ports = {(rule["IsEgress"], rule["FromPort"], rule["ToPort"]) for rule in rules}
    assert ports == {(True, 443, 443), (True, 27000, 27009), (True, 2049, 2049)}
    assert set(engine.destroy().counts) == {Operation.DELETE}


def opened(key: str) -> None:
    """A project in which everything that a program can add is as loose as the components let it be."""
    network = StudioNetwork("net", {"studio": "home", "project": "teaser", "key_arn": key})
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    Workstation(
        "edit-1",
        {
            "studio": "home",
            "project": "teaser",
            "user": "ana",
            "vpc_id": network.vpc_id,
            "subnet_id": network.subnet_ids[0],
            "availability_zone": network.availability_zones[0],
            "endpoint_security_group_id": network.endpoint_security_group_id,
            "key_arn": key,
            "extra_inbound": {"vnc": {"port": 5900, "security_group_id": "sg-1"}},
            "extra_outbound": {"wide": {"port": 443, "cidr": "52.0.0.0/8"}},
            "extra_policies": {"all": json.dumps({"Version": "2012-10-17", "Statement": [everything]})},
        },
    )


def test_what_comes_through_a_hatch_is_judged(cloud: Endpoint, tmp_path: Path) -> None:
    engine = EmbeddedEngine(
        StackName("teaser", "dev"), tmp_path / "stack", lambda retry: AwsProvider(cloud, "eu-west-1", on_retry=retry)
    )
    report = judge(engine.preview(lambda: opened("arn:aws:kms:eu-west-1:123456789012:key/1")), "content")
    found = {(finding.policy.id, finding.name) for finding in report.findings}
    assert found >= {
        ("IAM-02", "edit-1-role"),
        ("IAM-03", "edit-1-extra-all"),
        ("NET-03", "edit-1-extra-in-vnc"),
        ("NET-08", "edit-1-extra-out-wide"),
    }


def station(disks: dict[str, str], rules: tuple[str, ...] = ("licences", "files")) -> Callable[[], None]:
    """A machine with disks, by name and the letter of their device, and with rules in this order."""

    def declare() -> None:
        vpc = aws.ec2.Vpc("pipeline", cidr_block="10.60.0.0/20")
        subnet = aws.ec2.Subnet("machines", vpc_id=vpc.id, cidr_block="10.60.0.0/24", availability_zone="eu-west-1a")
        args: Any = {
            "studio": "home",
            "project": "teaser",
            "user": "ana",
            "vpc_id": vpc.id,
            "subnet_id": subnet.id,
            "availability_zone": "eu-west-1a",
            "key_arn": aws.kms.Key("pipeline").arn,
            "extra_disks": {name: {"size_gib": 50, "device": f"/dev/sd{letter}"} for name, letter in disks.items()},
            "extra_outbound": {name: {"port": 27000 + len(name), "cidr": "10.61.0.10/32"} for name in rules},
        }
        pulumi.export("disks", Workstation("edit-1", args).disk_volume_ids)

    return declare


def test_an_edit_while_it_is_up_took_a_disk_that_holds_work(cloud: Endpoint, tmp_path: Path) -> None:
    engine = EmbeddedEngine(
        StackName("pipeline", "dev"), tmp_path / "stack", lambda retry: AwsProvider(cloud, "eu-west-1", on_retry=retry)
    )
    engine.up(station({"cache": "h", "stills": "i"}))
    disks = engine.outputs()["disks"]
    assert set(engine.up(station({"stills": "i", "cache": "h"}, ("files", "licences"))).counts) == SAME
    moved = engine.up(station({"cache": "h", "stills": "k"}))
    assert {operation for operation, count in moved.counts.items() if count} == {Operation.SAME, Operation.REPLACE}
    assert engine.outputs()["disks"] == disks

    ec2 = cloud.client("ec2", "eu-west-1")
    with pytest.raises(CloudError, match="/dev/sdh is already in use"):
        engine.up(station({"renders": "h", "stills": "k"}))
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    engine.up(station({"renders": "j", "stills": "k"}))
    (last,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert last["VolumeId"] == disks["cache"]
    assert engine.outputs()["disks"]["stills"] == disks["stills"]


def test_a_volume_that_is_there_is_made_quicker_in_place(cloud: Endpoint, tmp_path: Path) -> None:
    """The default for machines on which people cut in UHD replaces no disk that holds somebody's work."""

    def volume(throughput: int | None) -> Callable[[], None]:
        def declare() -> None:
            aws.ebs.Volume("data", availability_zone="eu-west-1a", size=200, type="gp3", throughput=throughput)

        return declare

    engine = EmbeddedEngine(
        StackName("disks", "dev"), tmp_path / "stack", lambda retry: AwsProvider(cloud, "eu-west-1", on_retry=retry)
    )
    engine.up(volume(None))
    assert set(engine.up(volume(250)).counts) == {Operation.UPDATE}
    (found,) = cloud.client("ec2", "eu-west-1").describe_volumes()["Volumes"]
    assert found["Throughput"] == 250
