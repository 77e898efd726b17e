"""Whom roles trust, and what is given to accounts outside the studio."""

from collections.abc import Iterator
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import HIGH, MANDATORY, Blind, Verdict, breach, policy
from soundstage.policies.views.accounts import account_of, opaque, outside
from soundstage.policies.views.documents import (
    Document,
    Statement,
    resource_documents,
    trust_documents,
)
from soundstage.policies.views.node import Node
from soundstage.policies.views.probes import federated_to_others
from soundstage.policies.views.shares import Share, shares
from soundstage.policies.views.stack import Stack

_CONFUSED: Final = (
    "scheduler.amazonaws.com",
    "budgets.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "events.amazonaws.com",
)
"""Services whose documentation says that they pass `aws:SourceAccount` when they assume a customer's role (user guides of
EventBridge Scheduler, AWS Budgets, VPC flow logs and EventBridge, “confused deputy”, read 2026-11)."""


@policy(
    "IAM-06",
    "Roles trust exactly whom they mean",
    severity=HIGH,
    level=MANDATORY,
    why="A role that trusts everyone, or any repository, is open to strangers.",
    fix="Name the principal; add `aws:SourceAccount` for services; pin the `sub` of tokens to one repository or project.",
    references="mpa-5.1:T20",
    clouds="aws",
    over=trust_documents,
)
def trust(subject: Document, stack: Stack) -> Iterator[Verdict]:
    yield from unread([subject])
    for statement in subject.statements:
        if not statement.allows:
            continue
        everyone = statement.open_to_strangers(stack.settings.wide_prefix_v4)
        yield from breach(everyone, subject.resource, "can be assumed by everyone", statement.node)
        services = [item for item in statement.principals if item in _CONFUSED]
        loose = bool(services) and not statement.requires() & {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"}
        yield from breach(
            loose, subject.resource, f"trusts {', '.join(services)} on behalf of any account", statement.node
        )
        told = "can be assumed with every certificate of every authority that the account trusts"
        yield from breach(_any_certificate(statement), subject.resource, told, statement.node)
        yield from _tokens(subject, statement)


def _any_certificate(statement: Statement) -> bool:
    """Whether it trusts Roles Anywhere, and neither names the trust anchor nor what stands in the certificate (IAM Roles Anywhere User
    Guide, "Trust policy", read 2026-11)."""
    limits = statement.requires()
    named = "aws:sourcearn" in limits or any(key.startswith("aws:principaltag/x509") for key in limits)
    return "rolesanywhere.amazonaws.com" in statement.services and not named


def _tokens(subject: Document, statement: Statement) -> Iterator[Verdict]:
    for host in statement.token_hosts:
        yield from breach(
            federated_to_others(host, statement.condition),
            subject.resource,
            f"trusts tokens of {host} that were made for others",
            statement.node,
        )


def _whose(text: str) -> str:
    return f"organisation {text}" if opaque(text) else f"account {account_of(text)}"


_NO_COPY: Final = (
    "aws:ec2/flowLog:FlowLog",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
    "aws:lambda/permission:Permission",
)
"""Where the network's own records go, and who may call: no media get there."""
_SUBSCRIPTION: Final = "aws:sns/topicSubscription:TopicSubscription"


@policy(
    "IAM-12",
    "Nothing is given to accounts outside the studio",
    severity=HIGH,
    level=MANDATORY,
    why="Whoever holds a foreign account decides there who reads what it was given, and keeps what was copied.",
    fix="Name accounts of the studio only, or list the account in `accounts` in the settings and say why in a review.",
    references="fsbp:S3.6 mpa-5.1:T20 mpa-5.1:T31 gdpr:32",
    clouds="aws",
    over=lambda stack: [*stack.view(trust_documents), *stack.view(resource_documents), *stack.view(shares)],
)
def outsiders(subject: Document | Share, stack: Stack) -> Iterator[Verdict]:
    named: dict[str, list[Node]] = {}
    if isinstance(subject, Share):
        if stack.targets(subject.to):
            return
        if subject.to.value is UNKNOWN or (subject.elsewhere and subject.resource.type not in _NO_COPY):
            why = "whose it is does not show: it is no resource of this stack"
            yield Blind(subject.resource, subject.to.path, why)
        if subject.text.startswith(("http://", "https://")):
            told = f"sends what it hears to {subject.text} without TLS"
            yield from breach(subject.text.startswith("http://"), subject.resource, told, subject.to)
            yield Blind(subject.resource, subject.to.path, f"whose address {subject.text} is does not show")
        elif subject.text and not (subject.resource.type == _SUBSCRIPTION and "@" in subject.text):
            named[subject.text] = [subject.to]
    else:
        yield from unread([subject])
        for statement in subject.statements:
            for text in statement.admitted if statement.allows else ():
                named.setdefault(text, []).append(statement.node)
    for text, nodes in named.items():
        foreign = outside(stack, text)
        if foreign is UNKNOWN:
            why = f"whether {_whose(text)} is the studio's own is not known; list it in `accounts`"
            if opaque(text) and not text.startswith("o-"):
                why = f"{text} does not show whose account it is; name the account or role"
            yield Blind(subject.resource, nodes[0].path, why)
        else:
            yield from breach(foreign, subject.resource, f"gives something to {_whose(text)}", *nodes)
