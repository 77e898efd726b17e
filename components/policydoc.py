"""IAM policy documents as values.

A policy is written as a list of statements by a function of plain strings, tested as data, and turned into JSON at the
last moment. The JSON is deterministic, so a second `up` finds nothing to change.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

Conditions: TypeAlias = Mapping[str, Mapping[str, str | Sequence[str]]]
"""`{operator: {condition key: value or values}}`. Operators are ANDed, values of one key are ORed."""
Principals: TypeAlias = Mapping[str, Sequence[str]]
"""`{"AWS" | "Service" | "Federated": identifiers}`."""

ANYONE: Final[Principals] = {"AWS": ("*",)}
"""Every principal. Only for `deny` statements, and for `allow` ones that a condition narrows."""

_VERSION: Final = "2012-10-17"
_SID: Final = re.compile(r"[A-Za-z0-9]{1,100}", re.ASCII)
_ACTION: Final = re.compile(r"\*|[a-z0-9-]+:[A-Za-z*?]+", re.ASCII)


@dataclass(frozen=True)
class Statement:
    """One statement. `sid` says in words what it is for; it shows in consoles and in our tests.

    `resources` is empty only in trust policies, where the role itself is meant.
    """

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: Sequence[str] = ()
    resources: Sequence[str] = ()
    principals: Principals = field(default_factory=dict)
    conditions: Conditions = field(default_factory=dict)
    not_actions: Sequence[str] = ()
    not_resources: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not _SID.fullmatch(self.sid):
            raise ValueError(f"sid {self.sid!r} may hold letters and digits only")
        if bool(self.actions) == bool(self.not_actions):
            raise ValueError(f"statement {self.sid} needs either actions or not_actions")
        if self.resources and self.not_resources:
            raise ValueError(f"statement {self.sid} has both resources and not_resources")
        if self.effect == "Allow" and (self.not_actions or self.not_resources):
            raise ValueError(f"statement {self.sid} would allow everything but a list, which grows with the cloud")
        wrong = [action for action in (*self.actions, *self.not_actions) if not _ACTION.fullmatch(action)]
        if wrong:
            raise ValueError(f"statement {self.sid} has malformed actions {wrong}")

    def as_json(self) -> dict[str, Any]:
        """The statement in the form of the IAM JSON policy language; lists keep the order in which they were written."""
        parts: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        if self.principals:
            parts["Principal"] = {kind: _one_or_many(ids) for kind, ids in self.principals.items()}
        lists = {
            "Action": self.actions,
            "NotAction": self.not_actions,
            "Resource": self.resources,
            "NotResource": self.not_resources,
        }
        parts.update({key: _one_or_many(values) for key, values in lists.items() if values})
        if self.conditions:
            parts["Condition"] = {
                operator: {key: _one_or_many(value) for key, value in tests.items()}
                for operator, tests in self.conditions.items()
            }
        return parts


def _one_or_many(values: str | Sequence[str]) -> str | list[str]:
    """One value stands for itself, as in AWS's own examples: policies have few characters to spare."""
    if isinstance(values, str):
        return values
    return values[0] if len(values) == 1 else list(values)


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str] = (),
    *,
    principals: Principals | None = None,
    conditions: Conditions | None = None,
) -> Statement:
    """A statement that permits `actions`."""
    return Statement(sid, "Allow", actions, resources, principals or {}, conditions or {})


def deny(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str] = (),
    *,
    principals: Principals | None = None,
    conditions: Conditions | None = None,
) -> Statement:
    """A statement that forbids `actions`, whatever anything else permits."""
    return Statement(sid, "Deny", actions, resources, principals or {}, conditions or {})


def document(statements: Iterable[Statement]) -> str:
    """The policy as compact JSON. Raises `ValueError` on two statements of one `sid` or on none."""
    listed = list(statements)
    sids = [statement.sid for statement in listed]
    if not listed or len(set(sids)) != len(sids):
        raise ValueError(f"a policy needs statements with different sids, got {sids}")
    body = {"Version": _VERSION, "Statement": [statement.as_json() for statement in listed]}
    return json.dumps(body, separators=(",", ":"))


def sid_faults(key: str, sid: str) -> list[str]:
    """What is wrong with the name that somebody gives a statement; empty when nothing is."""
    return [] if _SID.fullmatch(sid) else [f"{key} is {sid!r}; allowed: letters and digits, at most 100"]


def action_faults(key: str, actions: Sequence[str]) -> list[str]:
    """What is wrong with the actions that somebody gives a statement; empty when nothing is."""
    if not actions:
        return [f"{key} is empty; name at least one, such as s3:GetObject"]
    wrong = [action for action in actions if not _ACTION.fullmatch(action)]
    return [f"{key} has {action!r}; allowed: a service and an operation, such as s3:GetObject" for action in wrong]


def is_policy(text: str) -> bool:
    """Whether a text is a policy document as far as its form goes."""
    try:
        body = json.loads(text)
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("Statement"), (dict, list))


def trust(*services: str, conditions: Conditions | None = None) -> str:
    """The trust policy of a role that AWS services assume, for example `trust("vpc-flow-logs.amazonaws.com")`.

    Give `aws:SourceAccount` in `conditions` wherever the service sends it, so that nobody else's resource can make the
    service act in this account.
    """
    principals = {"Service": services}
    return document([allow("ServiceAssumesRole", ["sts:AssumeRole"], principals=principals, conditions=conditions)])
