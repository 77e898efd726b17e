"""What this engine leaves to the genuine one, and refuses in words."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from soundstage.core.errors import EngineError
from soundstage.core.values import SECRET_SIGNATURE, Properties, has_secret

_GENUINE: Final = "Run `workstation engine install` once, then run this with `--engine pulumi`."
_SEALED: Final = json.dumps(SECRET_SIGNATURE)
_OPTIONS: Final = {
    "external": "resources that are only looked up",
    "deletedWith": "`deleted_with`",
    "replaceWith": "`replace_with`",
    "replacementTrigger": "`replacement_trigger`",
}
"""Keys of the deployment format that only the genuine engine heeds, and what a program calls them."""


_SAID_ANYWAY: Final = frozenset({"effectiveLabels", "pulumiLabels"})
"""Outputs that pulumi-gcp (10.2, 2026-11) seals for every resource, and that say no more than the input `labels` does in clear."""


def sealed(named: Iterable[str]) -> tuple[str, ...]:
    """Those of the outputs that a program's library names secret which are."""
    return tuple(name for name in named if name not in _SAID_ANYWAY)


def in_clear(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource of a deployment, with what the genuine engine sealed of it and `labels` says anyway as `labels` says it."""
    outputs = resource.get("outputs") or {}
    closed = [name for name in _SAID_ANYWAY & outputs.keys() if _SEALED in json.dumps(outputs[name])]
    if not closed:
        return resource
    labels = (resource.get("inputs") or {}).get("labels") or {}
    return {**resource, "outputs": {**outputs, **dict.fromkeys(closed, labels)}}


def unsupported(what: str) -> EngineError:
    """The error for what only the genuine engine does."""
    return EngineError(f"The embedded engine does not support {what}.", _GENUINE)


def no_secrets(owner: str, properties: str = "") -> EngineError:
    """The error for a secret that would have to be kept: this engine encrypts nothing."""
    where = f" ({properties})" if properties else ""
    return EngineError(f"{owner} holds a secret{where}, and the embedded engine keeps none.", _GENUINE)


def refuse_secrets(owner: str, properties: Properties, named: Iterable[str] = ()) -> None:
    """Refuse properties that are secret or hold a secret, and those that are `named` so."""
    found = [key for key, value in properties.items() if has_secret(value)]
    if found := sorted({*found, *(key for key in named if properties.get(key) is not None)}):
        raise no_secrets(owner, ", ".join(found))


def refuse_what_is_foreign(resources: Iterable[Mapping[str, Any]], instead: str) -> None:
    """Refuse a deployment with a resource that this engine would treat otherwise than the genuine one does, or with a secret.
    `instead` is what to do with it."""
    for resource in resources:
        if _SEALED in json.dumps([resource.get("inputs"), resource.get("outputs")]):
            raise EngineError(f"{resource.get('urn')} holds a secret, and the embedded engine keeps none.", instead)
        for key, name in _OPTIONS.items():
            if resource.get(key):
                raise EngineError(
                    f"{resource.get('urn')} uses {name}, which the embedded engine does not support.", instead
                )
