"""Two judges of "public", which answer two questions: what S3 refuses where public policies are blocked (the simulated cloud says what
S3's guide says), and what a stranger can reach (the policies try it). What the first calls public the second must, too, but for what
is named here."""

from typing import Any

import pytest

from soundstage.policies.views.probes import admits_stranger
from soundstage.simulator.aws.gaps.public_policies import is_public

BOTH: tuple[dict[str, Any], ...] = (
    {},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": "color"}},
    {"StringLike": {"aws:SourceVpc": "vpc-*"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"StringLike": {"aws:PrincipalAccount": "????????????"}},
    {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}},
    {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
    {"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}},
    {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/artist"}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.7/32", "0.0.0.0/1"]}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.7/32"}},
)
NEITHER: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefgh12"}},
    {"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
    {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/artist"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}},
)
STRICTER: tuple[tuple[dict[str, Any], str], ...] = (
    (
        {"IpAddress": {"aws:SourceIp": "20.0.0.0/9"}},
        "S3 calls a range public from /7 on; no office has more than a /16",
    ),
)
"""What S3 accepts and the policies do not, and why."""
LAXER: tuple[tuple[dict[str, Any], str], ...] = (
    (
        {"StringLike": {"aws:userid": "AROAEXAMPLE:*"}},
        "S3 takes no pattern; the sessions of one role are no stranger's",
    ),
    (
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}},
        "S3 takes no pattern; all roles are of one account",
    ),
)
"""What S3 refuses and the policies accept, and why."""


def for_s3(condition: dict[str, Any]) -> bool:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}
    return is_public([{**statement, "Condition": condition} if condition else statement])


@pytest.mark.parametrize("condition", BOTH, ids=str)
def test_what_s3_calls_public_passed_the_policies(condition: dict[str, Any]) -> None:
    assert for_s3(condition)
    assert admits_stranger(condition)


@pytest.mark.parametrize("condition", NEITHER, ids=str)
def test_what_neither_calls_public(condition: dict[str, Any]) -> None:
    assert not for_s3(condition)
    assert not admits_stranger(condition)


@pytest.mark.parametrize(("condition", "why"), STRICTER)
def test_the_policies_ask_for_more_than_s3(condition: dict[str, Any], why: str) -> None:
    assert not for_s3(condition), why
    assert admits_stranger(condition), why


@pytest.mark.parametrize(("condition", "why"), LAXER)
def test_s3_asks_for_more_than_the_policies(condition: dict[str, Any], why: str) -> None:
    assert for_s3(condition), why
    assert not admits_stranger(condition), why
