"""What a policy is: one function that judges facts, and everything that a person needs to know about it.

A check never answers yes or no to something it cannot see. It yields a `Violation` for what is certainly wrong and a
`Blind` for what it could not judge because a value is known only after `up`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from soundstage.core.values import UNKNOWN, has_unknown
from soundstage.policies.views.node import Node, Resource, Truth


class Severity(StrEnum):
    """How bad a violation is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return tuple(Severity).index(self)


class Level(StrEnum):
    """What a violation does: `mandatory` refuses the change, `advisory` tells."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


CRITICAL: Final = Severity.CRITICAL
HIGH: Final = Severity.HIGH
MEDIUM: Final = Severity.MEDIUM
LOW: Final = Severity.LOW
MANDATORY: Final = Level.MANDATORY
ADVISORY: Final = Level.ADVISORY


class Profile(StrEnum):
    """How strict a stack is held. `baseline`: hobby and first steps; `studio`: paid work; `content`: a client's content
    before its release, with separated zones."""

    BASELINE = "baseline"
    STUDIO = "studio"
    CONTENT = "content"


AREAS: Final = {
    "NET": "network",
    "WS": "workstation",
    "STO": "storage",
    "IAM": "identity",
    "KMS": "keys",
    "LOG": "logging",
    "COST": "cost",
    "GOV": "governance",
}


OWN: Final = "studio"
"""The area of a studio's own policies."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something certainly wrong. `evidence` are the values that make it so; the first is where to look."""

    resource: Resource | None
    """None when the stack as a whole is meant."""
    message: str
    evidence: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Blind:
    """Something that could not be judged, and why."""

    resource: Resource | None
    path: str
    reason: str


Verdict: TypeAlias = Violation | Blind


def breach(wrong: Truth, resource: Resource | None, message: str, *evidence: Node) -> Iterator[Verdict]:
    """A violation when `wrong` is true, a blind spot when it is unknown, nothing when it is false."""
    if wrong is True:
        yield Violation(resource, message, evidence)
    elif wrong is UNKNOWN:
        unseen = next((node for node in evidence if has_unknown(node.value)), evidence[0] if evidence else None)
        where = unseen.resource if unseen else resource
        yield Blind(where, unseen.path if unseen else "", "its value is known only after up")


Check: TypeAlias = Callable[..., Iterator[Verdict]]
View: TypeAlias = Callable[[Any], Sequence[Any]]
"""Facts of one kind, compiled once from a `views.stack.Stack`."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One property of one resource, set to a value that satisfies the policy. `path` is dotted with indexes."""

    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting of a project file that violates a policy whatever else the file says."""

    path: tuple[str, ...]
    """The keys that lead to it; `*` is every key of a mapping."""
    value: str
    instead: str
    """What else may stand there."""


@dataclass(frozen=True)
class Policy:
    """One policy. `check(fact, stack)` runs once per fact of the view `over`; without a view it runs once as
    `check(stack)`."""

    id: str
    title: str
    severity: Severity
    levels: dict[Profile, Level]
    why: str
    fix: str
    references: tuple[str, ...]
    """`framework:control`, both keys of `data/frameworks.yaml`."""
    clouds: tuple[str, ...]
    check: Check
    over: View | None = None
    remedy: Callable[[Resource], Sequence[Edit]] | None = None
    choice: Choice | None = None

    @property
    def area(self) -> str:
        return AREAS.get(self.id.partition("-")[0], OWN)


def policy(
    id: str,
    title: str,
    *,
    severity: Severity,
    level: Level,
    why: str,
    fix: str,
    references: str = "",
    clouds: str = "aws gcp",
    content: Level | None = None,
    over: View | None = None,
    remedy: Callable[[Resource], Sequence[Edit]] | None = None,
    choice: Choice | None = None,
) -> Callable[[Check], Policy]:
    """Make a check a policy.

    `level` holds for the profile `studio`. `baseline` keeps it only for critical and high severities and advises
    otherwise; `content` takes `content` where given. `references` and `clouds` are separated by blanks.
    """
    grave = severity in (Severity.CRITICAL, Severity.HIGH)
    levels = {
        Profile.BASELINE: level if grave else Level.ADVISORY,
        Profile.STUDIO: level,
        Profile.CONTENT: content or level,
    }

    def make(check: Check) -> Policy:
        return Policy(
            id, title, severity, levels, why, fix, tuple(references.split()), tuple(clouds.split()), check, over, remedy,
            choice,
        )  # fmt: skip

    return make
