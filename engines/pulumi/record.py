"""Reads the resources of a state that the genuine engine exported, and how a refresh has found them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi import automation

from soundstage.core.values import UNKNOWN, Secret, from_json
from soundstage.engines.pulumi.events import Listener, changes_of, decode
from soundstage.plan.plan import Operation, Options, PlannedResource


def recorded(state: Mapping[str, Any]) -> PlannedResource:
    """A resource of an exported state, with nothing to happen to it."""
    return PlannedResource(
        urn=state["urn"],
        type=state["type"],
        name=state["urn"].rsplit("::", 1)[-1],
        operation=Operation.SAME,
        custom=state["custom"],
        parent=state.get("parent"),
        id=state.get("id"),
        inputs=closed(state.get("inputs") or {}),
        outputs=closed(state.get("outputs") or {}),
        dependencies=tuple(state.get("dependencies") or ()),
        property_dependencies={
            key: tuple(urns) for key, urns in (state.get("propertyDependencies") or {}).items() if urns
        },
        provider=state.get("provider"),
        options=Options(
            protect=bool(state.get("protect")),
            retain_on_delete=bool(state.get("retainOnDelete")),
            aliases=tuple(state.get("aliases") or ()),
        ),
    )


def drifted(resource: PlannedResource, listener: Listener) -> PlannedResource:
    """A resource as it is on record, with what a refresh has seen of it."""
    step = listener.steps.get(resource.urn)
    if step is None:
        return resource
    if step.new is None or step.op is automation.OpType.DELETE:
        return replace(resource, operation=Operation.DELETE)
    changes = changes_of(step)
    if not changes:
        return resource
    return replace(resource, operation=Operation.UPDATE, changes=changes, inputs=decode(step.new.inputs))


def closed(value: Any) -> Any:
    """Properties of an exported state; an encrypted secret stays closed and becomes `Secret(UNKNOWN)`."""
    if isinstance(value, dict):
        if "ciphertext" in value:
            return Secret(UNKNOWN)
        if "plaintext" in value:
            return Secret(from_json(json.loads(value["plaintext"])))
        return {key: closed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [closed(item) for item in value]
    return from_json(value)
