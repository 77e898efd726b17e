"""Services that act for whoever asks them to: what they may reach must say for whom."""

from collections.abc import Iterator
from typing import Final

from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import HIGH, MANDATORY, Blind, Verdict, breach, policy
from soundstage.policies.views.documents import Document, Statement, resource_documents
from soundstage.policies.views.shares import Share, shares
from soundstage.policies.views.stack import Stack

_READS: Final = (
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "sns:Publish",
    "sqs:SendMessage",
    "lambda:InvokeFunction",
)
_SAY_FOR_WHOM: Final = frozenset(
    {
        "cloudfront.amazonaws.com",
        "serverlessrepo.amazonaws.com",
        "s3.amazonaws.com",
        "sns.amazonaws.com",
        "events.amazonaws.com",
    }
)
"""Services whose documentation says that they pass `aws:SourceArn` or `aws:SourceAccount` when they use a customer's resource
(CloudFront Developer Guide, "Restricting access to an Amazon S3 origin"; S3, SNS and EventBridge guides, "confused deputy";
Serverless Application Repository guide; read 2026-11)."""
_FOR_WHOM: Final = frozenset(
    {
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:principalorgid",
        "aws:sourceowner",
    }
)


def _loose(statement: Statement) -> list[str]:
    """The services that a statement lets read, write or call something, whoever asks them to. What writes logs is left out: whose they
    are is in them."""
    if statement.requires() & _FOR_WHOM:
        return []
    if any(statement.grants(action) for action in _READS):
        return [text for text in statement.services if text.endswith(".amazonaws.com")]
    return [text for text in statement.services if text in _SAY_FOR_WHOM and statement.grants("s3:PutObject")]


@policy(
    "IAM-13",
    "Services act for the studio's own account",
    severity=HIGH,
    level=MANDATORY,
    why="A service such as CloudFront acts for all its customers: a stranger's distribution may read what the service may read.",
    fix="Add `aws:SourceArn` or `aws:SourceAccount` to the statement, and `source_arn` or `source_account` to the permission "
    "of a function.",
    references="fsbp:Lambda.1 mpa-5.1:T20 mpa-5.1:T31",
    clouds="aws",
    over=lambda stack: [*stack.view(resource_documents), *stack.view(shares)],
)
def for_whom(subject: Document | Share, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Share):
        told = f"lets {subject.text} call it for every account"
        yield from breach(subject.for_anybody, subject.resource, told, subject.to, *subject.limits)
        return
    yield from unread([subject])
    for statement in subject.statements:
        loose = _loose(statement)
        known = [text for text in loose if text in _SAY_FOR_WHOM]
        told = f"lets {', '.join(known)} in for every account"
        yield from breach(bool(known), subject.resource, told, statement.node)
        if loose and not known:
            why = f"for whom {', '.join(loose)} comes is not said; add `aws:SourceAccount`"
            yield Blind(subject.resource, subject.node.path, why)
