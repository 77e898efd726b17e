"""A studio's own policies: what rows of YAML (`rows`) and classes of Python (`programs`) have in common.

from soundstage.policies.own import StudioPolicy, breach

class WorkDisksAreSmall(StudioPolicy):
    id = "ACME-2"
    title = "Work disks are at most 4 TiB"
    types = ["aws:ebs/volume:Volume"]
    why = "Larger ones do not come back from a snapshot within a night."
    fix = "Take two disks."
    good = [{"size": 4096}]
    bad = [{"size": 8192}]

    def check(self, resource, stack):
        size = resource.get("size")
        yield from breach(size.is_(lambda gib: gib is not None and gib > 4096), resource, f"has {size.text} GiB", size)
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import Field, field_validator

from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import plan_of
from soundstage.policies.policy import AREAS, Blind, Level, Policy, Profile, Severity, Verdict, Violation, breach
from soundstage.policies.settings import Settings, Strict
from soundstage.policies.views.node import Node, Resource, all_of, any_of, no
from soundstage.policies.views.stack import Stack

__all__ = ["Blind", "Node", "Resource", "Stack", "StudioPolicy", "Violation", "all_of", "any_of", "breach", "no"]

Properties: TypeAlias = dict[str, Any]
Judge: TypeAlias = Callable[[Resource, Stack], Iterator[Verdict]]
_STACK: Final = "resources"


class StudioPolicy(ABC):
    """A policy written in Python, of which Soundstage makes one object. What is not set here must be."""

    id: ClassVar[str]
    title: ClassVar[str]
    types: ClassVar[Sequence[str]]
    """Resource types as Pulumi writes them. Each such resource is given to `check`."""
    severity: ClassVar[str] = "medium"
    level: ClassVar[str] = "mandatory"
    why: ClassVar[str]
    fix: ClassVar[str]
    good: ClassVar[Sequence[Properties]]
    """What keeps the policy: properties of a resource of the first type, or `{"resources": {name: {"type": …, "properties": …}}}`."""
    bad: ClassVar[Sequence[Properties]]
    """What breaks it. Of several resources, those whose names begin with `bad` and no others."""

    @abstractmethod
    def check(self, resource: Resource, stack: Stack) -> Iterator[Verdict]:
        """Yield a `Violation` for what is certainly wrong and a `Blind` for what cannot be judged; `breach` makes the one or the
        other. A value may be `UNKNOWN`: ask it with `is_`, `equals` and `true`, which know that."""


class Described(Strict):
    """What everybody needs to know about a policy of a studio's own, and its examples."""

    id: Annotated[
        str, Field(pattern=r"^[A-Z]{2,12}-[0-9]{1,4}$", description="Letters of your own, and a number: ACME-1.")
    ]
    title: Annotated[str, Field(min_length=5)]
    types: Annotated[list[str], Field(min_length=1, description="Resource types as Pulumi writes them.")]
    severity: Severity = Severity.MEDIUM
    level: Level = Level.MANDATORY
    why: Annotated[str, Field(min_length=10)]
    fix: Annotated[str, Field(min_length=5)]
    good: Annotated[
        list[Properties], Field(min_length=1, description="Properties of a resource that keeps the policy.")
    ]
    bad: Annotated[list[Properties], Field(min_length=1, description="Properties of a resource that breaks it.")]

    @field_validator("id")
    @classmethod
    def _is_free(cls, value: str) -> str:
        if value.partition("-")[0] in AREAS or value in catalogue():
            raise ValueError(f"{value} begins as Soundstage's own policies do; take letters of your own")
        return value

    def policy(self, judge: Judge) -> Policy:
        """A policy like any other, by the examples of which `judge` was tried."""
        return Policy(
            self.id, self.title, self.severity, dict.fromkeys(Profile, self.level), self.why, self.fix, (),
            tuple(dict.fromkeys(type.partition(":")[0] for type in self.types)), judge, lambda stack: stack.of(*self.types),
        )  # fmt: skip

    def faults(self, judge: Judge) -> Iterator[tuple[str, int, str]]:
        """Each example that does not end as it should: `good` or `bad`, its number, and what is wrong."""
        for kind, listed in (("good", self.good), ("bad", self.bad)):
            for number, example in enumerate(listed):
                alone = set(example) != {_STACK}
                resources = {kind: {"type": self.types[0], "properties": example}} if alone else example[_STACK]
                wanted = {name for name in resources if kind == "bad" and name.startswith("bad")}
                found = self._found(judge, resources)
                if found != wanted:
                    said = "breaks" if kind == "good" else "keeps"
                    names = "" if alone else f" (found: {', '.join(sorted(found)) or 'nothing'})"
                    yield kind, number, f"the example {kind}[{number}] {said} the policy{names}"

    def _found(self, judge: Judge, resources: dict[str, Any]) -> set[str]:
        stack = Stack(plan_of(resources), Settings())
        return {
            item.resource.name if item.resource else "the stack"
            for resource in stack.of(*self.types)
            for item in judge(resource, stack)
            if isinstance(item, Violation)
        }
