"""Each fault reaches every kind of client as AWS would send it, as often as it was asked for and no more."""

import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from soundstage.core.errors import UsageError
from soundstage.simulator import process
from soundstage.simulator.faultrules import KINDS, FaultRule
from soundstage.simulator.process import Endpoint

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ec2": ("ec2:DescribeVpcs", "describe_vpcs", {}),
    "iam": ("iam:ListRoles", "list_roles", {}),
    "kms": ("kms:ListKeys", "list_keys", {}),
    "s3": ("s3:ListBuckets", "list_buckets", {}),
    "scheduler": ("scheduler:ListSchedules", "list_schedules", {}),
    "cloudwatch": ("cloudwatch:DescribeAlarms", "describe_alarms", {}),
}
"""A call for each protocol: ec2, query, json, rest-xml, rest-json, cbor."""

EXPECTED = {
    "throttle": {"ec2": "RequestLimitExceeded", "iam": "Throttling", "s3": "SlowDown", "cloudwatch": "Throttling",
                 "*": "ThrottlingException"},
    "server-error": {"ec2": "InternalError", "s3": "InternalError", "*": "InternalFailure"},
    "no-capacity": {"*": "InsufficientInstanceCapacity"},
    "expired-credential": {"ec2": "RequestExpired", "s3": "ExpiredToken", "iam": "ExpiredToken",
                           "*": "ExpiredTokenException"},
    "denied": {"ec2": "UnauthorizedOperation", "iam": "AccessDenied", "s3": "AccessDenied", "*": "AccessDeniedException"},
}  # fmt: skip


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("kind", EXPECTED)
def test_a_refusal_has_the_service_s_own_code_and_happens_once(
    cloud: Endpoint, cloud_home: Path, kind: str, service: str
) -> None:
    operation, method, arguments = CALLS[service]
    process.set_faults(cloud_home, [FaultRule(operation, kind)])
    call = getattr(cloud.client(service), method)
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    assert refused.value.response["Error"]["Code"] == EXPECTED[kind].get(service, EXPECTED[kind]["*"])
    assert call(**arguments)
    assert process.list_faults(cloud_home) == ()


@pytest.mark.parametrize("kind", ["connection-lost", "lost-answer", "timeout"])
@pytest.mark.parametrize("service", CALLS)
def test_a_lost_connection_is_seen_as_one(cloud: Endpoint, cloud_home: Path, kind: str, service: str) -> None:
    operation, method, arguments = CALLS[service]
    process.set_faults(cloud_home, [FaultRule(operation, kind, seconds=0.01)])
    with pytest.raises(ConnectionClosedError):
        getattr(cloud.client(service), method)(**arguments)


@pytest.mark.parametrize(("kind", "made"), [("lost-answer", 1), ("connection-lost", 0), ("timeout", 0), ("denied", 0)])
def test_only_a_lost_answer_leaves_something_behind(cloud: Endpoint, cloud_home: Path, kind: str, made: int) -> None:
    ec2 = cloud.client("ec2")
    before = len(ec2.describe_vpcs()["Vpcs"])
    process.set_faults(cloud_home, [FaultRule("ec2:CreateVpc", kind, seconds=0.01)])
    with pytest.raises((ClientError, ConnectionClosedError)):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert len(ec2.describe_vpcs()["Vpcs"]) == before + made


def test_latency_delays_and_executes(cloud: Endpoint, cloud_home: Path) -> None:
    ec2 = cloud.client("ec2")
    process.set_faults(cloud_home, [FaultRule("ec2:CreateVpc", "latency", seconds=0.3)])
    begun = time.monotonic()
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert time.monotonic() - begun >= 0.3


def test_a_fault_can_wait_and_last_and_name_many_operations(cloud: Endpoint, cloud_home: Path) -> None:
    ec2 = cloud.client("ec2")
    process.set_faults(cloud_home, [FaultRule("EC2:describe*", "throttle", times=2, after=1)])
    seen = []
    for call in (ec2.describe_vpcs, ec2.describe_subnets, ec2.describe_vpcs, ec2.describe_vpcs):
        try:
            call()
            seen.append("answered")
        except ClientError:
            seen.append("refused")
    assert seen == ["answered", "refused", "refused", "answered"]


def test_zero_times_means_until_cleared(cloud: Endpoint, cloud_home: Path) -> None:
    process.add_fault(cloud_home, FaultRule("kms:*", "server-error", times=0))
    for _ in range(3):
        with pytest.raises(ClientError, match="InternalFailure"):
            cloud.client("kms").list_keys()
    process.clear_faults(cloud_home)
    assert cloud.client("kms").list_keys()["Keys"] == []


def test_status_shows_what_is_set(cloud: Endpoint, cloud_home: Path) -> None:
    rule = FaultRule("ec2:RunInstances", "no-capacity", times=3)
    process.set_faults(cloud_home, [rule])
    shown = process.status(cloud_home)
    assert shown.faults == (rule,)
    assert (shown.running, shown.url, shown.pid) == (True, cloud.url, cloud.pid)


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"operation": "ec2:RunInstances", "kind": "earthquake"}, "earthquake"),
        ({"operation": "RunInstances", "kind": "throttle"}, "ec2:RunInstances or s3"),
        ({"operation": "ec2:*", "kind": "throttle", "times": -1}, "count from 0"),
        ({"operation": "ec2:*", "kind": "latency", "seconds": 9999}, "0 to 300"),
    ],
)
def test_an_impossible_fault_is_refused(rule: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        FaultRule(**rule)


def test_every_kind_of_fault_is_tried_here() -> None:
    assert set(KINDS) == {*EXPECTED, "connection-lost", "lost-answer", "timeout", "latency"}
