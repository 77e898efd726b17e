"""The package's schema: what Pulumi infers from the components, with enums, and with descriptions fit to be read.

Pulumi's analyser knows enums by their Python class only. In Python a plain string is friendlier to whoever writes it, so the
components take strings, and the enums are put into the schema here, from the same tables that check the arguments.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from soundstage.components.aws import budget, key, network, workstation_args
from soundstage.components.aws.bucket import LockMode
from soundstage.components.boot.facts import PROFILES
from soundstage.components.hours import DAYS
from soundstage.components.images import OPERATING_SYSTEMS
from soundstage.components.lifecycle import PRESETS
from soundstage.components.ports import ACCESS
from soundstage.components.sizes import roles, sizes

PACKAGE: Final = "soundstage"


@dataclass(frozen=True)
class Words:
    """One enum, and the arguments that take it: `Owner.argument`, in camelCase."""

    name: str
    about: str
    words: Sequence[str]
    places: Sequence[str]


def words() -> tuple[Words, ...]:
    """Every enum of the package."""
    return (
        Words("Access", "How people reach a machine's display.", ACCESS, ("StudioNetwork.access", "Workstation.access")),
        Words("AtLimit", "What happens when a budget is spent.", budget.AT_LIMIT, ("ProjectBudget.atLimit",)),
        Words("Day", "A day of the week.", DAYS, ("HoursArgs.days",)),
        Words("KeyService", "A service through which a key may be used.", key.USED_THROUGH, ("EncryptionKey.usedThrough",)),
        Words("KeyUser", "A service that may use a key by itself.", key.USED_BY, ("EncryptionKey.usedBy",)),
        Words("Lifecycle", "How media moves to cheaper storage.", tuple(PRESETS), ("MediaBucket.lifecycle",)),
        Words("LockMode", "Who may shorten a retention.", get_args(LockMode), ("AuditTrail.lockMode",)),
        Words("OperatingSystem", "The operating system.", OPERATING_SYSTEMS, ("Workstation.os",)),
        Words("Profile", "What may leave through the display.", PROFILES, ("Workstation.profile",)),
        Words("Purchase", "How a machine is paid for.", workstation_args.PURCHASES, ("Workstation.purchase",)),
        Words("Role", "What a machine is for.", roles(), ("Workstation.role",)),
        Words("Size", "How large a machine is.", sizes(), ("Workstation.size",)),
        Words("Zone", "What a network is for.", network.ZONES, ("StudioNetwork.zone",)),
    )  # fmt: skip


def finished(inferred: dict[str, Any]) -> dict[str, Any]:
    """The inferred schema with every argument that takes one of a few words referring to its enum.

    Raises `KeyError` when there is no such argument.
    """
    schema: dict[str, Any] = _flowing(inferred)
    for resource in schema["resources"].values():
        for argument in resource["inputProperties"].values():
            _admit_outputs(argument)
    for enum in words():
        token = f"{PACKAGE}:index:{enum.name}"
        schema.setdefault("types", {})[token] = {
            "type": "string",
            "description": enum.about,
            "enum": [{"name": _pascal(word), "value": word} for word in enum.words],
        }
        for place in enum.places:
            owner, _, argument = place.partition(".")
            _refer(_arguments(schema, owner)[argument], f"#/types/{token}")
    return schema


def _arguments(schema: Mapping[str, Any], owner: str) -> Any:
    token = f"{PACKAGE}:index:{owner}"
    if token in schema["resources"]:
        return schema["resources"][token]["inputProperties"]
    return schema["types"][token]["properties"]


def _refer(argument: dict[str, Any], reference: str) -> None:
    target = argument["items"] if argument.get("type") == "array" else argument
    del target["type"]
    target["$ref"] = reference


def _admit_outputs(argument: dict[str, Any]) -> None:
    """What is in a list or map that may be an output may be one itself; the analyser calls it plain all the same."""
    inner = argument.get("items") or argument.get("additionalProperties")
    if inner and not argument.get("plain"):
        inner.pop("plain", None)


def _flowing(value: Any) -> Any:
    """Descriptions without the line ends and the indentation of the source; empty lines still part paragraphs."""
    if isinstance(value, dict):
        return {
            key: _paragraphs(item) if key == "description" and isinstance(item, str) else _flowing(item)
            for key, item in value.items()
        }
    return [_flowing(item) for item in value] if isinstance(value, list) else value


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))


def _pascal(word: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", word))
