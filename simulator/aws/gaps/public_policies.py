"""Whether a bucket policy is public, as S3 judges it before it accepts one.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of public" (2026-11):
a policy counts as public until it grants access only to fixed principals, or on condition of a fixed value of one of the
keys below. A value with a wildcard or a variable is not fixed. Denials of the same policy are not weighed against it.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_FIXING: Final = frozenset(
    {
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn",
        "aws:sourceip", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    }
)  # fmt: skip
_EQUALS: Final = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress")
_BROADEST: Final = {4: 8, 6: 32}
"""IP version → the shortest prefix that is not public."""


def is_public(statements: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any statement lets in whoever asks."""
    return any(
        statement["Effect"] == "Allow" and not _names_somebody(statement) and not _is_fixed(statement)
        for statement in statements
    )


def _names_somebody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return False
    named = [name for kind in principal.values() for name in _listed(kind)]
    return bool(named) and not any("*" in str(name) for name in named)


def _is_fixed(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition") or {}
    return any(
        operator.removeprefix("ForAnyValue:") in _EQUALS and key.lower() in _FIXING and _all_fixed(key.lower(), wanted)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _all_fixed(key: str, wanted: Any) -> bool:
    values = [str(value) for value in _listed(wanted)]
    if key == "aws:sourceip":
        return all(map(_is_narrow, values))
    if key == "s3:dataaccesspointarn":
        # The name of the access point may be a wildcard; its account may not.
        values = [value.partition(":accesspoint/")[0] for value in values]
    return not any(sign in value for value in values for sign in ("*", "?", "${"))


def _is_narrow(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.is_private or network.prefixlen >= _BROADEST[network.version]


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
