"""A program's own statements in the policy of a bucket: checked, kept within the account, and added to ours."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.arguments import choice_fault
from soundstage.components.aws.place import Place
from soundstage.components.policydoc import ANYONE, Statement, action_faults, sid_faults
from soundstage.core.errors import ArgumentError

EFFECTS: Final = ("Allow", "Deny")
_IAM_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:\S+\Z")


class BucketStatementArgs(TypedDict):
    """What somebody else may do, or nobody, with a bucket or a part of it."""

    sid: str
    """What the statement is for, in letters and digits, such as `FarmReads`. No two statements share one."""
    actions: list[str]
    """What is allowed or denied, such as `s3:GetObject`. `s3:*` only to deny."""
    effect: NotRequired[choices.Effect]
    """`Allow` (default) or `Deny`."""
    principals: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the roles and users of this account that are meant. `Deny` without them is for everyone; `Allow` names at least
    one, or one of `services`."""
    services: NotRequired[list[str]]
    """AWS services that are meant, such as `cloudfront.amazonaws.com`, when they act for resources of this account. Not together with
    `principals`."""
    paths: NotRequired[list[str]]
    """Parts of the bucket, such as `exports/*`. The bucket itself and everything in it when absent."""
    conditions: NotRequired[Mapping[str, Mapping[str, list[pulumi.Input[str]]]]]
    """Conditions as IAM writes them: operator, key, values. None when absent."""


def statement_faults(key: str, statements: Sequence[BucketStatementArgs]) -> list[str]:
    """What is wrong with statements whose fields are of the right types, as far as it shows before anything is made."""
    faults: list[str] = []
    sids = [statement.get("sid", "") for statement in statements]
    for place, statement in enumerate(statements):
        at, effect = f"{key}[{place}]", statement.get("effect", "Allow")
        faults += choice_fault(f"{at}.effect", effect, EFFECTS) + sid_faults(f"{at}.sid", sids[place])
        if sids.count(sids[place]) > 1 and sids.index(sids[place]) == place:
            faults.append(f"{at}.sid is {sids[place]!r}, which another statement has too")
        actions = statement.get("actions", [])
        faults += action_faults(f"{at}.actions", actions)
        if effect == "Allow" and not all(action.rpartition(":")[2].strip("*?") for action in actions):
            faults.append(f"{at}.actions allows everything; name the actions, such as s3:GetObject")
        if statement.get("principals") and statement.get("services"):
            # The account that a service acts for is a condition, which no role or user meets.
            faults.append(f"{at} has principals and services; give each a statement of its own")
        plain = [who for who in statement.get("principals", []) if isinstance(who, str)]
        if "*" in plain or (effect == "Allow" and not statement.get("principals") and not statement.get("services")):
            faults.append(f"{at}.principals means everyone; allowed: ARNs of roles and users of this account")
        faults += [
            f"{at}.principals has {who!r}; allowed: ARNs of roles and users of this account"
            for who in plain
            if who != "*" and not _IAM_ARN.match(who)
        ]
        faults += [
            f"{at}.services has {service!r}; allowed: a service such as cloudfront.amazonaws.com"
            for service in statement.get("services", [])
            if not service.endswith(".amazonaws.com")
        ]
        faults += [
            f"{at}.paths has {path!r}; allowed: a part of the bucket such as exports/*, without a slash at its beginning"
            for path in statement.get("paths", [])
            if not path or path.startswith("/")
        ]
    return faults


def own_statements(
    place: Place, bucket: str, own: Iterable[Mapping[str, Any]], ours: Iterable[Statement]
) -> list[Statement]:
    """The statements of a program, every value known. `ours` are those that they are added to.

    Raises `ArgumentError` for a principal outside the account, which our statements would refuse anyway, and for a sid of ours.
    """
    taken = {statement.sid for statement in ours}
    return [_statement(place, bucket, given, taken) for given in own]


def _statement(place: Place, bucket: str, given: Mapping[str, Any], taken: set[str]) -> Statement:
    sid, arn = given["sid"], place.bucket_arn(bucket)
    if sid in taken:
        raise _refused(f"sid is {sid!r}, which is one of the component's own")
    principals = list(given.get("principals", []))
    for who in principals:
        if not who.startswith(f"arn:{place.partition}:iam::{place.account}:") or "*" in who:
            raise _refused(f"{sid} names {who!r}; allowed: ARNs of roles and users of account {place.account}")
    services, conditions = given.get("services", []), dict(given.get("conditions", {}))
    if services:
        # Otherwise anybody's resource could make the service act on this bucket.
        same = {**conditions.get("StringEquals", {}), "aws:SourceAccount": [place.account]}
        conditions["StringEquals"] = same
    meant = {kind: tuple(ids) for kind, ids in (("AWS", principals), ("Service", services)) if ids}
    paths = given.get("paths")
    return Statement(
        sid,
        given.get("effect", "Allow"),
        given["actions"],
        [arn, f"{arn}/*"] if paths is None else [f"{arn}/{path}" for path in paths],
        meant or ANYONE,
        conditions,
    )


def _refused(fault: str) -> ArgumentError:
    return ArgumentError(f"extra_statements: {fault}", faults=[f"extra_statements: {fault}"])
