"""What roles may do: administration, escalation, passing roles, reach of the workstation's own role."""

from collections.abc import Iterator, Sequence
from typing import Final

from soundstage.policies.policy import ADVISORY, CRITICAL, HIGH, MANDATORY, MEDIUM, Blind, Verdict, breach, policy
from soundstage.policies.views.documents import (
    ROLE,
    Document,
    Statement,
    identity_documents,
    trust_documents,
)
from soundstage.policies.views.node import Resource
from soundstage.policies.views.stack import Stack

ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
_ARN_LISTS = {ROLE: "managedPolicyArns", EXCLUSIVE: "policyArns"}
_ADMIN = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")

ESCALATIONS: tuple[tuple[str, ...], ...] = (
    ("iam:CreatePolicyVersion",),
    ("iam:SetDefaultPolicyVersion",),
    ("iam:CreateAccessKey",),
    ("iam:CreateLoginProfile",),
    ("iam:UpdateLoginProfile",),
    ("iam:AttachUserPolicy",),
    ("iam:AttachGroupPolicy",),
    ("iam:AttachRolePolicy",),
    ("iam:PutUserPolicy",),
    ("iam:PutGroupPolicy",),
    ("iam:PutRolePolicy",),
    ("iam:AddUserToGroup",),
    ("iam:UpdateAssumeRolePolicy", "sts:AssumeRole"),
    ("iam:PassRole", "ec2:RunInstances"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("iam:PassRole", "glue:CreateDevEndpoint"),
    ("iam:PassRole", "cloudformation:CreateStack"),
    ("iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    ("iam:PassRole", "sagemaker:CreateNotebookInstance"),
    ("iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"),
    ("lambda:UpdateFunctionCode",),
    ("glue:UpdateDevEndpoint",),
)
"""Sets of actions that together let a role give itself more (Rhino Security Labs, “AWS IAM Privilege Escalation:
Methods and Mitigation”; the same methods are in Cloudsplaining's table; read 2026-11)."""


_NARROW: Final = (
    "aws:requesttag/",
    "aws:resourcetag/",
    "dynamodb:leadingkeys",
    "ec2:resourcetag/",
    "ec2:sourceinstancearn",
    "iam:permissionsboundary",
    "iam:policyarn",
    "iam:resourcetag/",
    "kms:encryptioncontext:",
    "kms:resourcealiases",
    "s3:dataaccesspointarn",
    "s3:existingobjecttag/",
    "secretsmanager:resourcetag/",
)
"""Beginnings of condition keys that limit what a statement reaches. Others limit who asks, from where, when or through which
service (`aws:MultiFactorAuthPresent`, `aws:SourceIp`, `aws:RequestedRegion`, `kms:ViaService`), and leave everything within
reach (AWS IAM user guide, “Global condition context keys”; Service Authorization Reference; read 2026-11)."""


def _unlimited(statement: Statement) -> bool:
    """Whether a statement is about everything that there is: it names no resource, nor a condition on what is reached."""
    return statement.any_resource and not any(key.startswith(_NARROW) for key in statement.requires())


def _unread(documents: Sequence[Document]) -> Iterator[Verdict]:
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
    over=lambda stack: [*stack.view(identity_documents), *stack.of(*ATTACHMENTS, *_ARN_LISTS)],
)
def administrators(subject: Document | Resource, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Document):
        yield from _unread([subject])
        for statement in subject.statements:
            every = any(action in ("*", "*:*") for action in statement.actions) or bool(statement.not_actions)
            yield from breach(
                statement.allows and every and _unlimited(statement),
                subject.resource,
                "allows every action on everything",
                subject.node,
            )
        return
    listed = _ARN_LISTS.get(subject.type)
    nodes = subject.get(listed).each() if listed else [subject.get("policyArn")]
    for node in nodes:
        if not stack.targets(node):
            admin = node.is_(lambda value: str(value).rpartition("/")[2] in _ADMIN)
            yield from breach(admin, subject, f"grants {node.text}", node)


def _by_holder(stack: Stack) -> list[tuple[Resource, list[Document]]]:
    """Documents by the role or user that holds them; a managed policy stands for itself when nothing here has it."""
    holders: dict[str, tuple[Resource, list[Document]]] = {}
    for item in stack.view(identity_documents):
        owners = [target for key in ("role", "user", "group") for target in stack.targets(item.resource.get(key))]
        for attachment in stack.parts(item.resource, ATTACHMENTS, "policyArn").found:
            owners += [target for key in ("role", "user", "group") for target in stack.targets(attachment.get(key))]
        for owner in owners or [item.resource]:
            holders.setdefault(owner.urn, (owner, []))[1].append(item)
    return list(holders.values())


def _allowed(documents: Sequence[Document], action: str) -> Statement | None:
    """A statement that allows the action on everything."""
    for item in documents:
        for statement in item.statements:
            if statement.grants(action) and _unlimited(statement):
                return statement
    return None


@policy(
    "IAM-02",
    "No role can give itself more",
    severity=HIGH,
    level=MANDATORY,
    why="A role that may change roles, or start a machine with a stronger role, can give itself every permission.",
    fix="Take the action away, or limit it to named resources; put a permission boundary on what it may create.",
    references="fsbp:IAM.21 mpa-5.1:T20",
    clouds="aws",
    over=_by_holder,
)
def escalation(item: tuple[Resource, list[Document]], _stack: Stack) -> Iterator[Verdict]:
    holder, documents = item
    yield from _unread(documents)
    for actions in ESCALATIONS:
        granting = [_allowed(documents, action) for action in actions]
        if all(granting):
            nodes = dict.fromkeys(statement.node for statement in granting if statement)
            yield from breach(True, holder, f"may {' and '.join(actions)} without limit", *nodes)


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
    yield from _unread([subject])
    for statement in subject.statements:
        if statement.grants("iam:PassRole"):
            loose = any(resource == "*" or resource.endswith(":role/*") for resource in statement.resources)
            unlimited = "iam:passedtoservice" not in statement.requires()
            yield from breach(loose or unlimited, subject.resource, "may pass a role to any service", subject.node)


_MACHINE_SERVICE = "ec2.amazonaws.com"


def _machine_roles(stack: Stack) -> list[tuple[Document, list[Document]]]:
    """The trust document of each role that machines may have, or that cannot be read yet, and what the role may do."""
    trusts = {item.resource.urn: item for item in stack.view(trust_documents)}
    found = [(trusts[holder.urn], held) for holder, held in stack.view(_by_holder) if holder.urn in trusts]
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
    yield from _unread([trust, *documents])
    if not trust.readable:
        return
    holder = trust.resource
    for action in ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "kms:Decrypt", "secretsmanager:GetSecretValue"):
        statement = _allowed(documents, action)
        yield from breach(
            statement is not None,
            holder,
            f"may {action} everywhere",
            trust.node,
            *([statement.node] if statement else []),
        )
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
                    yield from breach(True, holder, f"may delete masters ({resource})", trust.node, document.node)
                if statement.grants("s3:DeleteObjectVersion"):
                    yield from breach(True, holder, f"may delete versions ({resource})", trust.node, document.node)


_STOPPING = ("ec2:StopInstances", "ec2:TerminateInstances")
_LIMITS = ("ec2:resourcetag", "aws:resourcetag", "ec2:sourceinstancearn", "aws:principaltag", "ec2:instanceid")


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
    yield from _unread([subject])
    for statement in subject.statements:
        if any(statement.grants(action) for action in _STOPPING):
            limited = any(key.startswith(_LIMITS) for key in statement.requires())
            wide = any(item == "*" or item.endswith("instance/*") for item in statement.resources)
            yield from breach(wide and not limited, subject.resource, "may stop any machine", subject.node)


_CONFUSED = (
    "scheduler.amazonaws.com",
    "budgets.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "events.amazonaws.com",
)
"""Services whose documentation says that they pass `aws:SourceAccount` when they assume a customer's role (user guides of
EventBridge Scheduler, AWS Budgets, VPC flow logs and EventBridge, “confused deputy”, read 2026-11)."""
_WHO = frozenset(
    {
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
        "aws:sourcearn", "aws:sourceorgid", "aws:userid",
    }
)  # fmt: skip
"""Conditions that say whom a trust policy for everybody means. A second factor, an address or a tag is something that
strangers in accounts of their own have, too."""
_OIDC = "token.actions.githubusercontent.com"


@policy(
    "IAM-06",
    "Roles trust exactly whom they mean",
    severity=HIGH,
    level=MANDATORY,
    why="A role that trusts everyone, or any repository, is open to strangers.",
    fix="Name the principal; add `aws:SourceAccount` for services; pin the `sub` of GitHub tokens to one repository.",
    references="mpa-5.1:T20",
    clouds="aws",
    over=trust_documents,
)
def trust(subject: Document, _stack: Stack) -> Iterator[Verdict]:
    yield from _unread([subject])
    for statement in subject.statements:
        if not statement.allows:
            continue
        keys = statement.requires()
        yield from breach(
            statement.anyone and not keys & _WHO, subject.resource, "can be assumed by everyone", subject.node
        )
        services = [item for item in statement.principals if item in _CONFUSED]
        loose = bool(services) and not keys & {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"}
        yield from breach(
            loose, subject.resource, f"trusts {', '.join(services)} on behalf of any account", subject.node
        )
        if any(_OIDC in item for item in statement.principals):
            values = [
                str(value)
                for tests in statement.condition.values()
                for key, listed in tests.items()
                if key.lower() == f"{_OIDC}:sub"
                for value in (listed if isinstance(listed, list) else [listed])
            ]
            pinned = bool(values) and all("*" not in value.split(":")[1] for value in values if ":" in value)
            yield from breach(not pinned, subject.resource, "trusts any GitHub repository", subject.node)


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
    admin = given.is_(lambda value: str(value).rpartition("/")[2] in _ADMIN)
    yield from breach(False if stack.targets(given) else admin, subject, f"has {given.text} as its boundary", given)
