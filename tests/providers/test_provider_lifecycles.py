"""Every type of the resource table on the simulated cloud: made, found again, changed, meddled with, imported, deleted."""

import contextlib
import itertools
import json
import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from soundstage.core.values import Properties, Secret, reveal
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.aws.seeking import seek
from soundstage.providers.aws.table import TYPES
from soundstage.providers.base import Difference
from soundstage.providers.mapping import CREATION_TAG
from soundstage.providers.scope import TOKEN
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint

CASES = {case.type: case for case in runpy.run_path(str(Path(__file__).with_name("provider_cases.py")))["CASES"]}


class World:
    """What the cases need to exist, made once through the provider itself."""

    def __init__(self, cloud: Endpoint) -> None:
        self.cloud = cloud
        self.provider = AwsProvider(cloud, "eu-west-1")
        self.known: dict[str, str] = {}
        self._build()

    def client(self, service: str) -> Any:
        return self.cloud.client(service, "eu-west-1")

    def fill(self, value: Any) -> Any:
        """`value` with every `@name` replaced by what the world holds under it."""
        if isinstance(value, str):
            if value.startswith("@"):
                return self.known[value[1:]]
            for name in sorted(self.known, key=len, reverse=True):
                value = value.replace(f'"@{name}"', json.dumps(self.known[name]))
            return value
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items() if item is not None}
        return [self.fill(item) for item in value] if isinstance(value, list) else value

    def make(self, name: str, type: str, /, **inputs: Any) -> Properties:
        """Create something under `name`, and under `<name>_arn` its ARN."""
        inputs = self.provider.check(
            type, urn(type, name.replace("_", "-")), {}, self.fill(inputs), name.encode()
        ).inputs
        created = self.provider.create(type, urn(type, name), inputs)
        self.known[name] = created.id
        self.known[f"{name}_arn"] = str(created.outputs.get("arn"))
        return created.outputs

    def _build(self) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        image = self.client("ec2").describe_images()["Images"][0]
        self.known["image"] = image["ImageId"]
        self.make("vpc", "aws:ec2/vpc:Vpc", cidrBlock="10.9.0.0/16")
        self.make("spare_vpc", "aws:ec2/vpc:Vpc", cidrBlock="10.8.0.0/16")
        zone = {"availabilityZone": "eu-west-1a"}
        self.make("subnet", "aws:ec2/subnet:Subnet", vpcId="@vpc", cidrBlock="10.9.0.0/24", **zone)
        self.make("gateway", "aws:ec2/internetGateway:InternetGateway", vpcId="@vpc")
        self.make("route_table", "aws:ec2/routeTable:RouteTable", vpcId="@vpc")
        self.make("address", "aws:ec2/eip:Eip")
        self.make("group", "aws:ec2/securityGroup:SecurityGroup", vpcId="@vpc", description="test")
        self.make("key", "aws:kms/key:Key", description="test")
        self.make("role", "aws:iam/role:Role", assumeRolePolicy=_document(trust))
        self.make("policy", "aws:iam/policy:Policy", policy=_document(allow))
        self.make("profile", "aws:iam/instanceProfile:InstanceProfile", role="@role")
        self.make("volume", "aws:ebs/volume:Volume", size=10, **zone)
        self.make("machine", "aws:ec2/instance:Instance", ami="@image", instanceType="g5.xlarge", subnetId="@subnet")
        for bucket in ("bucket", "log_bucket", "versioned_bucket", "replica_bucket"):
            self.make(bucket, "aws:s3/bucket:Bucket", forceDestroy=True)
        self.make("locked_bucket", "aws:s3/bucket:Bucket", objectLockEnabled=True)
        self.known["bucket_objects"] = self.known["bucket_arn"] + "/*"
        for bucket in ("versioned_bucket", "replica_bucket"):
            on = {"status": "Enabled"}
            versioning = "aws:s3/bucketVersioning:BucketVersioning"
            self.make(f"{bucket}_on", versioning, bucket=f"@{bucket}", versioningConfiguration=on)
        delivery = {
            "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
            "Resource": self.known["log_bucket_arn"] + "/*",
        }  # fmt: skip
        self.make("delivery", "aws:s3/bucketPolicy:BucketPolicy", bucket="@log_bucket", policy=_document(delivery))
        self.make("log_group", "aws:cloudwatch/logGroup:LogGroup", name="/test/group")
        self.known["log_group_all"] = self.known["log_group_arn"] + ":*"
        for name in ("names", "other_names"):
            domains = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
            self.make(name, domains, name=name, domains=["s3.eu-west-1.amazonaws.com"])
        rules = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
        self.make("name_rules", rules, name="rules")
        queries = "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig"
        self.make("query_log", queries, name="queries", destinationArn="@log_group_arn")
        self.make("topic", "aws:sns/topic:Topic")
        limit = {"limitAmount": "10", "limitUnit": "USD", "budgetType": "COST", "timeUnit": "MONTHLY"}
        self.make("budget", "aws:budgets/budget:Budget", name="test", **limit)
        self.known["budget"] = "test"
        monitor = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
        self.make("monitor", monitor, name="world", monitorType="CUSTOM", monitorSpecification='{"Tags":{"Key":"a"}}')


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def urn(type: str, name: str = "case") -> str:
    return f"urn:pulumi:test::soundstage::{type}::{name}"


def said(found: Difference) -> list[tuple[str, Any, Any]]:
    return [(change.path, change.before, change.after) for change in found.changes]


@pytest.fixture(scope="module")
def world(cloud_home: Path, _shared_cloud: Endpoint) -> Iterator[World]:
    process.reset(cloud_home)
    yield World(_shared_cloud)
    process.reset(cloud_home)


class Life:
    """One resource on its way."""

    def __init__(self, world: World, type: str, inputs: Properties) -> None:
        self.provider, self.type = world.provider, type
        checked = self.provider.check(type, urn(type), {}, world.fill(inputs), os.urandom(16))
        assert checked.failures == ()
        self.inputs = checked.inputs
        created = self.provider.create(type, urn(type), self.inputs)
        self.id, self.outputs = created.id, created.outputs

    def change(self, news: Properties) -> Difference:
        """Update it, if the difference allows; what differed."""
        kept = {key: value for key, value in self.inputs.items() if key not in self.inputs["__defaults"]}
        wanted = {key: value for key, value in {**kept, **news}.items() if value is not None}
        checked = self.provider.check(self.type, urn(self.type), self.inputs, wanted, b"another")
        assert checked.failures == ()
        found = self.provider.diff(self.type, self.id, self.inputs, self.outputs, checked.inputs)
        assert not found.replaces, said(found)
        self.wanted = checked.inputs
        self._update()
        return found

    def _update(self) -> None:
        self.outputs = self.provider.update(self.type, urn(self.type), self.id, self.inputs, self.outputs, self.wanted)
        self.inputs = self.wanted

    def resume(self) -> None:
        """What an engine does after an update whose end nobody heard: take what is there for what was, and go on."""
        found = self.provider.read(self.type, self.id, self.inputs, self.outputs)
        assert found is not None
        self.inputs, self.outputs = found.inputs, found.outputs
        if self.provider.diff(self.type, self.id, self.inputs, self.outputs, self.wanted).changes:
            self._update()

    def drift(self) -> list[tuple[str, Any, Any]] | None:
        """What a read shows to differ from the recorded inputs; None when it is gone."""
        found = self.provider.read(self.type, self.id, self.inputs, self.outputs)
        if found is None:
            return None
        return said(self.provider.diff(self.type, self.id, found.inputs, found.outputs, self.inputs))

    def moved_outputs(self) -> dict[str, tuple[Any, Any]]:
        """Outputs that a read shows otherwise than the last operation did."""
        found = self.provider.read(self.type, self.id, self.inputs, self.outputs)
        assert found is not None
        here, there = reveal(self.outputs), reveal(found.outputs)
        return {k: (here.get(k), there.get(k)) for k in {*here, *there} if here.get(k) != there.get(k)}

    def delete(self) -> None:
        self.provider.delete(self.type, urn(self.type), self.id, self.inputs, self.outputs)


def sought(world: World, life: Life) -> str | None:
    """What a search finds that knows nothing of the mark of our own creates, and only reads."""
    unmarked = {key: value for key, value in life.inputs.items() if key != TOKEN}
    if TYPES[life.type].marked:
        unmarked["tags"] = {key: value for key, value in unmarked.get("tags", {}).items() if key != CREATION_TAG}
    call: Any = BaseClient._make_api_call

    def read(self: Any, operation: str, params: Any) -> Any:
        assert operation.startswith(("Describe", "Get", "List", "Head"))
        return call(self, operation, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", read)
        found = seek(world.cloud, "eu-west-1", life.type, unmarked, set(world.known.values()))
    return "carries no tags" if TYPES[life.type].marked and "no tags" in found.doubt else found.id


def test_every_type_has_a_case() -> None:
    assert set(CASES) == set(TYPES)


@pytest.mark.parametrize("type", CASES)
def test_a_resource_lives_and_dies_without_noise(world: World, type: str) -> None:
    case = CASES[type]
    life = Life(world, type, case.inputs)
    assert life.outputs["id"] == life.id
    assert life.drift() == []
    assert life.moved_outputs() == {}

    again = world.provider.find(type, urn(type), life.inputs)
    assert again is not None
    assert again.id == life.id
    assert sought(world, life) in (life.id, "carries no tags")

    for news in case.changes:
        assert life.change(world.fill(news) | {k: None for k, v in news.items() if v is None}).changes
        assert life.drift() == []
        assert life.moved_outputs() == {}

    if case.meddle:
        case.meddle(world.client, life.id)
        drift = life.drift()
        if case.drifts == "gone":
            assert drift is None
        else:
            assert any(f"{path}.".startswith((f"{case.drifts}.", f"{case.drifts}[")) for path, _, _ in drift or ())

    life.delete()
    if case.after == "gone":
        assert life.drift() is None
        assert world.provider.find(type, urn(type), life.inputs) is None
    life.delete()


class Died(BaseException):
    """Somebody killed the command."""


@contextlib.contextmanager
def dying_after(number: int) -> Iterator[None]:
    """Raise `Died` instead of the answer to this call, counted from 1, of those that change the cloud."""
    left = itertools.count(number - 1, -1)
    call: Any = BaseClient._make_api_call

    def make(self: Any, operation: str, params: Any) -> Any:
        answer = call(self, operation, params)
        if not operation.startswith(("Describe", "Get", "List", "Head")) and next(left) == 0:
            raise Died
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", make)
        yield


@pytest.mark.parametrize("type", [type for type in CASES if CASES[type].changes])
def test_an_update_that_dies_after_any_of_its_calls_is_finished_by_the_next(
    world: World, type: str, record_property: Callable[[str, object], None]
) -> None:
    news: Properties = {}
    for change in CASES[type].changes:
        news |= world.fill(change) | {name: None for name, value in change.items() if value is None}
    for number in itertools.count(1):
        life = Life(world, type, CASES[type].inputs)
        state = life.outputs.get("instanceState")
        try:
            with dying_after(number):
                life.change(news)
        except Died:
            life.resume()
            assert life.drift() == [], f"after call {number}"
            assert life.moved_outputs() == {}
            assert life.outputs.get("instanceState") == state
            life.delete()
        else:
            life.delete()
            break
    record_property("count", ("calls after which an update was cut off", number - 1))


@pytest.mark.parametrize("type", CASES)
def test_an_imported_resource_says_what_its_program_would(world: World, type: str) -> None:
    life = Life(world, type, CASES[type].inputs)
    try:
        found = world.provider.read(type, life.id, {}, {})
        assert found is not None
        written = {field.name for field in TYPES[type].fields if field.shown is not None}
        differing = [
            path
            for path, _, _ in said(world.provider.diff(type, life.id, found.inputs, found.outputs, life.inputs))
            if path.partition(".")[0].partition("[")[0] in written
        ]
        assert differing == []
    finally:
        life.delete()


def test_a_secret_comes_back_as_one(world: World) -> None:
    life = Life(world, "aws:ssm/parameter:Parameter", {"type": "SecureString", "value": Secret("hush-hush")})
    found = world.provider.read(life.type, life.id, life.inputs, life.outputs)
    assert found is not None
    assert "hush-hush" not in repr((life.outputs, found))
    assert reveal(found.outputs["value"]) == "hush-hush"
    life.delete()
