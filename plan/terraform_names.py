"""How Pulumi's resources are called and shaped in Terraform, by the genuine provider's own schema where that is known.

Two data files: `data/terraform.yaml` says which token is which type and what is called unlike everything else;
`data/terraform-aws.json` holds the schema of each AWS type, as `terraform providers schema -json` prints it
(`tests/provider/facts.py` writes it, with the provider's version and the date).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from soundstage.core import yamlfile
from soundstage.core.values import UNKNOWN, Secret, Value

_PLURALS: Final = (("ies", "y"), ("ses", "s"), ("xes", "x"), ("s", ""))
"""How Pulumi's plural of a repeated block ends, and its singular (pulumi-terraform-bridge `pkg/tfbridge/names.go`)."""


@dataclass(frozen=True)
class Attribute:
    """One attribute. `type` is Terraform's JSON form of a type: `"string"`, `["set", "string"]`, `["map", "string"]`."""

    type: Any
    required: bool = False
    computed: bool = False
    """Whether only the cloud decides it."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of each element, where the attribute is a list of objects; else empty."""
        inner = self.type[1] if isinstance(self.type, list) and len(self.type) == 2 else None
        return inner[1] if isinstance(inner, list) and inner[0] == "object" else {}


@dataclass(frozen=True)
class Block:
    """A block and what may stand in it. `nesting` is `single`, `list` or `set`; `most` is 0 where there is no limit."""

    names: "Mapping[str, Attribute | Block]"
    nesting: str = "single"
    least: int = 0
    most: int = 0


Node: TypeAlias = Attribute | Block | None
"""What is known about a name; None where nothing is."""


@dataclass(frozen=True)
class Schema:
    """One resource type: the version of its schema, and its content."""

    version: int
    content: Block


@dataclass(frozen=True)
class Table:
    """`data/terraform.yaml`."""

    types: Mapping[str, str]
    renamed: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str]
    maps: frozenset[str]
    newer_types: Mapping[str, str]
    newer_names: Mapping[str, Mapping[str, str]]
    references: Mapping[str, Mapping[str, str]]


@cache
def table() -> Table:
    """The names of types and properties that are data."""
    text = (files("soundstage.plan") / "data" / "terraform.yaml").read_text(encoding="utf-8")
    data = yamlfile.data(text)
    return Table(
        data["types"],
        data["renamed"],
        data["names"],
        frozenset(data["maps"]),
        data["newer"]["types"],
        data["newer"]["names"],
        data["references"],
    )


@cache
def _facts() -> dict[str, Any]:
    text = (files("soundstage.plan") / "data" / "terraform-aws.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts


def provider_version() -> str:
    """The version of the provider whose schema the facts are."""
    return str(_facts()["version"])


@cache
def schema(type: str) -> Schema | None:
    """The schema of a Terraform type, or None where it is not among the facts."""
    found = _facts()["types"].get(type)
    return Schema(found["version"], _block(found)) if found else None


def _block(about: Mapping[str, Any]) -> Block:
    names = {
        name: _block(each) if isinstance(each, dict) else Attribute(**_flags(each))
        for name, each in about["names"].items()
    }
    return Block(names, about.get("nesting", "single"), about.get("least", 0), about.get("most", 0))


def _flags(about: list[Any]) -> dict[str, Any]:
    return {"type": about[0], **dict.fromkeys(about[1:], True)}


def content_of(type: str) -> Node:
    """What is known about the content of a Terraform type."""
    found = schema(type)
    return found.content if found else None


def schema_version(type: str) -> int:
    """The version of a type's schema; 0 where it is not known."""
    found = schema(type)
    return found.version if found else 0


def has_attribute(type: str, name: str) -> bool:
    """Whether a type has an attribute; true where the type's schema is not known."""
    found = schema(type)
    return found is None or name in found.content.names


def snake(key: str) -> str:
    """`instanceType` → `instance_type`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), key)


def name_of(key: str, within: Node, type: str = "") -> str:
    """What Terraform calls a property of `within`. `type` is the Terraform type when the property is the resource's own."""
    if key in table().renamed.get(type, {}):
        return table().renamed[type][key]
    plain = snake(key)
    known = within.names if isinstance(within, Block) else within.fields if within else None
    if known is None:
        return table().names.get(key, plain)
    singulars = (plain.removesuffix(end) + instead for end, instead in _PLURALS if plain.endswith(end))
    return next((name for name in (plain, *singulars) if name in known), plain)


def inner(name: str, within: Node) -> Node:
    """What is known about a name inside something."""
    return within.names.get(name) if isinstance(within, Block) else None


def shaped(inputs: Mapping[str, Value], within: Node, type: str = "") -> dict[str, Value]:
    """Properties as Terraform names and shapes them. What Pulumi's providers note for themselves (`__defaults`) is left out."""
    found = {}
    for key, value in inputs.items():
        if not key.startswith("__"):
            name = name_of(key, within, type)
            found[name] = _shape(key, value, inner(name, within))
    return found


def elements(key: str, value: Value, node: Node) -> list[Mapping[str, Value]] | None:
    """The blocks that a value stands for; None when it is no block. A block that stands once is an object for Pulumi."""
    if isinstance(node, Attribute) and not node.fields:
        return None
    if isinstance(value, Mapping):
        free_form = node is None and key in table().maps
        return None if free_form else [value]
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return [item for item in value if isinstance(item, Mapping)]
    return None


def _shape(key: str, value: Value, node: Node) -> Value:
    if value is UNKNOWN or isinstance(value, Secret):
        return value
    blocks = elements(key, value, node)
    if blocks is not None:
        made = [shaped(item, node) for item in blocks]
        if isinstance(node, Attribute):
            made = [{**dict.fromkeys(node.fields), **item} for item in made]
        return made[0] if isinstance(node, Block) and node.nesting == "single" else made
    if isinstance(node, Attribute) and isinstance(node.type, list) and node.type[0] in ("list", "set"):
        return value if isinstance(value, list) or value is None else [value]
    return dict(value) if isinstance(value, Mapping) else value


def faults(values: Mapping[str, Value], within: Block, type: str = "") -> Iterator[str]:
    """What the schema has against values that are shaped for it, one line each; a value that is None counts as absent."""
    newer = {**table().newer_names.get("*", {}), **table().newer_names.get(type, {})} if type else {}
    given = {name: value for name, value in values.items() if value is not None}
    for name, value in given.items():
        node = within.names.get(name)
        if name in newer:
            continue
        if node is None:
            yield f"{name}: there is no such argument"
        elif isinstance(node, Block):
            yield from (f"{name}.{each}" for each in _block_faults(value, node))
        elif node.computed:
            yield f"{name}: only the cloud decides it"
        elif not _fits(value, node.type):
            yield f"{name}: {value!r} is not {json.dumps(node.type)}"
    for name, node in within.names.items():
        needed = node.required if isinstance(node, Attribute) else node.least > 0
        if needed and name not in given:
            yield f"{name}: it is required"


def _block_faults(value: Value, node: Block) -> Iterator[str]:
    if value is UNKNOWN:
        return
    blocks = [value] if isinstance(value, Mapping) and node.nesting == "single" else value
    if not isinstance(blocks, list) or not all(isinstance(each, Mapping) for each in blocks):
        yield "is a block"
        return
    if node.most and len(blocks) > node.most:
        yield f"stands at most {node.most} times"
    for each in blocks:
        yield from faults(each, node)


def _fits(value: Value, type: Any) -> bool:
    """Whether a value can be converted to a Terraform type, as Terraform itself converts."""
    if value is UNKNOWN or value is None:
        return True
    if isinstance(value, Secret):
        return _fits(value.value, type)
    if type == "number":
        return not isinstance(value, bool) and (
            isinstance(value, (int, float)) or (isinstance(value, str) and value.replace(".", "", 1).isdigit())
        )
    if type == "bool":
        return isinstance(value, bool) or value in ("true", "false")
    if type == "string":
        return isinstance(value, (str, int, float, bool))
    kind, of = type if isinstance(type, list) else (type, None)
    if kind == "map":
        return isinstance(value, Mapping) and all(_fits(each, of) for each in value.values())
    if kind in ("list", "set"):
        return isinstance(value, list) and all(_fits(each, of) for each in value)
    return isinstance(value, Mapping)
