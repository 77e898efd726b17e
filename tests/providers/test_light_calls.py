"""The calls that are made without boto3: equal answers, equal refusals, and no boto3 in a preview without changes."""

import functools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.tags import MANAGED_BY, PROJECT, STUDIO, WORKSTATION
from soundstage.core.errors import CloudError
from soundstage.core.values import Properties
from soundstage.providers import calls
from soundstage.providers.aws import light
from soundstage.providers.aws.actions import action_of
from soundstage.providers.aws.boto3_calls import by_boto3
from soundstage.providers.aws.provider import AWS, AwsProvider
from soundstage.providers.aws.table.lookups import LOOKUPS
from soundstage.providers.calls import Caller
from soundstage.providers.table_provider import Catalogue, TableProvider
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint
from soundstage.stacks.clouds.aws.account import Aws, SimulatedAws

REGION = "eu-west-1"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
IMAGE = "aws:ec2/getAmi:getAmi"
MACHINE = "aws:ec2/getInstance:getInstance"
MACHINES = "aws:ec2/getInstances:getInstances"
VPC = "aws:ec2/getVpc:getVpc"
NAMED = [{"name": "name", "values": ["ubuntu*"]}]


@pytest.fixture(scope="module")
def furnished(cloud_home: Path, _shared_cloud: Endpoint) -> Iterator[Endpoint]:
    """A cloud with a network of odd tags, a machine, a managed prefix list and a default key."""
    process.reset(cloud_home)
    ec2 = _shared_cloud.client("ec2", REGION)
    tags = [{"Key": "Name", "Value": "Stúdio & <sons>"}, {"Key": "empty", "Value": ""}]
    ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    named = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "edit-1"}]}]
    ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=named)
    ec2.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=3, AddressFamily="IPv4", Entries=[{"Cidr": "203.0.113.7/32"}]
    )
    key = _shared_cloud.client("kms", REGION).create_key()["KeyMetadata"]["Arn"]
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    yield _shared_cloud
    process.clear_faults(cloud_home)
    process.reset(cloud_home)


_ASKED: list[tuple[str, Properties]] = [
    (CALLER, {}),
    ("aws:index/getPartition:getPartition", {}),
    ("aws:index/getRegion:getRegion", {}),
    (ZONES, {}),
    (ZONES, {"state": "available", "excludeNames": ["eu-west-1b"], "allAvailabilityZones": True}),
    (ZONES, {"region": "us-east-1", "filters": [{"name": "zone-name", "values": ["us-east-1a", "us-east-1c"]}]}),
    ("aws:ebs/getDefaultKmsKey:getDefaultKmsKey", {}),
    (IMAGE, {"filters": NAMED, "mostRecent": True}),
    (IMAGE, {"nameRegex": "(?i)windows", "mostRecent": True, "includeDeprecated": True}),
    (IMAGE, {"filters": [{"name": "name", "values": ["no such"]}]}),
    (IMAGE, {"owners": ["self"]}),
    ("aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": "offices"}),
    ("aws:ec2/getPrefixList:getPrefixList", {"name": f"com.amazonaws.{REGION}.s3"}),
    ("aws:ec2/getPrefixList:getPrefixList", {"name": "none"}),
    (VPC, {"cidrBlock": "10.9.0.0/16", "tags": {"Name": "Stúdio & <sons>"}}),
    (MACHINE, {"instanceTags": {"Name": "edit-1"}}),
    (MACHINE, {"instanceId": "i-00000000000000000"}),
    (MACHINES, {}),
    (MACHINES, {"instanceTags": {"Name": "edit-1"}, "instanceStateNames": ["pending", "running", "stopped"]}),
    (MACHINES, {"instanceStateNames": ["terminated"]}),
    (VPC, {"default": True}),
    (VPC, {"id": "vpc-00000000"}),
    (VPC, {"filters": [{"name": "no-such-filter", "values": ["x"]}]}),
    ("aws:ec2/getVpcs:getVpcs", {}),
    ("aws:ec2/getVpcs:getVpcs", {"tags": {"Name": "nobody's"}}),
    (
        "aws:iam/getPolicyDocument:getPolicyDocument",
        {"statements": [{"actions": ["s3:GetObject"], "resources": ["*"]}]},
    ),
]


def outcome(endpoint: Endpoint, token: str, args: Properties, catalogue: Catalogue = AWS) -> Any:
    try:
        return TableProvider(catalogue, endpoint, REGION).invoke(token, args)
    except CloudError as refusal:
        return refusal.message, refusal.hint, refusal.action, refusal.code


BY_BOTO3 = replace(AWS, ask=by_boto3)


def test_the_two_ways_that_are_compared_are_two() -> None:
    assert AWS.ask is light.send
    assert BY_BOTO3.ask is not AWS.ask


@pytest.mark.parametrize(("token", "args"), _ASKED)
def test_a_data_source_is_answered_alike_with_and_without_boto3(
    furnished: Endpoint, token: str, args: Properties
) -> None:
    assert outcome(furnished, token, args) == outcome(furnished, token, args, BY_BOTO3)


def test_every_data_source_is_compared() -> None:
    assert {token for token, _ in _ASKED} == set(LOOKUPS)


@pytest.mark.parametrize("kind", ["denied", "expired-credential"])
def test_a_refusal_reads_alike_with_and_without_boto3(furnished: Endpoint, cloud_home: Path, kind: str) -> None:
    rules = [
        FaultRule(operation, kind, times=0) for operation in ("ec2:DescribeAvailabilityZones", "sts:GetCallerIdentity")
    ]
    process.set_faults(cloud_home, rules)
    plain = [outcome(furnished, token, {}) for token in (ZONES, CALLER)]
    assert all(isinstance(refusal, tuple) for refusal in plain)
    assert plain == [outcome(furnished, token, {}, BY_BOTO3) for token in (ZONES, CALLER)]
    process.clear_faults(cloud_home)


@pytest.mark.parametrize("kind", ["throttle", "server-error", "connection-lost", "lost-answer"])
def test_what_passes_is_tried_again_and_said(
    furnished: Endpoint, cloud_home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(calls, "_FIRST_PAUSE", 0.001)
    process.set_faults(cloud_home, [FaultRule("ec2:DescribeAvailabilityZones", kind, times=2)])
    heard: list[str] = []
    found = AwsProvider(furnished, REGION, heard.append).invoke(ZONES, {})
    assert found["names"]
    assert len(heard) == 2
    assert "ec2:DescribeAvailabilityZones" in heard[0]
    assert "attempt 2 of 8" in heard[0]


def test_a_cloud_that_is_gone_is_given_up_with_a_way_on(
    furnished: Endpoint, cloud_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_FIRST_PAUSE", 0.001)
    process.set_faults(cloud_home, [FaultRule("sts:GetCallerIdentity", "connection-lost", times=0)])
    with pytest.raises(CloudError, match="sts:GetCallerIdentity got no answer in 8 attempts") as refused:
        AwsProvider(furnished, REGION).invoke(CALLER, {})
    assert "it continues" in refused.value.hint
    process.clear_faults(cloud_home)


def test_what_is_not_a_data_source_goes_through_boto3(furnished: Endpoint) -> None:
    found = light.send(furnished, "ec2", REGION, "DescribeRegions", {"RegionNames": [REGION]})
    assert [region["RegionName"] for region in found["Regions"]] == [REGION]


def test_an_answer_that_is_no_answer_is_taken_for_none(furnished: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(light.http.client.HTTPResponse, "read", lambda *_: b"<half")
    with pytest.raises(CloudError, match="no answer in 8 attempts"):
        Caller(furnished, lambda _: None, light.send, action_of).call("sts", REGION, "GetCallerIdentity", {})


class ByBoto3(SimulatedAws):
    """The same account, asked with boto3."""

    ask = Aws.ask


def asked_by_a_preview(cloud: Aws) -> list[Any]:
    images = cloud.images.named("*", "amazon", REGION)
    return [
        cloud.zones.usable(),
        cloud.zones.offering(["g5.xlarge", "m5.large"]),
        cloud.snapshots.of_project("tinyorange", "feature"),
        images,
        cloud.images.found([images[0].id, "ami-00000000"], REGION),
        cloud.images.named("no such", "self", REGION),
        cloud.machines.of_project("tinyorange", "feature"),
        cloud.machines.of_project("tinyorange", "none"),
        cloud.account.singletons("tinyorange", [REGION, "eu-central-1"]),
        cloud.account.singletons("other", [REGION]),
    ]


def test_what_a_preview_asks_is_answered_alike_with_and_without_boto3(
    furnished: Endpoint, cloud_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(cloud_home))
    ec2 = furnished.client("ec2", REGION)
    disk = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=50)["VolumeId"]
    tags = {STUDIO: "tinyorange", PROJECT: "feature", MANAGED_BY: "soundstage", WORKSTATION: "edit-1"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    ec2.create_snapshot(VolumeId=disk, TagSpecifications=[{"ResourceType": "snapshot", "Tags": listed}])
    machine = ec2.run_instances(
        ImageId=ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"],
        MinCount=1, MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )["Instances"][0]  # fmt: skip
    ec2.attach_volume(VolumeId=disk, InstanceId=machine["InstanceId"], Device="/dev/sdf")
    analyzer = furnished.client("accessanalyzer", REGION)
    analyzer.create_analyzer(analyzerName="somebodys", type="ACCOUNT", tags={STUDIO: "elsewhere"})
    monitor = {"MonitorName": "theirs", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    furnished.client("ce", "us-east-1").create_anomaly_monitor(AnomalyMonitor=monitor)
    plain = asked_by_a_preview(SimulatedAws(REGION))
    assert all(plain[:5])
    assert len(plain[6][0].disks) == 2
    assert plain[8].anomaly_monitor_arn
    assert plain[8].other_studios == ("elsewhere",)
    assert plain == asked_by_a_preview(ByBoto3(REGION))


_QUESTIONS = functools.partial(
    """
import sys
from pathlib import Path
from soundstage.simulator import process
from soundstage.providers.aws.provider import AWS, AwsProvider
provider = AwsProvider(process.running(Path({home!r})), "eu-west-1")
provider.invoke({caller!r}, {{}})
provider.invoke({zones!r}, {{}})
provider.invoke({image!r}, {{"filters": {named!r}, "mostRecent": True}})
print(sorted(name for name in sys.modules if name.startswith(("boto", "moto"))))
""".format,
    caller=CALLER,
    zones=ZONES,
    image=IMAGE,
    named=NAMED,
)


def test_asking_loads_no_boto3(furnished: Endpoint, cloud_home: Path) -> None:
    script = _QUESTIONS(home=str(cloud_home))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("service", "operation"), [("ce", "GetAnomalyMonitors"), ("accessanalyzer", "ListAnalyzers")])
@pytest.mark.parametrize("kind", ["denied", "expired-credential"])
def test_a_refusal_of_what_answers_in_json_reads_alike(
    furnished: Endpoint, cloud_home: Path, service: str, operation: str, kind: str
) -> None:
    process.set_faults(cloud_home, [FaultRule(f"{service}:{operation}", kind, times=0)])
    told = []
    for send in (light.send, by_boto3):
        with pytest.raises(calls.Declined) as refused:
            send(furnished, service, REGION, operation, {})
        told.append((refused.value.code, refused.value.message, refused.value.status, bool(refused.value.date)))
    assert told[0] == told[1]
    process.clear_faults(cloud_home)


def test_no_preview_loads_boto3(repository: Path) -> None:
    script = """
import sys
from soundstage.cli.main import main
assert main([*sys.argv[1:], "examples/feature.yaml"]) == 0
print(sorted(name for name in sys.modules if name.startswith(("boto", "moto"))), file=sys.stderr)
"""
    # The first is of a new studio too, which asks what the account has only once.
    for arguments in (["preview"], ["up", "--yes"], ["preview"], ["down", "--delete-media", "--yes"], ["preview"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], cwd=repository, capture_output=True, text=True, check=True
        )
        assert (done.stderr.splitlines()[-1] == "[]") == (arguments == ["preview"])
