"""What was changed by hand is said in words."""

import json
from typing import Any

import pytest

from soundstage.cli.display.drift import drift_document, drift_text
from soundstage.cli.display.drift_words import sentences, with_rules_named
from soundstage.cli.display.screen import Screen
from soundstage.core.values import UNKNOWN
from soundstage.plan.plan import Change, Operation, Plan, PlannedResource
from soundstage.stacks.clouds.aws.found_rules import EXCLUSIVE

SSH = {
    "SecurityGroupRuleId": "sgr-1",
    "IsEgress": False,
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "CidrIpv4": "0.0.0.0/0",
}
ALL_OUT = {
    "SecurityGroupRuleId": "sgr-2",
    "IsEgress": True,
    "IpProtocol": "-1",
    "FromPort": -1,
    "ToPort": -1,
    "CidrIpv6": "::/0",
}
PEER = {"SecurityGroupRuleId": "sgr-3", "IsEgress": False, "IpProtocol": "udp", "FromPort": 4000, "ToPort": 4010,
        "ReferencedGroupInfo": {"GroupId": "sg-9"}}  # fmt: skip
RULES: dict[str, Any] = {rule["SecurityGroupRuleId"]: rule for rule in (SSH, ALL_OUT, PEER)}
KEEP = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "b"}
OPEN = {"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "b/*"}


def policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


CASES: dict[str, tuple[str, Any, Any, list[str]]] = {
    "an open port": ("ingressRuleIds", [], ["sgr-1"], ["TCP 22 open to 0.0.0.0/0 was added by hand"]),
    "a way out": ("egressRuleIds", [], ["sgr-2"], ["everything to ::/0 (outgoing) was added by hand"]),
    "a port range for a group": ("ingressRuleIds", ["sgr-8"], ["sgr-8", "sgr-3"], ["UDP 4000-4010 open to sg-9 was added by hand"]),
    "a rule that is gone": ("ingressRuleIds", ["sgr-8"], [], ["the incoming rule sgr-8 was removed by hand"]),
    "a rule inside a group": (
        "ingress", [], [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}],
        ["TCP 443 open to 10.0.0.0/8 was added by hand"],
    ),
    "an inline policy": ("policyNames", ["own"], ["own", "by-hand"], ["the inline policy by-hand was added by hand"]),
    "a managed policy": (
        "policyArns", [], ["arn:aws:iam::aws:policy/AdministratorAccess"],
        ["the managed policy AdministratorAccess was added by hand"],
    ),
    "a route": ("routes", [], [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}], ["a route to 0.0.0.0/0 was added by hand"]),
    "a new tag": ("tags.x", None, "y", ['the tag x ("y") was added by hand']),
    "another tag": (
        'tags["soundstage:owner"]', "ana", "ben", ['the tag soundstage:owner was changed by hand from "ana" to "ben"'],
    ),
    "a tag that is gone": ("tags.x", "y", None, ['the tag x ("y") was removed by hand']),
    "a statement": (
        "policy", policy(KEEP), policy(KEEP, OPEN),
        ['the statement "Open" (allows s3:GetObject to everyone) was added by hand'],
    ),
    "a statement that is gone": (
        "policy", policy(KEEP), policy(), ['the statement "Keep" (denies s3:DeleteBucket to everyone) was removed by hand'],
    ),
    "a statement that is another": (
        "policy", policy(KEEP), policy({**KEEP, "Effect": "Allow"}),
        ['the statement "Keep" (allows s3:DeleteBucket to everyone) was changed by hand'],
    ),
    "anything else": ("instanceType", "g5.xlarge", "g5.2xlarge", []),
    "what nobody knows": ("policyNames", ["own"], UNKNOWN, []),
    "no document": ("policy", "{", "[", []),
    "the same in another order": ("policy", policy(KEEP, OPEN), policy(OPEN, KEEP), []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_drift_hid_what_matters_behind_an_id(case: str) -> None:
    path, before, after, words = CASES[case]
    assert sentences(Change(path, before, after), RULES) == words


def test_a_preview_with_refresh_named_a_rule_by_its_id() -> None:
    change = with_rules_named(Change("ingressRuleIds", ["sgr-1", "sgr-8"], []), RULES)
    assert (change.before, change.after) == (["TCP 22 open to 0.0.0.0/0", "sgr-8"], [])
    assert with_rules_named(Change("tags.x", "sgr-1", UNKNOWN), RULES) == Change("tags.x", "sgr-1", UNKNOWN)


def test_the_tree_and_the_document_say_it_too() -> None:
    change = Change("ingressRuleIds", [], ["sgr-1"])
    group = PlannedResource(
        f"urn:pulumi:teaser::soundstage::{EXCLUSIVE}::rules", EXCLUSIVE, "rules", Operation.UPDATE, changes=(change,)
    )
    gone = PlannedResource(
        "urn:pulumi:teaser::soundstage::aws:ec2/vpc:Vpc::net", "aws:ec2/vpc:Vpc", "net", Operation.DELETE
    )
    plan = Plan("soundstage", "teaser", (group, gone))
    text = drift_text(plan, "teaser", "workstation up teaser", RULES, Screen(60))
    assert "TCP 22 open to 0.0.0.0/0 was added by hand" in text
    assert "was deleted by hand" in text
    assert "sgr-1" not in text
    assert [item["told"] for item in drift_document(plan, RULES)["changes"]] == [
        ["TCP 22 open to 0.0.0.0/0 was added by hand"],
        ["was deleted by hand"],
    ]
