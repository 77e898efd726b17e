"""Conditions of IAM policies hold exactly when AWS says they do."""

from typing import Any

import pytest

from soundstage.simulator.aws.conditions import holds, matches

FACTS = {
    "aws:securetransport": "true",
    "aws:sourceip": "203.0.113.7",
    "aws:principalarn": "arn:aws:iam::123456789012:role/teaser-artist",
    "aws:requestedregion": "eu-west-1",
    "aws:tagkeys": ["project", "owner"],
    "aws:currenttime": "2026-11-21T09:00:00Z",
    "s3:max-keys": "10",
    "s3:prefix": "exports/",
    "aws:multifactorauthage": "300",
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, False),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, True),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
        ({"StringEquals": {"AWS:RequestedRegion": "eu-west-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "EU-WEST-1"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:RequestedRegion": "EU-WEST-1"}}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringNotEquals": {"aws:NoSuchKey": "x"}}, True),
        ({"StringEquals": {"aws:NoSuchKey": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:NoSuchKey": "x"}}, True),
        ({"StringLike": {"s3:prefix": ["exports/*", "proxies/*"]}}, True),
        ({"StringLike": {"s3:prefix": "export"}}, False),
        ({"StringLike": {"s3:prefix": "exports?"}}, True),
        ({"StringNotLike": {"s3:prefix": "masters/*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/teaser-*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}, False),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/teaser-*"}}, False),
        ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/teaser-artist"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.7"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"IpAddress": {"aws:SourceIp": "not an address"}}, False),
        ({"NumericLessThan": {"s3:max-keys": "100"}}, True),
        ({"NumericGreaterThanEquals": {"s3:max-keys": 10}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["project", "owner", "client"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}}, False),
        ({"ForAllValues:StringEquals": {"aws:NoSuchKey": ["project"]}}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["project"]}}, True),
        ({"ForAnyValue:StringEquals": {"aws:NoSuchKey": ["project"]}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"s3:prefix": "no"}}, False),
        ({"StringEquals": {"s3:prefix": "exports/", "aws:RequestedRegion": "us-east-1"}}, False),
        ({"StringAlmost": {"s3:prefix": "exports/"}}, False),
    ],
)
def test_a_condition_holds_as_aws_says(condition: dict[str, Any], expected: bool) -> None:
    assert holds(condition, FACTS) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("s3:Get*", "s3:GetObject", True), ("*", "", True), ("a?c", "abc", True), ("a?c", "ac", False),
        ("a.c", "abc", False), ("[ab]", "a", False), ("a*", "a\nb", True), ("A", "a", False),
    ],
)  # fmt: skip
def test_wildcards_match_whole_texts_and_nothing_else_is_special(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected
