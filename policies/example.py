"""The examples of each policy: what it refuses and what it accepts, as small programs in Pulumi's YAML.

They are documentation and test fixture at once. In a bad example, the resources whose names start with `bad` are
those that the policy finds, and no others; `stack: true` says that it finds the stack as a whole. `${name}` refers to
another resource, `${?}` is a value that is known only after `up`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import yaml

from soundstage.components.values import UNKNOWN, Value
from soundstage.policies.settings import Settings
from soundstage.stacks.plan import Operation, Options, Plan, PlannedResource

_FOLDER = files("soundstage.policies") / "examples"
_REFERENCE: Final = re.compile(r"\$\{([\w-]+)[^}]*\}|\$\{\?\}")


@dataclass(frozen=True)
class Example:
    """One small stack. `finds` holds the names that the policy must report, `stack` for the stack itself."""

    resources: Mapping[str, Mapping[str, Any]]
    finds: frozenset[str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    profile: str = "studio"

    def plan(self) -> Plan:
        """The plan that an engine would make of this example."""
        return plan_of(self.resources)

    def judged_by(self) -> Settings:
        return Settings.model_validate(dict(self.settings))


@dataclass(frozen=True)
class Examples:
    """All examples of one policy."""

    good: tuple[Example, ...]
    bad: tuple[Example, ...]


def examples(policy: str) -> Examples:
    """The examples of a policy, by its id."""
    document = yaml.safe_load((_FOLDER / f"{policy}.yaml").read_text(encoding="utf-8"))
    common = {"settings": document.get("settings", {}), "profile": document.get("profile", "studio")}
    return Examples(
        tuple(Example(item["resources"], frozenset(), **common) for item in document["good"]),
        tuple(Example(item["resources"], _found(item), **common) for item in document["bad"]),
    )


def model(cloud: str) -> Example:
    """A whole stack that keeps every policy: `aws` or `gcp`."""
    document = yaml.safe_load((_FOLDER / f"model-{cloud}.yaml").read_text(encoding="utf-8"))
    return Example(document["resources"], frozenset(), document.get("settings", {}), document["profile"])


def _found(item: Mapping[str, Any]) -> frozenset[str]:
    named = {name for name in item["resources"] if name.startswith("bad")}
    return frozenset(named | ({"stack"} if item.get("stack") else set()))


def plan_of(resources: Mapping[str, Mapping[str, Any]]) -> Plan:
    """A plan that creates these resources."""
    urns = {name: f"urn:pulumi:example::example::{entry['type']}::{name}" for name, entry in resources.items()}
    return Plan("example", "example", tuple(_planned(name, entry, urns) for name, entry in resources.items()))


def _planned(name: str, entry: Mapping[str, Any], urns: Mapping[str, str]) -> PlannedResource:
    depends: dict[str, tuple[str, ...]] = {}
    inputs = {}
    for key, value in entry.get("properties", {}).items():
        found: list[str] = []
        inputs[key] = _value(value, urns, found)
        if found:
            depends[key] = tuple(dict.fromkeys(found))
    return PlannedResource(
        urn=urns[name],
        type=entry["type"],
        name=name,
        operation=Operation.CREATE,
        inputs=inputs,
        dependencies=tuple(dict.fromkeys(urn for listed in depends.values() for urn in listed)),
        property_dependencies=depends,
        options=Options(**entry.get("options", {})),
    )


def _value(value: Any, urns: Mapping[str, str], found: list[str]) -> Value:
    if isinstance(value, Mapping):
        return {str(key): _value(item, urns, found) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item, urns, found) for item in value]
    if isinstance(value, str) and (match := _REFERENCE.search(value)):
        found += [urns[match[1]] for match in _REFERENCE.finditer(value) if match[1]]
        return UNKNOWN if match else value
    return value
