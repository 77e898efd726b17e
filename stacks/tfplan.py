"""A plan as Terraform-plan JSON, so that Checkov, Trivy, Infracost and OPA can read what Pulumi will do.

The form is Terraform's documented `terraform show -json` (format 1.2, “JSON output format”, read 2026-11): planned
values, resource changes, and a configuration whose references connect resources that are not known yet. Which token is
which Terraform type is data: `data/terraform.yaml`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from soundstage.components.values import UNKNOWN, Secret, Value
from soundstage.stacks.plan import Operation, Plan, PlannedResource

FORMAT: Final = "1.2"
TERRAFORM: Final = "1.13.0"
"""The Terraform whose output this looks like. Readers look at the format, not at this."""
_ACTIONS: Final = {
    Operation.SAME: ["no-op"],
    Operation.READ: ["no-op"],
    Operation.CREATE: ["create"],
    Operation.IMPORT: ["no-op"],
    Operation.UPDATE: ["update"],
    Operation.REPLACE: ["delete", "create"],
    Operation.DELETE: ["delete"],
    Operation.FORGET: ["forget"],
}
_GONE: Final = (Operation.DELETE, Operation.FORGET)
_MISSING: Final = object()


@dataclass(frozen=True)
class TerraformPlan:
    """The document, and how many resources of which types have no Terraform name and were left out."""

    document: dict[str, Any]
    omitted: Counter[str]


@dataclass(frozen=True)
class _Table:
    types: Mapping[str, str]
    names: Mapping[str, str]
    maps: frozenset[str]


@cache
def table() -> _Table:
    """The names of types and properties."""
    text = (files("soundstage.stacks") / "data" / "terraform.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return _Table(data["types"], data["names"], frozenset(data["maps"]))


def terraform_plan(plan: Plan) -> TerraformPlan:
    """Convert a plan. Components and providers have no counterpart and are not counted as left out."""
    custom = [item for item in plan if item.custom and not item.type.startswith("pulumi:")]
    known = [item for item in custom if item.type in table().types]
    omitted = Counter(item.type for item in custom if item.type not in table().types)
    addresses = _addresses(known)
    by_id = {text: addresses[item.urn] for item in reversed(known) for text in _identities(item)}
    remaining = [item for item in known if item.operation not in _GONE]
    document = {
        "format_version": FORMAT,
        "terraform_version": TERRAFORM,
        "planned_values": {"root_module": {"resources": [_planned(item, addresses) for item in remaining]}},
        "resource_changes": [_change(item, addresses) for item in known],
        "configuration": {
            "provider_config": {name: {"name": name, "full_name": _provider(name)} for name in _providers(known)},
            "root_module": {"resources": [_configured(item, addresses, by_id) for item in remaining]},
        },
    }
    return TerraformPlan(document, omitted)


def _addresses(resources: list[PlannedResource]) -> dict[str, str]:
    """An address for each URN: type and name, numbered where two share both."""
    taken: Counter[str] = Counter()
    addresses = {}
    for item in resources:
        name = re.sub(r"[^A-Za-z0-9_-]", "_", item.name)
        address = f"{table().types[item.type]}.{name if re.match('[A-Za-z_]', name) else f'_{name}'}"
        taken[address] += 1
        addresses[item.urn] = address if taken[address] == 1 else f"{address}_{taken[address]}"
    return addresses


def _identities(item: PlannedResource) -> list[str]:
    """What other resources call it by: its id, its ARN, and the name of a bucket, which is known before it is made."""
    known = [item.id, item.outputs.get("arn"), item.inputs.get("bucket") if item.type.endswith(":Bucket") else None]
    return [text for text in known if isinstance(text, str) and text]


def _providers(resources: list[PlannedResource]) -> list[str]:
    return sorted({table().types[item.type].partition("_")[0] for item in resources})


def _provider(name: str) -> str:
    return f"registry.terraform.io/hashicorp/{name}"


def _head(item: PlannedResource, addresses: Mapping[str, str]) -> dict[str, Any]:
    address = addresses[item.urn]
    kind, _, name = address.partition(".")
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": _provider(kind.partition("_")[0]),
    }


def _planned(item: PlannedResource, addresses: Mapping[str, str]) -> dict[str, Any]:
    return {**_head(item, addresses), "schema_version": 0, "values": _known(_inputs(item)), "sensitive_values": {}}


def _change(item: PlannedResource, addresses: Mapping[str, str]) -> dict[str, Any]:
    gone = item.operation in _GONE
    values = _inputs(item)
    return {
        **_head(item, addresses),
        "change": {
            "actions": _ACTIONS[item.operation],
            "before": None if item.operation is Operation.CREATE else _known(values),
            "after": None if gone else _known(values),
            "after_unknown": {} if gone else _marks(values, lambda value: value is UNKNOWN),
            "before_sensitive": {},
            "after_sensitive": {} if gone else _marks(values, lambda value: isinstance(value, Secret)),
        },
    }


def _configured(item: PlannedResource, addresses: Mapping[str, str], by_id: Mapping[str, str]) -> dict[str, Any]:
    head = _head(item, addresses)
    expressions = {}
    for key, value in item.inputs.items():
        if not key.startswith("__"):
            linked = [addresses[urn] for urn in item.property_dependencies.get(key, ()) if urn in addresses]
            expressions[_name(key)] = _expression(key, value, linked, by_id)
    kind = str(head["type"]).partition("_")[0]
    del head["provider_name"]
    return {**head, "provider_config_key": kind, "expressions": expressions, "schema_version": 0}


def _name(key: str) -> str:
    return table().names.get(key) or re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), key)


def _inputs(item: PlannedResource) -> dict[str, Value]:
    return {_name(key): _shape(key, value) for key, value in item.inputs.items() if not key.startswith("__")}


def _shape(key: str, value: Value) -> Value:
    """Terraform's shape of a value: an object that is no map is a block, and blocks stand in lists."""
    if isinstance(value, Mapping) and key not in table().maps:
        return [_block(value)]
    if isinstance(value, list):
        return [_block(item) if isinstance(item, Mapping) else item for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def _block(value: Mapping[str, Value]) -> dict[str, Value]:
    return {_name(key): _shape(key, item) for key, item in value.items() if not key.startswith("__")}


def _known(value: Value) -> Value:
    """The value without what is unknown or secret: Terraform leaves those out of its values."""
    found = _only_known(value)
    return {} if found is _MISSING else found


def _only_known(value: Value) -> Value:
    if value is UNKNOWN or isinstance(value, Secret):
        return _MISSING
    if isinstance(value, Mapping):
        items = {key: _only_known(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _MISSING}
    if isinstance(value, list):
        return [item for item in map(_only_known, value) if item is not _MISSING]
    return value


def _marks(value: Value, wanted: Any) -> Any:
    """The same shape with `true` where a value is wanted, and only there."""
    if wanted(value):
        return True
    if isinstance(value, Secret):
        return _marks(value.value, wanted)
    if isinstance(value, Mapping):
        marks = {key: _marks(item, wanted) for key, item in value.items()}
        return {key: mark for key, mark in marks.items() if mark not in (False, {}, [])}
    if isinstance(value, list):
        marks_of_items = [_marks(item, wanted) for item in value]
        return marks_of_items if any(mark not in (False, {}, []) for mark in marks_of_items) else []
    return False


def _expression(key: str, value: Value, linked: list[str], by_id: Mapping[str, str]) -> Any:
    """How a configuration would say the value: what is made of other resources refers to them."""
    if isinstance(value, Mapping) and key not in table().maps:
        return [{_name(inner): _expression(inner, item, linked, by_id) for inner, item in value.items()}]
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return [
            {_name(inner): _expression(inner, part, linked, by_id) for inner, part in item.items()}
            for item in value
            if isinstance(item, Mapping)
        ]
    items = value if isinstance(value, list) else [value]
    named = [by_id[item] for item in items if isinstance(item, str) and item in by_id]
    unknown = any(item is UNKNOWN or isinstance(item, Secret) for item in items)
    if named or (unknown and linked):
        attribute = "arn" if key.lower().endswith(("arn", "arns")) else "id"
        return {"references": [text for address in (named or linked) for text in (f"{address}.{attribute}", address)]}
    return {} if unknown or isinstance(value, Secret) else {"constant_value": _known(value)}
