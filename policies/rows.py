"""A studio's own policies: rows of YAML, each with examples that are tried before the row is used.

- id: ACME-1
  title: Machines are of our types
  types: [aws:ec2/instance:Instance]
  property: instanceType
  operator: in
  value: [g5.xlarge, g6.xlarge]
  why: We have licences for these only.
  fix: Choose g5.xlarge or g6.xlarge.
  good: [{instanceType: g5.xlarge}]
  bad: [{instanceType: g4dn.xlarge}]
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import plan_of
from soundstage.policies.policy import AREAS, Level, Policy, Profile, Severity, Verdict, Violation, breach
from soundstage.policies.settings import Settings, Strict
from soundstage.policies.views.node import Node, Resource, Truth, no
from soundstage.policies.views.stack import Stack

Operator = Literal[
    "equals", "not_equals", "in", "not_in", "at_least", "at_most", "matches", "not_matches", "present", "absent"
]
_NUMBERS: Final = ("at_least", "at_most")
_LISTS: Final = ("in", "not_in")
_TEXTS: Final = ("matches", "not_matches")
_ALONE: Final = ("present", "absent")
Properties = dict[str, Any]


class Row(Strict):
    """One policy of a studio's own: a property of some resource types, and what it must be."""

    id: Annotated[
        str, Field(pattern=r"^[A-Z]{2,12}-[0-9]{1,4}$", description="Letters of your own, and a number: ACME-1.")
    ]
    title: Annotated[str, Field(min_length=5)]
    types: Annotated[list[str], Field(min_length=1, description="Resource types as Pulumi writes them.")]
    property: Annotated[
        str, Field(min_length=1, description="Dotted, as Pulumi writes it; `[*]` is each item of a list.")
    ]
    operator: Operator
    value: Any = Field(
        default=None, description="What the property is compared with; a regular expression for `matches`."
    )
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

    @model_validator(mode="after")
    def _fits(self) -> "Row":
        if self.operator in _NUMBERS and (isinstance(self.value, bool) or not isinstance(self.value, (int, float))):
            raise ValueError(f"`value` must be a number for `{self.operator}`")
        if self.operator in _LISTS and not isinstance(self.value, list):
            raise ValueError(f"`value` must be a list for `{self.operator}`")
        if self.operator in _ALONE and self.value is not None:
            raise ValueError(f"`{self.operator}` takes no `value`")
        if self.operator in _TEXTS:
            try:
                re.compile(str(self.value))
            except re.error as error:
                raise ValueError(f"`value` is not a regular expression: {error}") from error
        for expected, listed in ((False, self.good), (True, self.bad)):
            for number, properties in enumerate(listed):
                if bool(self._finds(properties)) is not expected:
                    kind = "bad" if expected else "good"
                    said = "keeps" if expected else "breaks"
                    raise ValueError(f"the example {kind}[{number}] {said} the policy")
        return self

    def _finds(self, properties: Properties) -> list[Verdict]:
        plan = plan_of({"example": {"type": self.types[0], "properties": properties}})
        stack = Stack(plan, Settings())
        return [item for one in stack.resources for item in self._check(one) if isinstance(item, Violation)]

    def _check(self, resource: Resource) -> Iterator[Verdict]:
        nodes = list(resource.root.all(self.property)) or [Node(resource, self.property, None)]
        for node in nodes:
            yield from breach(no(self._holds(node)), resource, f"`{node.path}` is {node.text}", node)

    def _holds(self, node: Node) -> Truth:
        return (
            no(node.absent)
            if self.operator == "present"
            else node.is_(lambda value: _TESTS[self.operator](value, self.value))
        )

    def policy(self) -> Policy:
        """The row as a policy like any other."""

        def check(resource: Resource, _stack: Stack) -> Iterator[Verdict]:
            yield from self._check(resource)

        return Policy(
            self.id, self.title, self.severity, dict.fromkeys(Profile, self.level), self.why, self.fix, (),
            tuple(dict.fromkeys(type.partition(":")[0] for type in self.types)), check, lambda stack: stack.of(*self.types),
        )  # fmt: skip


_TESTS: Final[Mapping[str, Callable[[Any, Any], object]]] = {
    "equals": lambda found, wanted: found == wanted,
    "not_equals": lambda found, wanted: found != wanted,
    "in": lambda found, wanted: found in wanted,
    "not_in": lambda found, wanted: found not in wanted,
    "at_least": lambda found, wanted: _number(found) is not None and _number(found) >= wanted,
    "at_most": lambda found, wanted: _number(found) is not None and _number(found) <= wanted,
    "matches": lambda found, wanted: found is not None and re.search(wanted, str(found)),
    "not_matches": lambda found, wanted: found is None or not re.search(wanted, str(found)),
    "absent": lambda found, _wanted: found in (None, "", [], {}),
}


def _number(found: Any) -> Any:
    """A number, also where a provider writes it as text; None for anything else."""
    try:
        return None if found is None or isinstance(found, bool) else float(found)
    except (TypeError, ValueError):
        return None
