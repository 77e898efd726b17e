"""What must hold of every plan of the red team, however it is changed: order says nothing, and a wider document is no better. (What is
hidden is never taken for kept: `test_unknown_values_never_silence_a_violation.py`.)"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.policies import red_team_plans
from tests.policies.red_team_plans import judged

from soundstage.core.values import Value
from soundstage.policies.example import plan_of
from soundstage.policies.report import Report

UNORDERED = frozenset(
    {"Statement", "Action", "Resource", "NotAction", "NotResource", "AWS", "Service", "ingress", "egress", "cidrBlocks", "ipv6CidrBlocks",
     "members", "bindings", "roleEntities", "allows", "sourceRanges", "grants", "layers", "routes"}
)  # fmt: skip
"""Lists whose order says nothing."""

pytestmark = pytest.mark.hypothesis


def told(report: Report) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    found = {(item.policy.id, item.name) for item in report.findings}
    return found, {(item.policy.id, item.urn) for item in report.blind}


def changed(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    """A value in which `change` had each entry, inner ones first; JSON in texts is opened for it and closed again."""
    if isinstance(value, dict):
        value = {name: changed(item, change, name) for name, item in value.items()}
    elif isinstance(value, list):
        value = [changed(item, change) for item in value]
    elif isinstance(value, str) and value.startswith("{"):
        try:
            return json.dumps(changed(json.loads(value), change))
        except ValueError:
            return value
    return change(key, value)


@given(name=some.sampled_from(red_team_plans.NAMES), order=some.randoms(use_true_random=False))
@settings(max_examples=40)
def test_order_says_nothing(name: str, order: Any) -> None:
    example = red_team_plans.example(name)

    def shuffled(key: str, value: Any) -> Any:
        return order.sample(value, len(value)) if key in UNORDERED and isinstance(value, list) else value

    names = order.sample(list(example.resources), len(example.resources))
    other = plan_of({each: changed(dict(example.resources[each]), shuffled) for each in names})
    assert told(judged(example, other)) == told(judged(example))


WIDER: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "every resource": lambda statement: statement | ({"Resource": "*"} if "Resource" in statement else {}),
    "no condition": lambda statement: {key: value for key, value in statement.items() if key != "Condition"},
    "more actions": lambda statement: (
        statement | ({"Action": [*_listed(statement["Action"]), "s3:GetObject"]} if "Action" in statement else {})
    ),
    "everybody": lambda statement: statement | ({"Principal": "*"} if "Principal" in statement else {}),
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


WITH_DOCUMENTS = [
    name
    for name in red_team_plans.NAMES
    if "Effect" in (red_team_plans.FOLDER / f"{name}.yaml").read_text() and not name.startswith("policy-says-")
]
"""Those that say a name twice are left out: read and written once, they say it once."""
ON_EVERYBODY = frozenset({"STO-10", "IAM-06", "NET-15"})
ON_EVERY_ACCOUNT = ON_EVERYBODY | {"IAM-13"}
"""A service without a condition acts for everybody who has an account."""


@given(name=some.sampled_from(WITH_DOCUMENTS), how=some.sampled_from(sorted(WIDER)))
@settings(max_examples=80)
def test_a_wider_document_is_no_better(name: str, how: str) -> None:
    example = red_team_plans.example(name)

    def widened(_key: str, value: Any) -> Any:
        return WIDER[how](value) if isinstance(value, dict) and value.get("Effect") == "Allow" else value

    wider = plan_of({each: changed(dict(entry), widened) for each, entry in example.resources.items()})
    before = {item.policy.id for item in judged(example).violations(mandatory=True)}
    after = {item.policy.id for item in judged(example, wider).violations(mandatory=True)}
    lost = before - after
    if (how == "everybody" and after & ON_EVERYBODY) or (how == "no condition" and after & ON_EVERY_ACCOUNT):
        lost = set()  # who was named one by one is among everybody now
    assert not lost


def test_the_tables_of_this_file_are_about_something() -> None:
    assert len(WITH_DOCUMENTS) > 200
    value: Value = changed({"Statement": [1, 2]}, lambda key, item: item[::-1] if key == "Statement" else item)
    assert value == {"Statement": [2, 1]}
