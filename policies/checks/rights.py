"""What roles may do with media, keys and secrets: of their own project, and of others."""

from collections.abc import Iterator, Sequence
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.checks.identity import by_holder, unread
from soundstage.policies.policy import HIGH, MANDATORY, Verdict, breach, policy
from soundstage.policies.views.documents import Document, Statement, covers, trust_documents
from soundstage.policies.views.managed import Attached, attached
from soundstage.policies.views.node import Resource, Truth
from soundstage.policies.views.rights import data_rights
from soundstage.policies.views.stack import Stack

_WHOLE: Final = (
    "s3", "ec2", "kms", "iam", "sts", "ssm", "secretsmanager", "lambda", "organizations", "cloudformation", "dynamodb", "ecr",
    "ecs", "eks", "fsx", "elasticfilesystem", "backup", "glacier", "cloudtrail", "rds", "sso", "account", "ram", "datasync",
    "storagegateway", "transfer", "workspaces", "appstream", "gamelift", "cloudfront", "config", "guardduty",
)  # fmt: skip
"""Services of which no policy gives all: they hold media, open doors, give rights, or keep the record of it."""


def _on_others(documents: Sequence[Document]) -> Iterator[tuple[Statement, str]]:
    """Each statement with the rights that it gives over what other projects have."""
    for document in documents:
        for statement in document.statements:
            rights = [action for action in statement.granted(data_rights()) if statement.unlimited(action)]
            if rights:
                yield statement, ", ".join(rights[:3]) + (f" and {len(rights) - 3} more" if len(rights) > 3 else "")


def _whole(statement: Statement) -> list[str]:
    """The services of which a statement gives everything, for everybody's things."""
    if not statement.allows:
        return []
    return [
        service
        for service in _WHOLE
        if any(covers(pattern, f"{service}:") and covers(pattern, f"{service}:q9") for pattern in statement.actions)
        and statement.unlimited(f"{service}:*")
    ]


_MACHINE_SERVICE = "ec2.amazonaws.com"


def _machine_roles(stack: Stack) -> list[tuple[Document, list[Document]]]:
    """The trust document of each role that machines may have, or that cannot be read yet, and what the role may do."""
    trusts = {item.resource.urn: item for item in stack.view(trust_documents)}
    found = [(trusts[holder.urn], held) for holder, held in stack.view(by_holder) if holder.urn in trusts]
    return [
        (trust, held)
        for trust, held in found
        if not trust.readable or any(_MACHINE_SERVICE in statement.principals for statement in trust.statements)
    ]


@policy(
    "IAM-04",
    "A workstation reaches its own project only",
    severity=HIGH,
    level=MANDATORY,
    why="An artist's machine must not be able to read another client's media, nor delete a master.",
    fix="Name the project's bucket and prefix and the project's key; leave deletion of masters and versions out.",
    references="fsbp:KMS.1 fsbp:KMS.2 mpa-5.1:T19 mpa-5.1:T20",
    clouds="aws",
    over=_machine_roles,
)
def machine_reach(item: tuple[Document, list[Document]], _stack: Stack) -> Iterator[Verdict]:
    trust, documents = item
    yield from unread([trust, *documents])
    if not trust.readable:
        return
    holder = trust.resource
    for statement, what in _on_others(documents):
        yield from breach(True, holder, f"may {what} of every project", trust.node, statement.node)
    denied = {
        resource
        for document in documents
        for statement in document.statements
        if not statement.allows
        for resource in statement.resources
        if any(action.startswith(("s3:Delete", "s3:*")) for action in statement.actions)
    }
    for document in documents:
        for statement in document.statements:
            for resource in statement.resources:
                whole = resource == "*" or (resource.endswith("/*") and resource.count("/") == 1)
                masters = whole or "/masters/" in resource
                guarded = any("masters" in other for other in denied)
                if (
                    statement.grants("s3:DeleteObject")
                    and masters
                    and resource.startswith(("*", "arn:"))
                    and not guarded
                ):
                    yield from breach(True, holder, f"may delete masters ({resource})", trust.node, statement.node)
                if statement.grants("s3:DeleteObjectVersion"):
                    yield from breach(True, holder, f"may delete versions ({resource})", trust.node, statement.node)


def _other_holders(stack: Stack) -> list[tuple[Resource, list[Document]] | Attached]:
    """Whoever is no machine."""
    machines = {trust.resource.urn for trust, _ in stack.view(_machine_roles) if trust.readable}
    held = [item for item in stack.view(by_holder) if item[0].urn not in machines]
    return [*held, *stack.view(attached)]


@policy(
    "IAM-11",
    "Rights over data say whose data",
    severity=HIGH,
    level=MANDATORY,
    why="A key of a script that may read or delete every bucket is as good as all keys of the studio.",
    fix="Name the buckets, keys and secrets by their ARN, and the actions one by one.",
    references="fsbp:IAM.21 fsbp:KMS.1 fsbp:KMS.2 mpa-5.1:T20 mpa-5.1:T32",
    clouds="aws",
    over=_other_holders,
)
def rights_over_others(subject: tuple[Resource, list[Document]] | Attached, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Attached):
        much: Truth = UNKNOWN if subject.node.value is UNKNOWN else subject.gives == "everything"
        yield from breach(much, subject.resource, f"gives {subject.name}: a whole service", subject.node)
        return
    holder, documents = subject
    yield from unread(documents)
    whole = [(statement, found) for item in documents for statement in item.statements if (found := _whole(statement))]
    for statement, services in whole:
        told = ", ".join(f"{service}:*" for service in services[:4]) + (" …" if len(services) > 4 else "")
        yield from breach(True, holder, f"may do {told} with everything there is", statement.node)
    for statement, what in _on_others(documents):
        if statement not in [found for found, _ in whole]:
            yield from breach(True, holder, f"may {what} of every project", statement.node)
