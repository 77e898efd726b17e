"""States of Terraform, as `terraform show -json` prints them without a plan (“JSON output format”, version 1, “values representation”, read
2026-11): what is there, as a plan that changes nothing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_REGION: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]*:([a-z0-9-]+):")
_SAID: Final = frozenset({"format_version", "terraform_version", "values", "checks"})
"""What a state says of itself; one of an empty state has no values."""


def is_state(document: Mapping[str, Any]) -> bool:
    """Whether a decoded document is a state of Terraform."""
    values = document.get("values")
    return "format_version" in document and set(document) <= _SAID and (values is None or isinstance(values, Mapping))


def as_plan(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan, as Terraform would print it, that leaves everything of a state as it is."""
    values = document.get("values") or {}
    return {
        "format_version": document["format_version"],
        "planned_values": {"outputs": values.get("outputs") or {}},
        "resource_changes": [_unchanged(one) for one in _resources(values.get("root_module") or {})],
    }


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources") or ()
    for child in module.get("child_modules") or ():
        yield from _resources(child)


def _unchanged(resource: Mapping[str, Any]) -> dict[str, Any]:
    values = _with_region(resource.get("values") or {})
    change = {
        "actions": ["no-op"], "before": values, "after": values, "after_unknown": {},
        "after_sensitive": resource.get("sensitive_values") or {},
    }  # fmt: skip
    return {**resource, "change": change}


def _with_region(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A state knows no provider: where a resource of AWS is stands in its own name."""
    found = _REGION.match(str(values.get("arn") or ""))
    return values if values.get("region") or not found else {**values, "region": found[1]}
