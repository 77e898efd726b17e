"""What a run of the policies found."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from soundstage.core.errors import UsageError
from soundstage.core.values import Value, masked
from soundstage.plan.plan import Source
from soundstage.policies.policy import Blind, Edit, Level, Policy, Profile, Violation
from soundstage.policies.views.node import Node


class Status(StrEnum):
    """What became of a violation."""

    OPEN = "open"
    WAIVED = "waived"
    BASELINED = "baselined"
    """Known when the policies were adopted on this stack."""
    CONSEQUENCE = "consequence"
    """What another open violation of the same values brings with it: `reason` names its policy."""


@dataclass(frozen=True)
class Finding:
    """One violation. `urn` is empty when the stack as a whole is meant."""

    policy: Policy = field(hash=False)
    level: Level
    urn: str
    type: str
    name: str
    message: str
    paths: tuple[str, ...] = ()
    """Properties that make it wrong; of another resource as `name: path`."""
    edits: tuple[Edit, ...] = field(default=(), hash=False, compare=False)
    """Changes that would satisfy the policy, where that is safe to say."""
    status: Status = Status.OPEN
    reason: str = ""
    """Why it is waived."""
    content: str = ""
    """Digest of the values of its own resource that make it wrong."""
    evidence: tuple[Node, ...] = field(default=(), hash=False, compare=False, repr=False)
    """The values that make it wrong, as the check saw them."""
    source: Source | None = field(default=None, hash=False, compare=False)
    """The line of a program or project file that made its resource, where that is known. Folders count from that of the repository."""

    @classmethod
    def of(cls, policy: Policy, profile: Profile, violation: Violation) -> "Finding":
        resource = violation.resource
        paths = [
            node.path if node.resource is resource else f"{node.resource.planned.name}: {node.path}"
            for node in violation.evidence
        ]
        return cls(
            policy,
            policy.levels[profile],
            resource.urn if resource else "",
            resource.type if resource else "",
            resource.name if resource else "",
            violation.message,
            tuple(dict.fromkeys(paths)),
            tuple(edit for edit in policy.remedy(resource) if edit.path in paths) if policy.remedy and resource else (),
            content=digest([node.value for node in violation.evidence if node.resource is resource]),
            evidence=violation.evidence,
            source=resource.planned.source if resource else None,
        )

    @property
    def fingerprint(self) -> str:
        """The same from run to run while the violation is the same one: what it says and the values that make it so, wherever in a
        list they stand. What got worse is another violation. Which other resource is named first depends on the order of the plan."""
        own = next((node.path for node in self.evidence if node.resource.urn == self.urn), "")
        first = re.sub(r"\[\d+\]", "[]", own)
        told = f"{self.policy.id}|{self.urn}|{first}|{self.message}|{self.content}"
        return hashlib.sha256(told.encode()).hexdigest()[:20]

    @property
    def where(self) -> str:
        return f"{self.name} ({self.type})" if self.urn else "the stack"


def digest(values: Sequence[Value]) -> str:
    """A short digest of values, whose order does not matter."""
    told = sorted({json.dumps(masked(value), sort_keys=True, default=str) for value in values})
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class BlindSpot:
    """Something that a policy could not judge."""

    policy: Policy = field(hash=False)
    urn: str
    name: str
    path: str
    reason: str

    @classmethod
    def of(cls, policy: Policy, blind: Blind) -> "BlindSpot":
        resource = blind.resource
        return cls(
            policy, resource.urn if resource else "", resource.name if resource else "", blind.path, blind.reason
        )


@dataclass(frozen=True)
class Report:
    """The outcome for one stack. Render it with `render`."""

    project: str
    stack: str
    profile: Profile
    day: date
    policies: tuple[Policy, ...]
    """Those that ran."""
    findings: tuple[Finding, ...]
    """Every violation, whatever became of it."""
    blind: tuple[BlindSpot, ...]
    unjudged: tuple[tuple[str, int], ...]
    """Resource types that no policy knows, with how many resources of each."""
    resources: int
    left_out: tuple[Policy, ...] = ()
    """Policies that were asked for and left out by `without`: they did not run."""
    settings: tuple[str, ...] = ()
    """Names of the settings that are not the default: a report must not hide that its judge was adjusted."""
    clouds: frozenset[str] = frozenset()
    """`aws`, `gcp`: the clouds of its resources."""
    idle: frozenset[str] = frozenset()
    """Ids of the policies that had nothing to judge: a control that only they support is not kept, it does not arise."""

    def violations(self, mandatory: bool | None = None) -> list[Finding]:
        """Open violations, worst first; only mandatory or only advisory ones when asked."""
        found = [
            item
            for item in self.findings
            if item.status is Status.OPEN and (mandatory is None or (item.level is Level.MANDATORY) is mandatory)
        ]
        return sorted(found, key=lambda item: (item.level is Level.ADVISORY, item.policy.severity.rank))

    @property
    def waived(self) -> list[Finding]:
        return [item for item in self.findings if item.status is Status.WAIVED]

    @property
    def consequences(self) -> list[Finding]:
        return [item for item in self.findings if item.status is Status.CONSEQUENCE]

    @property
    def baselined(self) -> list[Finding]:
        return [item for item in self.findings if item.status is Status.BASELINED]

    @property
    def counts(self) -> Counter[str]:
        """`mandatory`, `advisory`, `waived`, `baselined`, `consequences`, `blind`, `unjudged` (resources), `left_out` and `passed`
        (policies)."""
        failing = {item.policy.id for item in self.findings}
        unsure = {item.policy.id for item in self.blind}
        return Counter(
            mandatory=len(self.violations(mandatory=True)),
            advisory=len(self.violations(mandatory=False)),
            waived=len(self.waived),
            baselined=len(self.baselined),
            consequences=len(self.consequences),
            blind=len(self.blind),
            unjudged=sum(count for _, count in self.unjudged),
            left_out=len(self.left_out),
            passed=sum(policy.id not in failing | unsure for policy in self.policies),
        )

    def refuses(self, *, strict: bool = False) -> bool:
        """Whether the change must not go on: a mandatory violation or, with `strict`, whatever was not judged: a blind spot, a
        type that no policy knows, a policy left out."""
        return bool(self.violations(mandatory=True)) or (strict and bool(self.blind or self.unjudged or self.left_out))

    def render(self, format: str = "terminal", *, colour: bool = False) -> str:
        """The report as text: `terminal`, `json`, `sarif`, `junit`, `markdown` or `html`. Ends with a newline."""
        from soundstage.policies.reports import RENDERERS

        if format not in RENDERERS:
            raise UsageError(f"There is no report format {format!r}; allowed: {', '.join(RENDERERS)}.")
        return RENDERERS[format](self, colour)


def names(findings: Sequence[Finding]) -> set[tuple[str, str]]:
    """(policy, resource name) of each finding: how tests and documents speak of them."""
    return {(item.policy.id, item.name) for item in findings}
