"""Policy documents as statements, and whether a statement is about a call.

Source: AWS IAM User Guide, "IAM JSON policy elements reference" and "Policy elements: variables and tags" (2026-11).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from soundstage.simulator.aws.conditions import Context, holds, matches

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_LITERALS: Final = frozenset("*?$")
_PATTERNED: Final = ("Like", "Arn")
"""What an operator's name holds when its values are patterns."""
_WITH_VARIABLES: Final = "2012-10-17"


@dataclass(frozen=True)
class Principal:
    """Who makes a call. `arns` are all names that mean it: for a session of a role, those of the session and the role."""

    arns: tuple[str, ...] = ()
    account: str = ""
    service: str = ""
    """`ec2.amazonaws.com` when a service calls on its own; then there are no `arns`."""


@dataclass(frozen=True)
class Asked:
    """One permission that a call needs. Condition keys of `context` are in lower case."""

    action: str
    resource: str
    principal: Principal
    context: Context


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. `principal` is None in policies of identities."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principal: Mapping[str, tuple[str, ...]] | None
    not_principal: Mapping[str, tuple[str, ...]] | None
    condition: Mapping[str, Mapping[str, Any]]
    variables: bool

    def covers(self, asked: Asked) -> bool:
        """Whether action, resource and conditions are those of the statement; the principal is not looked at."""
        return (
            self._is_of(self.actions, self.not_actions, asked.action.lower(), str.lower)
            and self._is_of(self.resources, self.not_resources, asked.resource, lambda text: self._filled(text, asked))
            and holds(self._condition(asked), asked.context)
        )

    def names(self, principal: Principal) -> bool:
        """Whether the statement is about this principal, itself or through its account."""
        if self.not_principal is not None:
            return not (is_named(self.not_principal, principal) or is_trusted(self.not_principal, principal))
        listed = self.principal or {}
        return is_named(listed, principal) or is_trusted(listed, principal)

    def _is_of(self, listed: Sequence[str], excluded: Sequence[str], text: str, form: Any) -> bool:
        if excluded:
            return not any(matches(form(pattern), text) for pattern in excluded)
        # The policy of a role says who may take it, and names no resource.
        return not listed or any(matches(form(pattern), text) for pattern in listed)

    def _filled(self, text: str, asked: Asked) -> str:
        return _fill(text, asked.context, pattern=True) if self.variables else text

    def _condition(self, asked: Asked) -> Mapping[str, Mapping[str, Any]]:
        if not self.variables or "${" not in str(self.condition):
            return self.condition
        return {
            operator: {key: _fill_all(wanted, operator, asked.context) for key, wanted in keys.items()}
            for operator, keys in self.condition.items()
        }


def is_named(listed: Mapping[str, Sequence[str]], principal: Principal) -> bool:
    """Whether a principal element names this principal itself, or everybody."""
    if principal.service:
        return principal.service in listed.get("Service", ()) or "*" in listed.get("Service", ())
    return any(name == "*" or name in principal.arns for name in listed.get("AWS", ()))


def is_trusted(listed: Mapping[str, Sequence[str]], principal: Principal) -> bool:
    """Whether a principal element names the principal's account, and so leaves the decision to the account's policies."""
    whole = {principal.account, f"arn:aws:iam::{principal.account}:root"}
    return bool(principal.account) and any(name in whole for name in listed.get("AWS", ()))


@cache
def statements(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document in JSON. `ValueError` when it is none."""
    policy = json.loads(document)
    variables = policy.get("Version") == _WITH_VARIABLES
    listed = policy["Statement"]
    return tuple(_statement(each, variables) for each in (listed if isinstance(listed, list) else [listed]))


def _statement(said: Mapping[str, Any], variables: bool) -> Statement:
    return Statement(
        allows=said["Effect"] == "Allow",
        actions=_several(said.get("Action")),
        not_actions=_several(said.get("NotAction")),
        resources=_several(said.get("Resource")),
        not_resources=_several(said.get("NotResource")),
        principal=_principals(said.get("Principal")),
        not_principal=_principals(said.get("NotPrincipal")),
        condition=said.get("Condition") or {},
        variables=variables,
    )


def _several(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _principals(value: Any) -> Mapping[str, tuple[str, ...]] | None:
    if value is None:
        return None
    if value == "*":
        return {"AWS": ("*",), "Service": ("*",)}
    return {kind: _several(names) for kind, names in value.items()}


def _fill_all(wanted: Any, operator: str, context: Context) -> list[str]:
    pattern = any(word in operator for word in _PATTERNED)
    listed = wanted if isinstance(wanted, list) else [wanted]
    return [_fill(each, context, pattern=pattern) if isinstance(each, str) else each for each in listed]


def _fill(text: str, context: Context, *, pattern: bool) -> str:
    """`text` with its variables replaced. What a value holds is taken literally, and so are `${*}`, `${?}` and `${$}`.

    A variable without a value stays, and since no ARN, name or tag holds `${`, matches nothing.
    """

    def value(found: re.Match[str]) -> str:
        name, _, default = (part.strip() for part in found[1].partition(","))
        if name in _LITERALS:
            return found[0] if pattern else name
        known = context.get(name.lower())
        if known is None and default:
            known = default.strip("'")
        if not isinstance(known, str):
            return found[0]
        return re.sub(r"[*?]", lambda special: f"${{{special[0]}}}", known) if pattern else known

    return _VARIABLE.sub(value, text)
