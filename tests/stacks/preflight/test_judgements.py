"""What each fact means for a plan: functions of plain values."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.clouds.base import Need
from soundstage.stacks.clouds.facts import Caller, Kind, Refused
from soundstage.stacks.preflight import judgements
from soundstage.stacks.preflight.checks import questions
from soundstage.stacks.preflight.finding import Finding, Verdict

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
GIB = 2**30
FAILED, PASSED, WARNING, UNKNOWN = Verdict.FAILED, Verdict.PASSED, Verdict.WARNING, Verdict.NOT_CHECKED


def verdicts(found: Any) -> list[Verdict]:
    return [one.verdict for one in ([found] if isinstance(found, Finding) else found)]


def planned(
    type: str, operation: Operation = Operation.CREATE, id: str | None = None, **inputs: Any
) -> PlannedResource:
    inputs["tags"] = {"soundstage:workstation": "edit-1"}
    return PlannedResource(f"urn:{type}", type, "x", operation, id=id, inputs=inputs)


def plan(*resources: PlannedResource) -> Plan:
    return Plan("soundstage", "teaser", resources)


@pytest.mark.parametrize(
    ("kind", "minutes", "verdict"),
    [
        (Kind.SESSION, 600, PASSED), (Kind.SESSION, 20, WARNING), (Kind.SESSION, 0, FAILED), (Kind.SESSION, -5, FAILED),
        (Kind.SESSION, None, PASSED), (Kind.ROOT, None, WARNING), (Kind.LONG_LIVED, None, WARNING),
    ],
)  # fmt: skip
def test_credentials_that_end_soon_are_told_and_ended_ones_fail(
    kind: Kind, minutes: int | None, verdict: Verdict
) -> None:
    ends = None if minutes is None else NOW + timedelta(minutes=minutes)
    found = list(judgements.caller("credentials", Caller("arn:aws:iam::1:user/ana", kind, ends), NOW))
    assert verdicts(found) == [verdict]
    assert bool(found[0].mend) == (verdict is not PASSED)


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        ([], [PASSED]),
        ([Refused("ec2:RunInstances")], [FAILED]),
        ([Refused("ec2:RunInstances", unsure=("aws:SourceIp",))], [UNKNOWN]),
        ([Refused("ec2:RunInstances", explicit=True, unsure=("aws:SourceIp",))], [UNKNOWN]),
        ([Refused("kms:Decrypt", explicit=True)], [FAILED]),
        ([Refused("kms:Decrypt")], [UNKNOWN]),
        ([Refused("kms:Decrypt"), Refused("iam:CreateRole")], [FAILED, UNKNOWN]),
    ],
)
def test_a_permission_that_nobody_can_tell_beforehand_is_never_passed(
    refused: list[Refused], expected: list[Verdict]
) -> None:
    found = list(judgements.permissions("permissions", 9, refused, "workstation permissions teaser"))
    assert verdicts(found) == expected
    assert all(one.action in " ".join(each.told for each in found) for one in refused)


def test_a_quota_that_the_account_does_not_tell_is_not_passed() -> None:
    fits, short, silent = (Need(("ec2", code), f"vCPUs of {code}", 8, 2) for code in ("L-1", "L-2", "L-3"))
    found = list(judgements.quotas("machines", [(fits, 16), (short, 8), (silent, None)], {short.quota: "Ask."}))
    assert verdicts(found) == [FAILED, UNKNOWN, PASSED]
    assert (found[0].need, found[0].allowed, found[0].mend) == (short, 8, "Ask.")
    assert "8 needed besides the 2 in use, 8 allowed" in found[0].told


@pytest.mark.parametrize(
    ("operation", "offering", "verdict"),
    [
        (Operation.CREATE, {"g5.xlarge": {"eu-west-1a"}}, PASSED),
        (Operation.CREATE, {"g5.xlarge": {"eu-west-1b"}}, FAILED),
        (Operation.CREATE, {"g5.xlarge": set()}, FAILED),
        (Operation.SAME, {"g5.xlarge": set()}, WARNING),
        (Operation.UPDATE, {}, FAILED),
    ],
)
def test_a_type_that_was_withdrawn_is_told_before_anything_starts(
    operation: Operation, offering: dict[str, set[str]], verdict: Verdict
) -> None:
    subnet = planned("aws:ec2/subnet:Subnet", id="subnet-1", availabilityZone="eu-west-1a")
    machine = planned("aws:ec2/instance:Instance", operation, instanceType="g5.xlarge", subnetId="subnet-1")
    found = list(judgements.offered("types", plan(subnet, machine), offering))
    assert verdicts(found) == [verdict]
    if verdict is not PASSED:
        assert "edit-1: g5.xlarge is not offered in eu-west-1a" in found[0].told


def test_the_zone_of_a_new_machine_is_that_of_its_disk_and_unknown_without_one() -> None:
    machine = planned("aws:ec2/instance:Instance", instanceType="g5.xlarge", subnetId=object())
    disk = planned("aws:ebs/volume:Volume", availabilityZone="eu-west-1b")
    assert judgements.machine_zones(plan(machine, disk)) == {machine.urn: "eu-west-1b"}
    assert judgements.machine_zones(plan(machine)) == {}


def test_an_image_that_is_gone_fails_only_where_a_machine_is_made_from_it() -> None:
    new = planned("aws:ec2/instance:Instance", ami="ami-1")
    old = planned("aws:ec2/instance:Instance", Operation.SAME, ami="ami-2")
    assert verdicts(judgements.images("images", plan(new, old), {"ami-1"})) == [PASSED]
    assert verdicts(judgements.images("images", plan(new, old), {"ami-2"})) == [FAILED]


def door(policy: Any) -> PlannedResource:
    return planned("aws:ec2/vpcEndpoint:VpcEndpoint", serviceName="com.amazonaws.eu-west-1.s3", policy=policy)


def reading(*resources: str, action: str = "s3:GetObject", effect: str = "Allow") -> str:
    return json.dumps({"Statement": [{"Effect": effect, "Action": [action], "Resource": list(resources)}]})


LICENCES = "arn:aws:s3:::dcv-license.eu-west-1/*"


@pytest.mark.parametrize(
    ("doors", "verdict"),
    [
        ([door(reading(LICENCES))], PASSED),
        ([door(reading("*"))], PASSED),
        ([door(None)], PASSED),
        ([door(reading("arn:aws:s3:::media/*"))], FAILED),
        ([door(reading(LICENCES, effect="Deny"))], FAILED),
        ([door(reading(LICENCES, action="s3:PutObject"))], FAILED),
        ([door(object())], UNKNOWN),
        ([], FAILED),
        ([planned("aws:ec2/natGateway:NatGateway")], PASSED),
    ],
)
def test_a_display_whose_licence_is_out_of_reach_is_found(doors: list[PlannedResource], verdict: Verdict) -> None:
    machine = planned("aws:ec2/instance:Instance")
    assert verdicts(judgements.licence("display licence", plan(machine, *doors), "dcv-license.eu-west-1")) == [verdict]


@pytest.mark.parametrize(("status", "verdict"), [("Active", PASSED), ("", PASSED), ("Inactive", WARNING)])
def test_an_inactive_cost_tag_is_told(status: str, verdict: Verdict) -> None:
    assert verdicts(judgements.cost_tag("cost tag", status, is_up=True)) == [verdict]


def test_a_budget_that_somebody_deleted_is_told() -> None:
    budgets = plan(planned("aws:budgets/budget:Budget", Operation.SAME, "b", limitAmount="300"))
    assert verdicts(judgements.budget("budget", budgets, ["b"], "workstation up")) == [WARNING]
    assert verdicts(judgements.budget("budget", budgets, [], "workstation up")) == [PASSED]
    assert verdicts(judgements.budget("budget", plan(), [], "workstation up")) == [WARNING]


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(0.0, PASSED), (-59.0, PASSED), (100.0, WARNING), (-300.0, FAILED), (None, UNKNOWN)]
)
def test_a_clock_that_is_wrong(ahead: float | None, verdict: Verdict) -> None:
    assert verdicts(judgements.clock("clock", ahead)) == [verdict]


@pytest.mark.parametrize(("free", "verdict"), [(50 * GIB, PASSED), (GIB, WARNING), (1000, FAILED)])
def test_a_disk_that_is_nearly_full(free: int, verdict: Verdict) -> None:
    assert verdicts(judgements.disk("disk space", free, "/state")) == [verdict]


def test_the_questions_are_what_the_printed_policy_answers_with_yes() -> None:
    statement = {
        "Action": ["ec2:CreateVpc"], "Resource": ["arn:aws:ec2:*:*:vpc/*"],
        "Condition": {
            "StringEquals": {"aws:RequestedRegion": ["eu-west-1"], "aws:RequestTag/soundstage:studio": "home"},
            "Null": {"ec2:CreateAction": "false", "aws:ResourceTag/soundstage:studio": "true"},
            "StringNotEquals": {"ec2:Owner": "me"},
        },
    }  # fmt: skip
    (asked,) = questions([{"Statement": [statement]}])
    assert asked.context == {
        "aws:RequestedRegion": ("eu-west-1",), "aws:RequestTag/soundstage:studio": ("home",), "ec2:CreateAction": ("any",),
    }  # fmt: skip
