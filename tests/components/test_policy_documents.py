"""IAM documents as values: the JSON is what IAM reads, always the same, and cannot say the dangerous things."""

import json

import pytest

from soundstage.components.policydoc import ANYONE, Statement, allow, deny, document, trust


def test_a_document_is_the_json_that_iam_reads() -> None:
    text = document(
        [
            allow(
                "Reads", ["s3:GetObject"], ["arn:aws:s3:::b/*"], conditions={"Bool": {"aws:SecureTransport": "true"}}
            ),
            deny("NotInClear", ["s3:*"], ["*"], principals=ANYONE),
        ]
    )
    assert json.loads(text) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Reads",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::b/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
            {
                "Sid": "NotInClear",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": "*",
            },
        ],
    }
    assert " " not in text


def test_several_values_stay_a_list_in_the_order_written() -> None:
    (statement,) = json.loads(document([allow("A", ["s3:Put", "s3:Get"], ["b", "a"])]))["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["s3:Put", "s3:Get"], ["b", "a"])


def test_a_service_role_trusts_that_service() -> None:
    (statement,) = json.loads(trust("vpc-flow-logs.amazonaws.com"))["Statement"]
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert "Resource" not in statement


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"sid": "has space", "effect": "Allow", "actions": ["s3:Get"]}, "sid"),
        ({"sid": "A", "effect": "Allow"}, "actions"),
        ({"sid": "A", "effect": "Deny", "actions": ["s3:Get"], "not_actions": ["s3:Put"]}, "actions"),
        (
            {"sid": "A", "effect": "Deny", "actions": ["s3:Get"], "resources": ["*"], "not_resources": ["x"]},
            "resources",
        ),
        ({"sid": "A", "effect": "Allow", "not_actions": ["iam:*"], "resources": ["*"]}, "grows"),
        ({"sid": "A", "effect": "Allow", "actions": ["s3:Get"], "not_resources": ["x"]}, "grows"),
        ({"sid": "A", "effect": "Allow", "actions": ["GetObject"], "resources": ["*"]}, "malformed"),
        ({"sid": "A", "effect": "Allow", "actions": ["s3:Get Object"], "resources": ["*"]}, "malformed"),
    ],
)
def test_a_statement_that_iam_would_refuse_or_that_allows_by_exception_is_refused(
    fields: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Statement(**fields)  # type: ignore[arg-type]


def test_two_statements_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different sids"):
        document([allow("A", ["s3:Get"], ["*"]), deny("A", ["s3:Put"], ["*"])])


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(ValueError, match="sids"):
        document([])
