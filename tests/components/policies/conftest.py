"""A judge for policy documents: IAM's decision for one account, small enough to be read and strict about what it knows.

It knows the operators that our policies use and refuses any other, so that a new one cannot be passed over in silence.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from soundstage.components.aws.place import Place
from soundstage.components.policydoc import Statement

PLACE = Place(account="123456789012", region="eu-west-1")


def _values(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value]  # type: ignore[attr-defined]


def _like(pattern: str, value: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _test(operator: str, found: str, wanted: list[str]) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "StringEquals": lambda each: found == each,
        "StringLike": lambda each: _like(each, found),
        "ArnLike": lambda each: _like(each, found),
        "Bool": lambda each: found == each,
        "NumericLessThan": lambda each: float(found) < float(each),
        "NumericGreaterThan": lambda each: float(found) > float(each),
        "NumericLessThanEquals": lambda each: float(found) <= float(each),
    }
    if operator == "StringNotEquals":
        return all(found != each for each in wanted)
    if operator == "ArnNotLike":
        return not any(_like(each, found) for each in wanted)
    return any(tests[operator](each) for each in wanted)


def _condition(operator: str, key: str, wanted: list[str], context: Mapping[str, str]) -> bool:
    """A missing key fails a test, except a negated one and one that ends with `IfExists`."""
    found = context.get(key)
    if operator == "Null":
        return (found is None) == (wanted == ["true"])
    if found is None and operator.startswith("ForAllValues:"):
        return True
    if found is None:
        return operator.endswith("IfExists") or operator.startswith(("StringNot", "ArnNot"))
    plain = operator.removeprefix("ForAnyValue:").removeprefix("ForAllValues:").removesuffix("IfExists")
    return _test(plain, found, [_filled(each, context) for each in wanted])


def _filled(text: str, context: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda variable: context.get(variable[1], "?"), text)


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    def listed(key: str, value: str, fold: bool) -> bool:
        patterns = [_filled(each, context) for each in _values(statement.get(key, ()))]
        return any(_like(each.lower() if fold else each, value.lower() if fold else value) for each in patterns)

    if "Action" in statement and not listed("Action", action, True):
        return False
    if "NotAction" in statement and listed("NotAction", action, True):
        return False
    if "Resource" in statement and not listed("Resource", resource, False):
        return False
    if "NotResource" in statement and listed("NotResource", resource, False):
        return False
    return all(
        _condition(operator, key, _values(wanted), context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    )


def judge(statements: Iterable[Statement], action: str, resource: str, context: Mapping[str, str] | None = None) -> str:
    """`Deny` when a statement forbids, `Allow` when one permits and none forbids, otherwise `None`."""
    effects = {
        each["Effect"]
        for each in (statement.as_json() for statement in statements)
        if _applies(each, action, resource, context or {})
    }
    return "Deny" if "Deny" in effects else "Allow" if effects else "None"


@pytest.fixture
def verdict() -> Callable[..., str]:
    """`verdict(statements, action, resource, context)` -> `Allow`, `Deny` or `None`."""
    return judge


@pytest.fixture
def place() -> Place:
    """Where the policies under test live."""
    return PLACE
