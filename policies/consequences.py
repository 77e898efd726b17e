"""One fault, one finding: what follows from it is listed below it, and does not count again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from soundstage.policies.policy import Level
from soundstage.policies.report import Finding, Status, digest

CHAINS: Final = (
    ("NET-01", "NET-02", "NET-04", "NET-05", "NET-03", "NET-06", "NET-07", "NET-22"),
    ("IAM-01", "IAM-02", "IAM-04", "IAM-11", "IAM-03", "IAM-05"),
    ("STO-10", "IAM-12"),
    ("IAM-06", "IAM-12", "IAM-08"),
)
"""Policies that one and the same value can violate, the one that says most first."""
_CHAINED: Final = frozenset(id for chain in CHAINS for id in chain)


Place: TypeAlias = tuple[str, str, str]
"""A resource, a path in it, and the digest of what stands there: the statements of a policy document share one path."""


def with_consequences(findings: Sequence[Finding]) -> list[Finding]:
    """The same findings, in which an open one that another open one explains is marked as its consequence."""
    causes: dict[tuple[str, Place], Finding] = {}
    for item in findings:
        if item.status is Status.OPEN:
            for place in _places(item):
                held = causes.get((item.policy.id, place))
                if held is None or held.level is Level.ADVISORY:
                    causes[item.policy.id, place] = item
    return [_judged(item, causes) for item in findings]


def _judged(item: Finding, causes: Mapping[tuple[str, Place], Finding]) -> Finding:
    if item.status is not Status.OPEN:
        return item
    places = _places(item)
    for chain in CHAINS:
        for above in chain[: chain.index(item.policy.id)] if item.policy.id in chain else ():
            for place in places:
                cause = causes.get((above, place))
                if cause and (cause.level is Level.MANDATORY or item.level is Level.ADVISORY):
                    return replace(item, status=Status.CONSEQUENCE, reason=above)
    return item


def _places(item: Finding) -> set[Place]:
    """The values that make it wrong. Only policies of a chain are asked for them."""
    if item.policy.id not in _CHAINED:
        return set()
    return {(node.resource.urn, node.path, digest([node.value])) for node in item.evidence}
