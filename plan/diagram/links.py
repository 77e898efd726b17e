"""What refers to what in a plan, and its values as far as a picture may show them.

A value that is no plain text or number (a secret, something not known yet) is as if it were not there.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from soundstage.core.values import Value
from soundstage.plan.plan import Operation, Plan, PlannedResource

_GONE: Final = (Operation.DELETE, Operation.FORGET)


class Links:
    """One plan. Resources that will be gone do not exist here."""

    def __init__(self, plan: Plan) -> None:
        there = [resource for resource in plan if resource.operation not in _GONE]
        # By name, because a state has them in the order in which they came to be.
        self.by_urn: Mapping[str, PlannedResource] = {
            r.urn: r for r in sorted(there, key=lambda one: _in_order(one.urn))
        }
        self._by_id: dict[str, list[PlannedResource]] = defaultdict(list)
        self._by_type: dict[str, list[PlannedResource]] = defaultdict(list)
        self._naming: dict[tuple[str, str], dict[str, list[PlannedResource]]] = {}
        for resource in self.by_urn.values():
            self._by_type[resource.type].append(resource)
            if resource.id:  # a bucket's settings have the bucket's own
                self._by_id[resource.id].append(resource)

    def of(self, *types: str) -> list[PlannedResource]:
        return [resource for type in types for resource in self._by_type.get(type, ())]

    def targets(self, resource: PlannedResource, key: str) -> list[PlannedResource]:
        """What the value under `key` names: by id where that is known, otherwise by the engine's record of what it is made of."""
        named = [one for item in texts(resource.property(key)) for one in self._by_id.get(item, ())]
        made_of = resource.property_dependencies.get(key, ())
        return named or [self.by_urn[urn] for urn in made_of if urn in self.by_urn]

    def that_name(self, owner: PlannedResource, key: str, *types: str) -> list[PlannedResource]:
        """The resources of these types whose `key` names `owner`."""
        found = []
        for type in types:
            if (type, key) not in self._naming:
                index: dict[str, list[PlannedResource]] = defaultdict(list)
                for resource in self.of(type):
                    for target in self.targets(resource, key):
                        index[target.urn].append(resource)
                self._naming[type, key] = index
            found += self._naming[type, key].get(owner.urn, [])
        return found

    def component(self, resource: PlannedResource) -> PlannedResource | None:
        """The component of ours that a resource belongs to."""
        parent = self.by_urn.get(resource.parent or "")
        return parent if parent and parent.type.startswith("soundstage:") else None

    def parts(self, owner: PlannedResource | None, type: str) -> list[PlannedResource]:
        """The resources of a type that belong to a component."""
        if (type, "parent") not in self._naming:
            index: dict[str, list[PlannedResource]] = defaultdict(list)
            for resource in self.of(type):
                index[resource.parent or ""].append(resource)
            self._naming[type, "parent"] = index
        return self._naming[type, "parent"].get(owner.urn, []) if owner else []

    def region(self, resource: PlannedResource) -> str:
        """The region that a resource says it lives in, or else that of its provider."""
        provider = self.by_urn.get((resource.provider or "").rpartition("::")[0])
        return text(resource, "region") or (text(provider, "region") if provider else "")


def _in_order(urn: str) -> list[tuple[int, str]]:
    """A key that sorts `edit-2` before `edit-10`."""
    return [
        (int(part), "") if part.isascii() and part.isdigit() else (0, part)
        for part in re.split(r"(\d{1,18})", urn, flags=re.ASCII)
    ]


def text(resource: PlannedResource, key: str) -> str:
    """A property that is a plain text; empty otherwise."""
    value = resource.property(key)
    return value if isinstance(value, str) else ""


def entry(values: Value, *path: str) -> Any:
    """What stands below these keys; None where it does not."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def word(values: Value, key: str) -> str:
    """The entry under a key when it is a plain text; empty otherwise."""
    value = entry(values, key)
    return value if isinstance(value, str) else ""


def items(value: Value) -> list[Any]:
    return value if isinstance(value, list) else []


def texts(value: Value) -> list[str]:
    """The plain texts in a list, or the one text."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def number(value: Value) -> int | None:
    """A number, also one that is written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
