"""The examples of each policy: what it refuses and what it accepts, as small programs in Pulumi's YAML.

They are documentation and test fixture at once. In a bad example, the resources whose names start with `bad` are
those that the policy finds, and no others; `stack: true` says that it finds the stack as a whole. `${name}` refers to
another resource, `${?}` is a value that is known only after `up`, and `outputs` are what a run before this one made.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Final

from soundstage.core import yamlfile
from soundstage.core.values import UNKNOWN, Value
from soundstage.plan.plan import Operation, Options, Plan, PlannedResource
from soundstage.policies.settings import Settings
from soundstage.policies.views.node import step

_FOLDER = files("soundstage.policies") / "examples"
_REFERENCE: Final = re.compile(r"\$\{([\w-]+)(?:[.\[][^}]*)?\}|\$\{\?\}")


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
    document = yamlfile.data((_FOLDER / f"{policy}.yaml").read_text(encoding="utf-8"))
    return Examples(
        tuple(_example(item, document, frozenset()) for item in document["good"]),
        tuple(_example(item, document, _found(item)) for item in document["bad"]),
    )


def _example(item: Mapping[str, Any], document: Mapping[str, Any], finds: frozenset[str]) -> Example:
    """One entry; its own settings stand in place of those of the whole file."""
    settings = item.get("settings", document.get("settings", {}))
    return Example(item["resources"], finds, settings, document.get("profile", "studio"))


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
        id=entry.get("id"),
        parent=entry.get("parent"),
        inputs=inputs,
        outputs=entry.get("outputs", {}),
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


def variants(plan: Plan) -> Iterator[tuple[str, str, Plan]]:
    """The plan with one value hidden, for every known value in turn, lists and objects as a whole included: resource, path, and the
    changed plan."""
    for number, resource in enumerate(plan.resources):
        for path in _places(resource.inputs):
            changed = replace(resource, inputs=_hidden(resource.inputs, "", path))
            resources = (*plan.resources[:number], changed, *plan.resources[number + 1 :])
            yield resource.name, path, replace(plan, resources=resources)


def _places(value: Value, path: str = "") -> Iterator[str]:
    """Where a value stands, and where each part of it does, whatever is not known left out."""
    if path and value is not UNKNOWN:
        yield path
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _places(item, step(path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, f"{path}[{index}]")


def _hidden(value: Value, path: str, wanted: str) -> Value:
    if path == wanted:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _hidden(item, step(path, key), wanted) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, f"{path}[{index}]", wanted) for index, item in enumerate(value)]
    return value
