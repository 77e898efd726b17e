"""Keeps on record the creates that nobody answered, until it is known what became of them.

When the plugin of a provider dies, the engine forgets what it had asked it to make. Put among the pending operations of the
state they would be lost, because `pulumi stack import` takes all of those away ("removing pending operation 'creating'",
engine 3.260, measured 2026-11). Resources it leaves alone, so each such create is noted as a component of a type of its own:
it is in no cloud, and whoever reads the state on another machine finds it too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi.automation.events import StepEventMetadata

from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY, Secret, Value
from soundstage.engines.pulumi.events import UNANSWERED, decode


def noted(deployment: Mapping[str, Any], begun: Iterable[StepEventMetadata]) -> dict[str, Any]:
    """The deployment with a note of each of these creates. Of a secret input, only that it is one is known."""
    resources = list(deployment.get("resources") or ())
    known = {state["urn"] for state in resources}
    pending = {entry["resource"]["urn"] for entry in deployment.get("pending_operations") or ()}
    for metadata in begun:
        note = _urn(metadata.urn)
        if metadata.new and note not in known and metadata.urn not in pending:
            asked = {
                "urn": metadata.urn,
                "type": metadata.type,
                "inputs": _sealed(decode(metadata.new.inputs)),
                "parent": metadata.new.parent or "",
                "provider": metadata.provider or "",
            }
            resources.append({"urn": note, "type": UNANSWERED, "custom": False, "inputs": asked})
    return {**deployment, "resources": resources}


def unanswered(deployment: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is noted, in the form of pending operations: `{"type": "creating", "resource": …}`."""
    resources = deployment.get("resources") or ()
    for state in resources:
        if state["type"] == UNANSWERED:
            asked = state["inputs"]
            resource = {"urn": asked["urn"], "custom": True, "type": asked["type"], "inputs": asked["inputs"]}
            others = [other for other in resources if other.get("id") and other["urn"] != asked["urn"]]
            needs = [other["urn"] for other in others if _names(asked["inputs"], other["id"])]
            links = {"parent": asked["parent"], "provider": asked["provider"], "dependencies": needs}
            yield {"type": "creating", "resource": resource | {key: value for key, value in links.items() if value}}


def _urn(urn: str) -> str:
    """The URN of the note of a create."""
    stack, project, named = urn.split("::", 2)
    return f"{stack}::{project}::{UNANSWERED}::{named}"


def _names(value: Any, id: str) -> bool:
    """Whether these inputs name a thing by its id: what was made for another needs it."""
    if isinstance(value, Mapping):
        return any(_names(item, id) for item in value.values())
    if isinstance(value, list):
        return any(_names(item, id) for item in value)
    return bool(value == id)


def _sealed(value: Value) -> Any:
    if isinstance(value, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "plaintext": "null"}
    if isinstance(value, dict):
        return {key: _sealed(item) for key, item in value.items()}
    return [_sealed(item) for item in value] if isinstance(value, list) else value
