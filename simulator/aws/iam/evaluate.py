"""IAM's decision about one permission, as a function of the policies that apply.

An explicit denial anywhere decides. Otherwise the policies of the identity must allow, and everything around them (a
boundary, a session policy) as well; or the resource's own policy must. Keys and roles are different: their own policy has
to agree in any case.

Source: AWS IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities"; AWS KMS Developer
Guide, "Key policies" (2026-11).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from soundstage.simulator.aws.iam.statements import Asked, Statement, is_named, is_trusted

Listed: TypeAlias = Mapping[str, Sequence[str]]
"""A principal element: kind → names."""


@dataclass(frozen=True)
class Policies:
    """Everything that says what a caller may do. A boundary or session policy of `None` means that there is none."""

    identity: Sequence[Statement] = ()
    boundary: Sequence[Statement] | None = None
    session: Sequence[Statement] | None = None


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy of what a call is about.

    `decides` marks keys and roles: without their own policy's consent nobody gets in, whatever the account's policies
    say. `granted` is set where a grant of the key allows the call.
    """

    statements: Sequence[Statement] = ()
    decides: bool = False
    granted: bool = False


NO_RESOURCE_POLICY = ResourcePolicy()


@dataclass(frozen=True)
class Verdict:
    """Whether a permission is there. `reason` ends AWS's refusal."""

    allowed: bool
    reason: str = ""


def judge(asked: Asked, mine: Policies, theirs: ResourcePolicy = NO_RESOURCE_POLICY) -> Verdict:
    """The decision for a principal of the account that the resource is in."""
    for statements, kind in (
        (mine.identity, "an identity-based policy"),
        (mine.boundary or (), "a permissions boundary"),
        (mine.session or (), "a session policy"),
    ):
        if any(not each.allows and each.covers(asked) for each in statements):
            return Verdict(False, f"with an explicit deny in {kind}")
    denied = denied_by_resource(asked, theirs)
    if not denied.allowed:
        return denied
    about_me = [each for each in theirs.statements if each.names(asked.principal) and each.covers(asked)]
    listed: list[Listed] = [each.principal or {} for each in about_me if each.allows]
    if asked.principal.service:
        return _verdict(bool(listed) or theirs.granted, "no resource-based policy allows", asked)
    return _inside(asked, mine, theirs, listed)


def denied_by_resource(asked: Asked, theirs: ResourcePolicy | None) -> Verdict:
    """Whether the policy of what a call is about forbids it; what it allows is not asked."""
    for each in theirs.statements if theirs else ():
        if not each.allows and each.names(asked.principal) and each.covers(asked):
            return Verdict(False, "with an explicit deny in a resource-based policy")
    return Verdict(True)


def _inside(asked: Asked, mine: Policies, theirs: ResourcePolicy, listed: Sequence[Listed]) -> Verdict:
    if theirs.granted or any(_names_the_caller(each, asked) for each in listed):
        return Verdict(True)
    trusted = any(is_trusted(each, asked.principal) for each in listed)
    named = any(is_named(each, asked.principal) for each in listed)
    if theirs.decides and not (named or trusted):
        return _verdict(False, "no resource-based policy allows", asked)
    if not named and not _allows(mine.identity, asked):
        return _verdict(False, "no identity-based policy allows", asked)
    if mine.boundary is not None and not _allows(mine.boundary, asked):
        return _verdict(False, "no permissions boundary allows", asked)
    return _verdict(mine.session is None or _allows(mine.session, asked), "no session policy allows", asked)


def _names_the_caller(listed: Listed, asked: Asked) -> bool:
    """Whether a resource's policy names the very caller: a user, a session, or everybody. What a boundary or a session
    policy leaves out does not matter then; it does where the role behind a session is named."""
    first = asked.principal.arns[:1]
    return any(name == "*" or name in first for name in listed.get("AWS", ()))


def _allows(statements: Iterable[Statement], asked: Asked) -> bool:
    return any(each.allows and each.covers(asked) for each in statements)


def _verdict(allowed: bool, missing: str, asked: Asked) -> Verdict:
    return Verdict(True) if allowed else Verdict(False, f"because {missing} the {asked.action} action")
