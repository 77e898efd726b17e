"""People and their keys: long-lived credentials and sign-in."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import HIGH, MANDATORY, Verdict, Violation, breach, policy
from soundstage.policies.views.documents import Document, Statement, trust_documents
from soundstage.policies.views.node import Resource
from soundstage.policies.views.probes import texts
from soundstage.policies.views.stack import Stack

LONG_LIVED = {
    "aws:iam/accessKey:AccessKey": "makes a key that never expires",
    "aws:iam/userLoginProfile:UserLoginProfile": "makes a password for one user of one account",
    "aws:iam/user:User": "is a user of one account instead of a role",
    "aws:iam/userPolicy:UserPolicy": "gives rights to one user and not to a group or role",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "gives rights to one user and not to a group or role",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": "makes a password for one user that never expires",
    "aws:iam/sshKey:SshKey": "lets a user in with an SSH key that never expires",
    "aws:iam/signingCertificate:SigningCertificate": "lets a user in with a certificate instead of a role",
    "gcp:serviceaccount/key:Key": "makes a service account key that never expires",
    "gcp:projects/apiKey:ApiKey": "makes a key that never expires and that whoever reads it may use",
    "gcp:storage/hmacKey:HmacKey": "makes a key to buckets that never expires",
}


@policy(
    "IAM-07",
    "No credential lives for ever",
    severity=HIGH,
    level=MANDATORY,
    why="Keys that never expire are found later in repositories, chats and old laptops, and still work.",
    fix="Use roles, single sign-on and workload identity; drop the user or key.",
    references="cis-aws-7.0:2.12 cis-aws-7.0:2.13 fsbp:IAM.2 fsbp:IAM.3 cis-gcp-5.0:1.5 cis-gcp-5.0:1.8",
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
