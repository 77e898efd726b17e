"""People and their keys: long-lived credentials, sign-in, and Google's roles."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import HIGH, MANDATORY, Blind, Verdict, Violation, breach, policy
from soundstage.policies.views.documents import Document, Statement, trust_documents
from soundstage.policies.views.members import Given, given, unread_on_all, unread_policies
from soundstage.policies.views.node import Node, Resource, all_of
from soundstage.policies.views.probes import texts
from soundstage.policies.views.rights import google_roles
from soundstage.policies.views.stack import Stack

LONG_LIVED = {
    "aws:iam/accessKey:AccessKey": "makes a key that never expires",
    "aws:iam/userLoginProfile:UserLoginProfile": "makes a password for one user of one account",
    "aws:iam/user:User": "is a user of one account instead of a role",
    "aws:iam/userPolicy:UserPolicy": "gives rights to one user and not to a group or role",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "gives rights to one user and not to a group or role",
    "gcp:serviceaccount/key:Key": "makes a service account key that never expires",
}


@policy(
    "IAM-07",
    "No credential lives for ever",
    severity=HIGH,
    level=MANDATORY,
    why="Keys that never expire are found later in repositories, chats and old laptops, and still work.",
    fix="Use roles, single sign-on and workload identity; drop the user or key.",
    references="cis-aws-7.0:2.12 cis-aws-7.0:2.13 fsbp:IAM.2 fsbp:IAM.3 cis-gcp-5.0:1.5",
    over=lambda stack: stack.of(*LONG_LIVED),
)
def long_lived(subject: Resource, _stack: Stack) -> Iterator[Verdict]:
    yield Violation(subject, LONG_LIVED[subject.type])


def _for_people(stack: Stack) -> list[Document]:
    """Trust documents that name accounts, users or single sign-on, not services."""
    return [
        item
        for item in stack.view(trust_documents)
        if not item.readable
        or any(
            statement.allows
            and any(text.startswith("arn:") or text.isdigit() for text in statement.principals)
            and not any("oidc-provider" in text for text in statement.principals)
            for statement in item.statements
        )
    ]


# Roles of a permission set: nobody else can make roles in this path (AWS IAM Identity Center User Guide, "Referencing permission
# sets in resource policies", read 2026-11). Identity Center asks for the second factor; its sessions do not carry it.
_PERMISSION_SET: Final = re.compile(
    r"arn:aws[a-z-]*:iam::[0-9]{12}:role/aws-reserved/sso\.amazonaws\.com/.*AWSReservedSSO_[^*?]+_.*"
)
_AMONG: Final = frozenset({"arnlike", "arnequals", "stringlike", "stringequals"})


def _through_identity_center(statement: Statement) -> bool:
    """Whether a condition admits only sessions of permission sets that are named."""
    return any(
        operator.lower() in _AMONG
        and key.lower() == "aws:principalarn"
        and bool(named := texts(value))
        and all(_PERMISSION_SET.fullmatch(text) for text in named)
        for operator, tests in statement.condition.items()
        if isinstance(tests, Mapping)
        for key, value in tests.items()
    )


@policy(
    "IAM-08",
    "People need a second factor and sign in daily",
    severity=HIGH,
    level=MANDATORY,
    why="A password alone can be guessed or phished; a session that lasts for days can be stolen with the laptop.",
    fix="Require `aws:MultiFactorAuthPresent` in the role's trust policy and keep `max_session_duration` at 12 hours.",
    references="cis-aws-7.0:2.10 fsbp:IAM.5 fsbp:IAM.19 mpa-5.1:T19 mpa-5.1:T21",
    clouds="aws",
    over=_for_people,
)
def second_factor(subject: Document, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    yield from unread([subject])
    for statement in subject.statements:
        people = any(text.startswith("arn:") or text.isdigit() for text in statement.principals)
        federated = any("saml-provider" in text or "AWSReservedSSO" in text for text in statement.principals)
        federated = federated or _through_identity_center(statement)
        keys = statement.requires()
        factor = keys & {"aws:multifactorauthpresent", "aws:multifactorauthage"}
        vendor = (
            "sts:externalid" in keys
        )  # a program of another company, which has no second factor (IAM User Guide, 2026-11)
        yield from breach(
            statement.allows and people and not factor and not federated and not vendor,
            subject.resource,
            "can be assumed without a second factor",
            statement.node,
        )
    duration = subject.resource.get("maxSessionDuration")
    too_long = duration.is_(lambda value: value is not None and int(value) > settings.session_hours * 3600)
    yield from breach(too_long, subject.resource, f"lets a session last over {settings.session_hours} hours", duration)


@policy(
    "IAM-09",
    "Google's broad roles are not given for a whole project",
    severity=HIGH,
    level=MANDATORY,
    why="An editor of the project edits every machine, bucket and rule in it; a token creator becomes any account.",
    fix="Give narrow roles on the one bucket, key or account that needs them, or add a condition on `resource.name`.",
    references="cis-gcp-5.0:1.6 cis-gcp-5.0:1.7",
    clouds="gcp",
    over=lambda stack: [*stack.view(given), *stack.view(unread_on_all)],
)
def broad_roles(subject: Given | Node, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Node):
        yield from _unread_members(subject)
        return
    role = subject.role
    rules = role.is_(lambda value: _is_one_of(value, "google_roles"))
    yield from breach(all_of(subject.on_all, rules), subject.resource, f"gives {role.text} for the whole project", role)
    reads = role.is_(lambda value: _is_one_of(value, "google_data_roles"))
    told = f"gives {role.text} over everything in the project"
    yield from breach(all_of(subject.unlimited, reads), subject.resource, told, role, subject.condition)


def _unread_members(policy: Node) -> Iterator[Verdict]:
    yield Blind(policy.resource, policy.path, "the policy cannot be read before up")


def _is_one_of(role: object, kind: str) -> bool:
    return any(fnmatchcase(str(role), pattern) for pattern in google_roles(kind))


@policy(
    "IAM-14",
    "Google's roles are given to people and accounts that the studio governs",
    severity=HIGH,
    level=MANDATORY,
    why="Nobody can take a private address away from somebody who left, and every machine of a project has the default account.",
    fix="Name addresses and groups of the studio's own domain, and service accounts that were made for one purpose.",
    references="cis-gcp-5.0:1.1 mpa-5.1:T20",
    clouds="gcp",
    over=lambda stack: [*stack.view(given), *stack.view(unread_policies)],
)
def governed(subject: Given | Node, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Node):
        yield from _unread_members(subject)
        return
    member = subject.member
    yield from breach(subject.private, subject.resource, f"gives a role to the private address {member.text}", member)
    default = all_of(subject.default_account, subject.role.is_(lambda value: str(value) not in _DEFAULT_NEEDS))
    told = f"gives {subject.role.text} to the default account {member.text}"
    yield from breach(default, subject.resource, told, member, subject.role)
    if (
        subject.private is False
        and subject.owner
        and subject.owner not in (*stack.settings.accounts, *_projects(stack))
    ):
        why = f"whether {subject.owner} is the studio's own is not known; list it in `accounts`"
        yield Blind(subject.resource, member.path, why)


def _projects(stack: Stack) -> set[str]:
    """The projects in which this stack's own resources are said to be."""
    return set(stack.view(_named_projects))


def _named_projects(stack: Stack) -> list[str]:
    named = (resource.inputs.get("project") for resource in stack.resources if resource.cloud in ("gcp", "pulumi"))
    return sorted({name for name in named if isinstance(name, str)})


_DEFAULT_NEEDS: Final = frozenset(
    {
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
        "roles/artifactregistry.reader",
        "roles/cloudtrace.agent",
    }
)
"""Roles with which an account says what it does and fetches what it runs, and no more."""
