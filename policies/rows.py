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

from pydantic import Field, model_validator

from soundstage.policies.own import Described
from soundstage.policies.policy import Policy, Verdict, breach
from soundstage.policies.views.node import Node, Resource, Truth, no
from soundstage.policies.views.stack import Stack

Operator = Literal[
    "equals", "not_equals", "in", "not_in", "at_least", "at_most", "matches", "not_matches", "present", "absent"
]
_NUMBERS: Final = ("at_least", "at_most")
_LISTS: Final = ("in", "not_in")
_TEXTS: Final = ("matches", "not_matches")
_ALONE: Final = ("present", "absent")


class Row(Described):
    """One policy of a studio's own: a property of some resource types, and what it must be."""

    property: Annotated[
        str, Field(min_length=1, description="Dotted, as Pulumi writes it; `[*]` is each item of a list.")
    ]
    operator: Operator
    value: Any = Field(
        default=None, description="What the property is compared with; a regular expression for `matches`."
    )

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
        for _, _, fault in self.faults(self._check):
            raise ValueError(fault)
        return self

    def _check(self, resource: Resource, _stack: Stack) -> Iterator[Verdict]:
        nodes = list(resource.root.all(self.property)) or [Node(resource, self.property, None)]
        for node in nodes:
            yield from breach(no(self._holds(node)), resource, f"`{node.path}` is {node.text}", node)

    def _holds(self, node: Node) -> Truth:
        return (
            no(node.absent)
            if self.operator == "present"
            else node.is_(lambda value: _TESTS[self.operator](value, self.value))
        )

    def as_policy(self) -> Policy:
        """The row as a policy like any other."""
        return self.policy(self._check)


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
