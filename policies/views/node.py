"""One value of one resource and where it stands, with a three-valued logic over what is not known yet.

A `Truth` is `True`, `False` or `UNKNOWN`. `UNKNOWN` has no truth value in Python (`core.values.Unknown`), so a
check that forgets it fails loudly instead of passing.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias

from soundstage.core.values import (
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Secret,
    Unknown,
    Value,
    from_json,
    has_unknown,
)
from soundstage.plan.plan import Options, PlannedResource

Truth: TypeAlias = bool | Unknown

HIDDEN: Final = ("[secret]", "[known after up]")
"""What a saved plan or `pulumi preview --json` shows in place of a value: not judged, never compared."""
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def clear(value: Value) -> Value:
    """The value as a check may see it: secrets opened, whatever is hidden or encrypted made `UNKNOWN`. What needs neither is kept as
    it is: most of a plan of ten thousand resources does not."""
    if isinstance(value, str):
        return UNKNOWN if value in HIDDEN else value
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return _shown(value.get("plaintext"))
        if "ciphertext" in value:
            return UNKNOWN
        fields = {str(key): clear(item) for key, item in value.items()}
        return value if all(fields.get(key) is item for key, item in value.items()) else fields
    if isinstance(value, list):
        items = [clear(item) for item in value]
        return value if all(map(operator.is_, items, value)) else items
    if isinstance(value, Secret):
        return clear(value.value)
    return clear(dict(value)) if isinstance(value, Mapping) else value


def _shown(text: Value) -> Value:
    """A secret of `pulumi stack export --show-secrets`, which is JSON in a text (pulumi `pkg/resource/stack/deployment.go`,
    2026-11)."""
    try:
        return clear(from_json(json.loads(text))) if isinstance(text, str) else UNKNOWN
    except (ValueError, RecursionError):
        return UNKNOWN


def step(path: str, key: str) -> str:
    """The path of the entry `key`, written as Pulumi does: a key with dots or brackets is quoted."""
    if any(mark in key for mark in ".[]"):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


@lru_cache(4096)
def _steps(path: str) -> tuple[int | str, ...]:
    """A path of ours as keys and positions. Checks ask for the same few hundred again and again."""
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))


@dataclass(frozen=True, eq=False)
class Resource:
    """A planned resource as checks see it. Compared by identity."""

    planned: PlannedResource
    inputs: Mapping[str, Value] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", clear(self.planned.inputs))

    @property
    def urn(self) -> str:
        return self.planned.urn

    @property
    def type(self) -> str:
        return self.planned.type

    @property
    def name(self) -> str:
        return self.planned.name

    @property
    def options(self) -> Options:
        return self.planned.options

    @property
    def cloud(self) -> str:
        """`aws`, `gcp` or another provider's name."""
        return self.type.partition(":")[0]

    @cached_property
    def root(self) -> "Node":
        return Node(self, "", self.inputs)

    @cached_property
    def identities(self) -> frozenset[str]:
        """Every string by which another resource may name this one: id, ARN, name, self link. An ARN that it is given is another's."""
        keys = [key for key in ("arn", "id", "bucket", "name", "selfLink") if key != "arn" or key not in self.inputs]
        known = (self.planned.id, *(self.planned.property(key) for key in keys))
        return frozenset(item for item in known if isinstance(item, str) and item)

    def get(self, path: str) -> "Node":
        return self.root.get(path)


@dataclass(frozen=True, eq=False)
class Node:
    """A value and its place. A value that is absent is None; one below an unknown value is `UNKNOWN`."""

    resource: Resource
    path: str
    value: Value
    within: bool = False
    """Whether it lies inside a value that is not known: what that refers to may be meant for its neighbours."""

    @property
    def known(self) -> bool:
        return self.value is not UNKNOWN

    @property
    def absent(self) -> Truth:
        return UNKNOWN if self.value is UNKNOWN else self.value in (None, "", [], {})

    def get(self, path: str) -> "Node":
        """The node below. `path` is dotted with indexes: `ebsBlockDevices[0].encrypted`."""
        value, within = self.value, self.within
        for one in _steps(path):
            if value is UNKNOWN:
                within = True
                break
            if isinstance(one, int):
                value = value[one] if isinstance(value, list) and one < len(value) else None
            else:
                value = value.get(one) if isinstance(value, dict) else None
        joint = "" if not self.path or path.startswith("[") else "."
        return Node(self.resource, f"{self.path}{joint}{path}", value, within)

    def child(self, key: str) -> "Node":
        """The entry of a map under a free-form key (a tag), which may hold dots."""
        if self.value is UNKNOWN:
            return Node(self.resource, step(self.path, key), UNKNOWN, within=True)
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(self.resource, step(self.path, key), value)

    def all(self, path: str) -> Iterator["Node"]:
        """The nodes at a path in which `[*]` is every item of a list."""
        head, star, tail = path.partition("[*]")
        if not star:
            yield self.get(head)
            return
        for item in self.get(head).each() if head else self.each():
            if item.known and tail.lstrip("."):
                yield from item.all(tail.lstrip("."))
            else:
                yield item

    def each(self) -> list["Node"]:
        """The items of a list; a single object counts as a list of one; an unknown list is one unknown item."""
        if isinstance(self.value, list):
            return [self.get(f"[{index}]") for index in range(len(self.value))]
        return [] if self.value is None else [self]

    def is_(self, wanted: Callable[[Any], object]) -> Truth:
        """Whether the value satisfies `wanted`; `UNKNOWN` when any part of it is unknown."""
        if has_unknown(self.value):
            return UNKNOWN
        return bool(wanted(self.value))

    def equals(self, *wanted: Value) -> Truth:
        return self.is_(lambda value: value in wanted)

    @property
    def true(self) -> Truth:
        return self.is_(lambda value: value is True or str(value).lower() == "true")

    @property
    def false(self) -> Truth:
        """Whether it is switched off expressly."""
        return self.is_(lambda value: value is False or str(value).lower() == "false")

    @property
    def text(self) -> str:
        """For messages: the value, or what stands in for it."""
        return "(not known yet)" if self.value is UNKNOWN else str(self.value)


def no(truth: Truth) -> Truth:
    """Not, in three values."""
    return UNKNOWN if truth is UNKNOWN else not truth


def all_of(*truths: Truth) -> Truth:
    """And: false wins over unknown, unknown over true."""
    if any(truth is False for truth in truths):
        return False
    return UNKNOWN if any(truth is UNKNOWN for truth in truths) else True


def any_of(*truths: Truth) -> Truth:
    """Or: true wins over unknown, unknown over false."""
    if any(truth is True for truth in truths):
        return True
    return UNKNOWN if any(truth is UNKNOWN for truth in truths) else False


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """Every scalar inside a value, with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, step(path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value
