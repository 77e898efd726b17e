"""A baseline excuses what was there, wherever it stands now, and nothing that got worse."""

import json
from typing import Any

import pytest

from soundstage import policies
from soundstage.policies.baseline import Baseline, baseline_of
from soundstage.policies.example import plan_of
from soundstage.policies.selection import Selection
from soundstage.policies.settings import Settings


def group(*rules: tuple[int, str]) -> dict[str, Any]:
    ingress = [
        {"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": [cidr], "description": "d"}
        for port, cidr in rules
    ]
    return {"it": {"type": "aws:ec2/securityGroup:SecurityGroup", "properties": {"ingress": ingress}}}


def shared(*statements: tuple[str, str]) -> dict[str, Any]:
    listed = [
        {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": where} for action, where in statements
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": listed})
    return {"it": {"type": "aws:s3/bucketPolicy:BucketPolicy", "properties": {"bucket": "b", "policy": policy}}}


def open_after(before: dict[str, Any], after: dict[str, Any], id: str, settings: Settings | None = None) -> list[str]:
    only = Selection(ids=(id,))
    known = Baseline.from_json(baseline_of(policies.run(plan_of(before), settings=settings, selection=only)))
    report = policies.run(plan_of(after), settings=settings, baseline=known, selection=only)
    return [item.message for item in report.violations()]


PRESS = ("s3:GetObject", "arn:aws:s3:::b/press/*")


@pytest.mark.parametrize(
    ("before", "after", "id"),
    [
        (group((22, "198.0.0.0/15")), group((22, "0.0.0.0/0")), "NET-01"),
        (group((22, "198.51.0.0/16")), group((3389, "198.51.0.0/16")), "NET-01"),
        (shared(PRESS), shared(("s3:GetObject", "arn:aws:s3:::b/*")), "STO-10"),
        (shared(PRESS), shared(("s3:*", "arn:aws:s3:::b/press/*")), "STO-10"),
    ],
)
def test_what_got_worse_is_not_excused(before: dict[str, Any], after: dict[str, Any], id: str) -> None:
    assert open_after(before, after, id)


@pytest.mark.parametrize(
    ("before", "after", "id"),
    [
        (group((22, "198.0.0.0/15")), group((443, "10.0.0.0/8"), (22, "198.0.0.0/15")), "NET-01"),
        (shared(PRESS), {"it": shared(PRESS)["it"]}, "STO-10"),
    ],
)
def test_what_only_moved_stays_excused(before: dict[str, Any], after: dict[str, Any], id: str) -> None:
    assert open_after(before, after, id) == []


HANDS_BOTH = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:role/edit"},
    "Action": "kms:*",
    "Resource": "*",
}
GIVEN_AWAY = {**HANDS_BOTH, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "s3:GetObject"}


@pytest.mark.parametrize(
    ("type", "statement", "id"),
    [
        ("aws:s3/bucketPolicy:BucketPolicy", {**GIVEN_AWAY, "Principal": "*"}, "STO-10"),
        ("aws:s3/bucketPolicy:BucketPolicy", GIVEN_AWAY, "IAM-12"),
        ("aws:kms/key:Key", HANDS_BOTH, "KMS-02"),
    ],
)
def test_a_harmless_statement_before_an_excused_one_changes_nothing(
    type: str, statement: dict[str, Any], id: str
) -> None:
    def plan(*statements: dict[str, Any]) -> dict[str, Any]:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return {"it": {"type": type, "properties": {"bucket": "b", "policy": policy}}}

    own = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}
    ours = Settings(accounts=["111111111111"])
    assert open_after({}, plan(statement), id, ours)
    assert open_after(plan(statement), plan(own, statement), id, ours) == []


def test_what_follows_from_an_excused_violation_is_excused_with_it() -> None:
    plan = plan_of(group((0, "0.0.0.0/0")))
    known = Baseline.from_json(baseline_of(policies.run(plan)))
    assert policies.run(plan, baseline=known).violations() == []
