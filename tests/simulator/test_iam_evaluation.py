"""IAM's decision as a table: policies, what is asked, and the verdict with its reason."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from soundstage.simulator.aws.iam.evaluate import Policies, ResourcePolicy, judge
from soundstage.simulator.aws.iam.statements import Asked, Principal, Statement, statements

ACCOUNT = "123456789012"
CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("iam_cases.yaml").read_text())
USER = Principal((f"arn:aws:iam::{ACCOUNT}:user/ana",), ACCOUNT)
SESSION = Principal((f"arn:aws:sts::{ACCOUNT}:assumed-role/artist/ana", f"arn:aws:iam::{ACCOUNT}:role/artist"), ACCOUNT)
PRINCIPALS = {"user": USER, "session": SESSION, "service": Principal(service="ec2.amazonaws.com")}


def policy(listed: Any) -> tuple[Statement, ...]:
    """Statements as the cases write them: a mapping is one, `allow` stands for everything."""
    if listed is None:
        return ()
    if listed == "everything":
        listed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return statements(json.dumps({"Version": "2012-10-17", "Statement": listed}))


def ask(case: dict[str, Any]) -> Asked:
    context = {key.lower(): value for key, value in (case.get("context") or {}).items()}
    return Asked(
        case.get("action", "s3:GetObject"),
        case.get("resource", "arn:aws:s3:::media/footage/a.mov"),
        PRINCIPALS[case.get("who", "user")],
        context,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_verdict_is_iams(case: dict[str, Any]) -> None:
    mine = Policies(
        policy(case.get("identity")),
        policy(case["boundary"]) if "boundary" in case else None,
        policy(case["session"]) if "session" in case else None,
    )
    theirs = ResourcePolicy(policy(case.get("theirs")), case.get("decides", False), case.get("granted", False))
    verdict = judge(ask(case), mine, theirs)
    assert (verdict.allowed, verdict.reason) == (case["allowed"], case.get("reason", verdict.reason))


actions = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "*", "ec2:StartInstances", "s3:Get*"])
resources = st.sampled_from(["*", "arn:aws:s3:::media/*", "arn:aws:s3:::media/footage/a.mov", "arn:aws:s3:::other/*"])
conditions = st.sampled_from(
    [
        {},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
        {"Null": {"aws:SourceArn": "true"}},
    ]
)
principals = st.sampled_from([{}, {"Principal": "*"}, {"Principal": {"AWS": ACCOUNT}}])


@st.composite
def said(draw: Any, effect: str | None = None, principal: bool = False) -> dict[str, Any]:
    return {
        "Effect": effect or draw(st.sampled_from(["Allow", "Deny"])),
        "Action": draw(actions),
        "Resource": draw(resources),
        "Condition": draw(conditions),
        **(draw(principals) if principal else {}),
    }


several = st.lists(said(), max_size=4)
edges = st.none() | several
asked = st.builds(
    lambda action, region, who: Asked(
        action,
        "arn:aws:s3:::media/footage/a.mov",
        who,
        {"aws:requestedregion": region, "aws:multifactorauthpresent": "true"},
    ),
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
    st.sampled_from(["eu-west-1", "us-east-1"]),
    st.sampled_from([USER, SESSION]),
)


def decide(question: Asked, mine: list[Any], edge: Any, session: Any, theirs: list[Any]) -> bool:
    return judge(
        question,
        Policies(policy(mine), None if edge is None else policy(edge), None if session is None else policy(session)),
        ResourcePolicy(policy(theirs)),
    ).allowed


shared = {
    "question": asked,
    "mine": several,
    "edge": edges,
    "session": edges,
    "theirs": st.lists(said(principal=True), max_size=3),
}


@given(**shared, place=st.sampled_from(["mine", "edge", "session", "theirs"]))
def test_an_explicit_denial_is_never_overridden(place: str, **parts: Any) -> None:
    denial = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    denial |= {"Principal": "*"} if place == "theirs" else {}
    assert not decide(**{**parts, place: [*(parts[place] or []), denial]})


@given(**shared, more=said(effect="Allow"), place=st.sampled_from(["mine", "theirs"]))
def test_another_permission_never_takes_one_away(place: str, more: dict[str, Any], **parts: Any) -> None:
    if decide(**parts):
        more |= {"Principal": "*"} if place == "theirs" else {}
        assert decide(**{**parts, place: [*parts[place], more]})


@given(**shared, edge_of=several, place=st.sampled_from(["edge", "session"]))
def test_a_boundary_or_session_policy_never_adds(place: str, edge_of: list[Any], **parts: Any) -> None:
    if decide(**{**parts, place: edge_of}):
        assert decide(**{**parts, place: None})


@given(**shared)
def test_nothing_is_permitted_by_silence(**parts: Any) -> None:
    silent = {**parts, "mine": [each for each in parts["mine"] if each["Effect"] == "Deny"], "theirs": []}
    assert not decide(**silent)
