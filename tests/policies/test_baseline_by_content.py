"""A baseline excuses what was there, wherever it stands now, and nothing that got worse."""

import json
from typing import Any

import pytest

from soundstage import policies
from soundstage.policies.baseline import Baseline, baseline_of
from soundstage.policies.example import plan_of
from soundstage.policies.selection import Selection


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


def open_after(before: dict[str, Any], after: dict[str, Any], id: str) -> list[str]:
    only = Selection(ids=(id,))
    known = Baseline.from_json(baseline_of(policies.run(plan_of(before), selection=only)))
    report = policies.run(plan_of(after), baseline=known, selection=only)
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


def test_a_harmless_statement_before_an_excused_one_changes_nothing() -> None:
    own = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}
    before, after = shared(PRESS), shared(PRESS)
    document = json.loads(after["it"]["properties"]["policy"])
    after["it"]["properties"]["policy"] = json.dumps({**document, "Statement": [own, *document["Statement"]]})
    assert open_after(before, after, "STO-10") == []


def test_what_follows_from_an_excused_violation_is_excused_with_it() -> None:
    plan = plan_of(group((0, "0.0.0.0/0")))
    known = Baseline.from_json(baseline_of(policies.run(plan)))
    assert policies.run(plan, baseline=known).violations() == []
