"""What IAM answers about permissions, against botocore's own model of the answer."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from soundstage.stacks.clouds.aws.facts import AwsFacts
from soundstage.stacks.clouds.facts import Caller, Question, Refused

ANA = Caller("arn:aws:iam::123456789012:user/ana")
LAUNCH = "ec2:RunInstances"
ASKED = Question((LAUNCH,), ("arn:aws:ec2:*:*:instance/*",), {"aws:RequestedRegion": ("eu-west-1",)})
FACTOR = "aws:MultiFactorAuthPresent"


def answer(decision: str, missing: tuple[str, ...] = (), of_resource: tuple[str, ...] = ()) -> dict[str, Any]:
    one: dict[str, Any] = {"EvalActionName": LAUNCH, "EvalDecision": decision, "MissingContextValues": list(missing)}
    if of_resource:
        one["ResourceSpecificResults"] = [
            {
                "EvalResourceName": ASKED.resources[0],
                "EvalResourceDecision": decision,
                "MissingContextValues": list(of_resource),
            }
        ]
    return {"EvaluationResults": [one], "IsTruncated": False}


def refused(*answers: dict[str, Any]) -> list[Refused]:
    """What is found where IAM gives these answers, each of them asked for."""
    client = boto3.client(
        "iam", region_name="us-east-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example"
    )
    clients: Any = SimpleNamespace(client=lambda _service, _region=None: client)
    with Stubber(client) as stub:
        for one in answers:
            stub.add_response("simulate_principal_policy", one)
        found = AwsFacts(clients, lambda: ("", None)).refused(ANA, [ASKED])
        stub.assert_no_pending_responses()
    return found


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param([answer("allowed")], [], id="allowed-everywhere"),
        pytest.param([answer("implicitDeny"), answer("allowed")], [], id="allowed-on-what-it-is-about"),
        pytest.param([answer("implicitDeny"), answer("implicitDeny")], [Refused(LAUNCH)], id="allowed-by-none"),
        pytest.param([answer("explicitDeny")], [Refused(LAUNCH, explicit=True)], id="denied-by-name"),
        pytest.param(
            [answer("explicitDeny", ("aws:RequestedRegion",)), answer("allowed")], [], id="denied-only-in-other-regions"
        ),
        pytest.param(
            [answer("explicitDeny", (FACTOR,)), answer("explicitDeny", (FACTOR,))],
            [Refused(LAUNCH, explicit=True, unsure=(FACTOR,))], id="denied-without-a-second-factor",
        ),
        pytest.param(
            [answer("implicitDeny"), answer("implicitDeny", of_resource=("aws:SourceIp",))],
            [Refused(LAUNCH, unsure=("aws:SourceIp",))], id="what-is-missing-is-told-of-a-resource",
        ),
    ],
)  # fmt: skip
def test_a_denial_that_a_missing_condition_decides_was_taken_for_a_sure_one(
    answers: list[dict[str, Any]], expected: list[Refused]
) -> None:
    assert refused(*answers) == expected
