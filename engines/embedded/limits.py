"""What this engine leaves to the genuine one, and refuses in words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from soundstage.core.errors import EngineError

_GENUINE: Final = "Run `workstation engine install` once, then run this with `--engine pulumi`."
_OPTIONS: Final = {
    "external": "resources that are only looked up",
    "deletedWith": "`deleted_with`",
    "replaceWith": "`replace_with`",
    "replacementTrigger": "`replacement_trigger`",
}
"""Keys of the deployment format that only the genuine engine heeds, and what a program calls them."""


def unsupported(what: str) -> EngineError:
    """The error for what only the genuine engine does."""
    return EngineError(f"The embedded engine does not support {what}.", _GENUINE)


def refuse_what_is_foreign(resources: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a deployment with a resource that this engine would treat otherwise than the genuine one does."""
    for resource in resources:
        for key, name in _OPTIONS.items():
            if resource.get(key):
                raise EngineError(
                    f"{resource['urn']} uses {name}, which the embedded engine does not support.",
                    "Leave the stack on the Pulumi engine.",
                )
