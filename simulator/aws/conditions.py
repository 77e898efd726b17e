"""The Condition block of an IAM policy, as a function of the block and of what is known about a call.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys" (2026-11).
"""

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeAlias

Context: TypeAlias = Mapping[str, str | Sequence[str]]
"""Condition keys in lower case, such as `aws:securetransport`. A list where a key has several values."""

_ARN_PARTS: Final = 6
_LITERAL: Final = re.compile(r"\$\{([*?$])\}")
_PARTS: Final = re.compile(r"\$\{[*?$]\}|.", re.DOTALL)


def holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every operator and every key of the block is met. An operator that does not exist is never met."""
    return all(
        _key_holds(operator, key, wanted, context)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _key_holds(operator: str, key: str, wanted: Any, context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    values = [_text(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
    present = context.get(key.lower())
    have = [present] if isinstance(present, str) else list(present or ())
    if name == "Null":
        return (not have) == (values[0].lower() == "true")
    if quantifier == "ForAllValues":
        return all(_meets(name, value, values) for value in have)
    if not have:
        return if_exists or (quantifier != "ForAnyValue" and _is_negated(name))
    return any(_meets(name, value, values) for value in have)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_negated(name: str) -> bool:
    return "Not" in name


def _meets(name: str, have: str, wanted: Sequence[str]) -> bool:
    compare = _OPERATORS.get(name.replace("Not", "", 1) if _is_negated(name) else name)
    if compare is None:
        return False
    try:
        found = any(compare(have, value) for value in wanted)
    except ValueError:
        return False
    return found != _is_negated(name)


def matches(pattern: str, text: str) -> bool:
    """Whether `text` matches a pattern with `*` and `?`, case-sensitively, over its whole length. `${*}`, `${?}` and `${$}`
    stand for the characters themselves."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile(
        "".join(wild.get(part) or re.escape(_LITERAL.sub(r"\1", part)) for part in _PARTS.findall(pattern)), re.DOTALL
    )


def _arn_like(have: str, wanted: str) -> bool:
    """Each of the six parts is matched for itself; a `*` does not reach across a colon except in the last."""
    ours, theirs = have.split(":", _ARN_PARTS - 1), wanted.split(":", _ARN_PARTS - 1)
    return len(ours) == len(theirs) and all(matches(pattern, part) for part, pattern in zip(ours, theirs, strict=True))


def _moment(text: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda have, wanted: have == wanted,
    "StringEqualsIgnoreCase": lambda have, wanted: have.lower() == wanted.lower(),
    "StringLike": lambda have, wanted: matches(wanted, have),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda have, wanted: have.lower() == wanted.lower(),
    "NumericEquals": lambda have, wanted: float(have) == float(wanted),
    "NumericLessThan": lambda have, wanted: float(have) < float(wanted),
    "NumericLessThanEquals": lambda have, wanted: float(have) <= float(wanted),
    "NumericGreaterThan": lambda have, wanted: float(have) > float(wanted),
    "NumericGreaterThanEquals": lambda have, wanted: float(have) >= float(wanted),
    "DateEquals": lambda have, wanted: _moment(have) == _moment(wanted),
    "DateLessThan": lambda have, wanted: _moment(have) < _moment(wanted),
    "DateLessThanEquals": lambda have, wanted: _moment(have) <= _moment(wanted),
    "DateGreaterThan": lambda have, wanted: _moment(have) > _moment(wanted),
    "DateGreaterThanEquals": lambda have, wanted: _moment(have) >= _moment(wanted),
    "IpAddress": lambda have, wanted: ipaddress.ip_address(have) in ipaddress.ip_network(wanted, strict=False),
    "BinaryEquals": lambda have, wanted: base64.b64decode(have) == base64.b64decode(wanted),
}
"""Operators without `Not`; the negated ones are their opposites."""
