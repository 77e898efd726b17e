"""A plan as Terraform-plan JSON, so that Checkov, Trivy, Infracost and OPA can read what Pulumi will do.

The form is Terraform's documented `terraform show -json` (format 1.2, “JSON output format”, read 2026-11): planned
values, resource changes, and a configuration whose references connect resources that are not known yet. What resources
and properties are called there is in `soundstage.plan.terraform_names`.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from soundstage.core.values import UNKNOWN, Properties, Secret, Value
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.plan.terraform_names import (
    Node,
    content_of,
    elements,
    has_attribute,
    inner,
    name_of,
    schema_version,
    shaped,
    table,
)

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


def terraform_plan(plan: Plan, recorded: Plan | None = None) -> TerraformPlan:
    """Convert a plan. `recorded` is what is on record now, from which each change's `before` is taken.

    Components and providers have no counterpart and are not counted as left out.
    """
    custom = [item for item in plan if item.custom and not item.type.startswith("pulumi:")]
    known = [item for item in custom if item.type in table().types]
    omitted = Counter(item.type for item in custom if item.type not in table().types)
    addresses = addresses_of(known)
    before = recorded.by_urn if recorded else {}
    by_value = {text: named for item in reversed(known) for text, named in _identities(item, addresses[item.urn])}
    remaining = [item for item in known if item.operation not in _GONE]
    document = {
        "format_version": FORMAT,
        "terraform_version": TERRAFORM,
        "planned_values": {"root_module": {"resources": [_planned(item, addresses) for item in remaining]}},
        "resource_changes": [_change(item, addresses, _inputs_before(item, before)) for item in known],
        "configuration": {
            "provider_config": {name: {"name": name, "full_name": _provider(name)} for name in _providers(known)},
            "root_module": {"resources": [_configured(item, addresses, by_value) for item in remaining]},
        },
    }
    return TerraformPlan(document, omitted)


def addresses_of(resources: list[PlannedResource]) -> dict[str, str]:
    """An address for each URN: type and name, numbered where two share both."""
    taken: Counter[str] = Counter()
    addresses = {}
    for item in resources:
        name = re.sub(r"[^A-Za-z0-9_-]", "_", item.name)
        address = f"{table().types[item.type]}.{name if re.match('[A-Za-z_]', name) else f'_{name}'}"
        taken[address] += 1
        addresses[item.urn] = address if taken[address] == 1 else f"{address}_{taken[address]}"
    return addresses


def _identities(item: PlannedResource, address: str) -> list[tuple[str, str]]:
    """What other resources call it by, and the attribute that holds that: its id, its ARN, its prefix list, and the name of
    a bucket, which is known before it is made."""
    found = {
        "id": item.id or (item.inputs.get("bucket") if item.type.endswith(":Bucket") else None),
        "arn": item.outputs.get("arn"),
        "prefix_list_id": item.outputs.get("prefixListId"),
    }
    return [(text, f"{address}.{name}") for name, text in found.items() if isinstance(text, str) and text]


def _inputs_before(item: PlannedResource, recorded: Mapping[str, PlannedResource]) -> Properties:
    """The inputs that are on record, perhaps under a name that the resource had before."""
    found = next((recorded[urn] for urn in (item.urn, *item.options.aliases) if urn in recorded), item)
    return found.inputs


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
    head = _head(item, addresses)
    version = schema_version(head["type"])
    return {**head, "schema_version": version, "values": _known(_shaped(item, item.inputs)), "sensitive_values": {}}


def _shaped(item: PlannedResource, inputs: Properties) -> dict[str, Value]:
    kind = table().types[item.type]
    return shaped(inputs, content_of(kind), kind)


def _change(item: PlannedResource, addresses: Mapping[str, str], inputs_before: Properties) -> dict[str, Any]:
    gone = item.operation in _GONE
    values, earlier = _shaped(item, item.inputs), _shaped(item, inputs_before)
    made = item.operation is Operation.CREATE
    return {
        **_head(item, addresses),
        "change": {
            "actions": _ACTIONS[item.operation],
            "before": None if made else _known(earlier),
            "after": None if gone else _known(values),
            "after_unknown": {} if gone else _marks(values, lambda value: value is UNKNOWN),
            "before_sensitive": {} if made else _marks(earlier, lambda value: isinstance(value, Secret)),
            "after_sensitive": {} if gone else _marks(values, lambda value: isinstance(value, Secret)),
        },
    }


def _configured(item: PlannedResource, addresses: Mapping[str, str], by_value: Mapping[str, str]) -> dict[str, Any]:
    head = _head(item, addresses)
    kind = str(head["type"])
    content = content_of(kind)
    expressions = {}
    for key, value in item.inputs.items():
        if not key.startswith("__"):
            name = name_of(key, content, kind)
            linked = [addresses[urn] for urn in item.property_dependencies.get(key, ()) if urn in addresses]
            expressions[name] = _expression(key, value, inner(name, content), _References(kind, linked, by_value))
    del head["provider_name"]
    return {
        **head,
        "provider_config_key": kind.partition("_")[0],
        "expressions": expressions,
        "schema_version": schema_version(kind),
    }


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


@dataclass(frozen=True)
class _References:
    """What an argument may refer to."""

    within: str
    """The type or the block that the argument stands in."""
    linked: list[str]
    """Addresses of the resources that the argument is made of."""
    by_value: Mapping[str, str]
    """The attribute that holds a value which is known already."""

    def of(self, name: str, items: list[Value]) -> list[str]:
        """The attributes that the values of argument `name` are taken from, each followed by the resource's address."""
        named = [self.by_value[item] for item in items if isinstance(item, str) and item in self.by_value]
        if not named and any(item is UNKNOWN or isinstance(item, Secret) for item in items):
            named = self._unknown(name)
        return [text for each in named for text in (each, each.rpartition(".")[0])]

    def _unknown(self, name: str) -> list[str]:
        """What an argument is made of whose value is not known yet, of the types that such an argument can hold."""
        said = table().references
        told = said.get(f"{self.within}.{name}") or said.get(name)
        default = "arn" if name.endswith(("arn", "arns")) else "id"
        found, others = [], []
        for address in self.linked:
            kind = address.partition(".")[0]
            attribute = told.get(kind) or told.get("*") if told else default
            if attribute:
                found.append(f"{address}.{attribute if has_attribute(kind, attribute) else 'id'}")
            else:
                others.append(f"{address}.{default}")
        return found or others


def _expression(key: str, value: Value, node: Node, references: _References) -> Any:
    """How a configuration would say the value: what is made of other resources refers to them."""
    name = name_of(key, None)
    blocks = elements(key, value, node)
    if blocks is not None:
        within = replace(references, within=name)
        return [
            {
                (named := name_of(part, node)): _expression(part, item, inner(named, node), within)
                for part, item in each.items()
                if not part.startswith("__")
            }
            for each in blocks
        ]
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, Mapping) else [value]
    found = references.of(name, items)
    if found:
        return {"references": found}
    unknown = any(item is UNKNOWN or isinstance(item, Secret) for item in items)
    return {} if unknown else {"constant_value": _known(value)}
