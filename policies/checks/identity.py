"""What roles may do: administration, escalation, passing roles, reach of the workstation's own role."""

from collections.abc import Iterator, Sequence
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import ADVISORY, CRITICAL, HIGH, MANDATORY, MEDIUM, Blind, Verdict, breach, policy
from soundstage.policies.views.borrowed import borrowed
from soundstage.policies.views.documents import (
    ROLE,
    Document,
    Statement,
    covers,
    identity_documents,
)
from soundstage.policies.views.managed import ATTACHMENTS, Attached, attached, gives
from soundstage.policies.views.node import Node, Resource, Truth, any_of
from soundstage.policies.views.probes import admits_others, arn, meets
from soundstage.policies.views.rights import escalating, escalations
from soundstage.policies.views.stack import Stack

_ON_ITSELF: Final = (
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
)
"""Actions with which a role or user gives itself more when it may do them to itself."""


def unread(documents: Sequence[Document]) -> Iterator[Verdict]:
    for item in documents:
        if not item.readable:
            yield Blind(item.resource, item.node.path, "the policy cannot be read before up")


@policy(
    "IAM-01",
    "Nobody may do everything",
    severity=CRITICAL,
    level=MANDATORY,
    why="Whoever steals one session of such a role controls everything: media, keys, logs and billing.",
    fix="Name the actions and the resources that the role needs.",
    references="cis-aws-7.0:2.14 fsbp:IAM.1",
    clouds="aws",
    over=lambda stack: [*stack.view(identity_documents), *stack.view(attached), *stack.view(borrowed)],
)
def administrators(subject: Document | Attached | Node, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Node):
        yield Blind(subject.resource, subject.path, f"what {subject.text} may do is not part of this stack")
        return
    if isinstance(subject, Document):
        yield from unread([subject])
        for statement in subject.statements:
            every = any(action in ("*", "*:*") for action in statement.actions) or bool(statement.not_actions)
            yield from breach(
                statement.allows and every and all(map(statement.unlimited, ("s3:GetObject", "iam:PassRole"))),
                subject.resource,
                "allows every action on everything",
                statement.node,
            )
        return
    yield from breach(subject.gives == "administration", subject.resource, f"grants {subject.node.text}", subject.node)
    if subject.gives == "unknown":
        yield Blind(subject.resource, subject.node.path, f"what {subject.node.text} allows is not part of this stack")


def by_holder(stack: Stack) -> list[tuple[Resource, list[Document]]]:
    """Documents by the role or user that holds them; a managed policy stands for itself when nothing here has it."""
    holders: dict[str, tuple[Resource, list[Document]]] = {}
    for item in stack.view(identity_documents):
        owners = [target for key in ("role", "user", "group") for target in stack.targets(item.resource.get(key))]
        for attachment in stack.parts(item.resource, ATTACHMENTS, "policyArn").found:
            owners += [target for key in ("role", "user", "group") for target in stack.targets(attachment.get(key))]
        for owner in owners or [item.resource]:
            holders.setdefault(owner.urn, (owner, []))[1].append(item)
    return list(holders.values())


def allowed_on_others(documents: Sequence[Document], actions: tuple[str, ...]) -> dict[str, Statement]:
    """The actions that are allowed on everything, each with the first statement that does so."""
    found: dict[str, Statement] = {}
    for item in documents:
        for statement in item.statements:
            for action in statement.granted(actions):
                if action not in found and statement.unlimited(action):
                    found[action] = statement
    return found


@policy(
    "IAM-02",
    "No role can give itself more",
    severity=HIGH,
    level=MANDATORY,
    why="A role that may change roles, or start a machine with a stronger role, can give itself every permission.",
    fix="Take the action away, or limit it to named resources; put a permission boundary on what it may create.",
    references="mpa-5.1:T20",
    clouds="aws",
    over=by_holder,
)
def escalation(item: tuple[Resource, list[Document]], _stack: Stack) -> Iterator[Verdict]:
    holder, documents = item
    yield from unread(documents)
    ways: list[str] = []
    nodes: dict[Node, None] = {}
    allowed = allowed_on_others(documents, escalating())
    for actions in escalations():
        if allowed.keys() >= set(actions):
            ways.append(" with ".join(actions))
            nodes |= dict.fromkeys(allowed[action].node for action in actions)
    more = f" and {len(ways) - 3} ways more" if len(ways) > 3 else ""
    yield from breach(bool(ways), holder, f"may {', '.join(ways[:3])}{more} without limit", *nodes)
    for held in documents:
        for statement in held.statements:
            given = [action for action in _ON_ITSELF if statement.grants(action)]
            if given and admits_others(statement.condition) and not any(map(statement.unlimited, given)):
                itself = any_of(False, *(_is_itself(text, holder) for text in statement.resources))
                told = f"may {', '.join(given)} on itself"
                yield from breach(itself, holder, told, *_names(holder), statement.node)


_OWN_NAME: Final = {
    ROLE: ("role", "name"),
    "aws:iam/user:User": ("user", "name"),
    "aws:iam/rolePolicy:RolePolicy": ("role", "role"),
    "aws:iam/userPolicy:UserPolicy": ("user", "user"),
}
"""Type of what holds a document → what a resource of IAM calls it, and where its name stands. A policy may be of somebody from elsewhere."""


def _names(holder: Resource) -> list[Node]:
    _, key = _OWN_NAME.get(holder.type, ("", ""))
    return [node for node in (holder.get(key), holder.get("path")) if node.path == key or node.value is not None]


def _is_itself(pattern: str, holder: Resource) -> Truth:
    """Whether a resource of a statement is the role or user that holds it. A name that AWS makes up is met by a pattern alone."""
    kind, key = _OWN_NAME.get(holder.type, ("", ""))
    found = arn(pattern)
    if not kind or found.service != "iam" or not meets(found.resource, f"{kind}/*"):
        return False
    name, path = holder.get(key), holder.get("path")
    if name.value is None and not set(found.resource) & set("*?"):
        return False
    if name.value in (None, UNKNOWN) or not path.known:
        return UNKNOWN
    return covers(found.resource, f"{kind}{path.value or '/'}{name.value}")


@policy(
    "IAM-03",
    "Roles are passed to named services only",
    severity=HIGH,
    level=MANDATORY,
    why="Whoever may pass any role to any service may act as that role.",
    fix="Name the role's ARN and add the condition `iam:PassedToService`.",
    references="mpa-5.1:T20",
    clouds="aws",
    over=identity_documents,
)
def passed_roles(subject: Document, _stack: Stack) -> Iterator[Verdict]:
    yield from unread([subject])
    for statement in subject.statements:
        if statement.grants("iam:PassRole"):
            loose = statement.unlimited("iam:PassRole")
            unlimited = "iam:passedtoservice" not in statement.requires()
            yield from breach(loose or unlimited, subject.resource, "may pass a role to any service", statement.node)


_STOPPING = ("ec2:StopInstances", "ec2:TerminateInstances")


@policy(
    "IAM-05",
    "Whatever stops machines may stop only its own",
    severity=MEDIUM,
    level=ADVISORY,
    why="A script that may stop every machine of the account can stop another project's machine by mistake.",
    fix="Limit `ec2:StopInstances` by the condition `ec2:ResourceTag/soundstage:project`.",
    references="mpa-5.1:T20",
    clouds="aws",
    over=identity_documents,
)
def stop_rights(subject: Document, _stack: Stack) -> Iterator[Verdict]:
    yield from unread([subject])
    for statement in subject.statements:
        if any(statement.grants(action) for action in _STOPPING):
            limited = any(key.startswith("aws:principaltag") for key in statement.requires())
            wide = statement.unlimited("ec2:StopInstances")
            yield from breach(wide and not limited, subject.resource, "may stop any machine", statement.node)


@policy(
    "IAM-10",
    "Every role stands under a permission boundary",
    severity=MEDIUM,
    level=ADVISORY,
    content=MANDATORY,
    why="Whoever may write a role's policy and hand the role to a machine can otherwise become an administrator.",
    fix="Set `permissions_boundary` to a policy that the authors of roles cannot change, such as those of `RoleBoundaries`.",
    references="mpa-5.1:T20",
    clouds="aws",
    over=lambda stack: stack.of(ROLE),
)
def boundary(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    given = subject.get("permissionsBoundary")
    yield from breach(stack.absent(given), subject, "has no permission boundary", given)
    admin = given.is_(lambda value: gives(str(value)) == "administration")
    yield from breach(False if stack.targets(given) else admin, subject, f"has {given.text} as its boundary", given)
