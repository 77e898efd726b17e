"""The package's schema: what Pulumi infers from the components, as programs in other languages need it.

Pulumi's analyser knows enums by their Python class only. In Python a plain string is friendlier to whoever writes it, so the
components take strings, and the enums are put into the schema here, from the same tables that check the arguments. It also
puts every component into one module and takes names and values in descriptions over from Python as they are; both are put
right here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import metadata
from importlib.resources import files
from typing import Any, Final, get_args

from soundstage.components.aws import key
from soundstage.components.aws.bucket import LockMode
from soundstage.components.aws.bucket_statements import EFFECTS
from soundstage.components.aws.endpoints import DOORS
from soundstage.components.aws.workstation_hatches import PROTOCOLS
from soundstage.components.boot.facts import PROFILES
from soundstage.components.budgets import AT_LIMIT
from soundstage.components.closed_days import DAYS
from soundstage.components.disks import DEVICES
from soundstage.components.google_keys import AGENT_SERVICES
from soundstage.components.images import OPERATING_SYSTEMS
from soundstage.components.lifecycle import PRESETS
from soundstage.components.naming import camel_case
from soundstage.components.network_zones import ZONES
from soundstage.components.ports import ACCESS
from soundstage.components.purchases import PURCHASES
from soundstage.components.sizes import roles, sizes

PACKAGE: Final = "soundstage"
_SNAKE: Final = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True)
class Words:
    """One enum, and the arguments that take it: `Owner.argument`, in camelCase."""

    name: str
    about: str
    words: Sequence[str]
    places: Sequence[str]


def words(cloud: str = "aws") -> tuple[Words, ...]:
    """Every enum of the components of a cloud: `aws` or `gcp`."""
    return _of_google() if cloud == "gcp" else _of_aws()


def _of_both() -> tuple[Words, ...]:
    return (
        Words("AtLimit", "What happens when a budget is spent.", AT_LIMIT, ("ProjectBudget.atLimit",)),
        Words("Day", "A day of the week.", DAYS, ("Hours.days",)),
        Words("Lifecycle", "How media moves to cheaper storage.", tuple(PRESETS), ("MediaBucket.lifecycle",)),
        Words("OperatingSystem", "The operating system.", OPERATING_SYSTEMS, ("Workstation.os",)),
        Words("Profile", "What may leave through the display.", PROFILES, ("Workstation.profile",)),
        Words("Purchase", "How a machine is paid for.", PURCHASES, ("Workstation.purchase",)),
        Words("Role", "What a machine is for.", roles(), ("Workstation.role",)),
        Words("Size", "How large a machine is.", sizes(), ("Workstation.size",)),
        Words("Zone", "What a network is for.", ZONES, ("StudioNetwork.zone",)),
    )  # fmt: skip


def _of_google() -> tuple[Words, ...]:
    users = Words("GoogleKeyUser", "A service of Google that may use a key.", AGENT_SERVICES, ("EncryptionKey.usedBy",))
    return (*_of_both(), users)


def _of_aws() -> tuple[Words, ...]:
    return (
        *_of_both(),
        Words("Access", "How people reach a machine's display.", ACCESS, ("StudioNetwork.access", "Workstation.access")),
        Words("DiskDevice", "Where a disk is attached.", DEVICES, ("Disk.device",)),
        Words("Effect", "Whether a statement allows or denies.", EFFECTS, ("BucketStatement.effect",)),
        Words("EndpointService", "An AWS service that has a VPC endpoint.", [door.service for door in DOORS], ("StudioNetwork.endpoints",)),
        Words("KeyService", "A service through which a key may be used.", key.USED_THROUGH, ("EncryptionKey.usedThrough",)),
        Words("KeyUser", "A service that may use a key by itself.", key.USED_BY, ("EncryptionKey.usedBy",)),
        Words("LockMode", "Who may shorten a retention.", get_args(LockMode), ("AuditTrail.lockMode",)),
        Words("Protocol", "The protocol of a rule.", PROTOCOLS, ("InboundRule.protocol", "OutboundRule.protocol")),
    )  # fmt: skip


def finished(inferred: dict[str, Any], tokens: Mapping[str, str], cloud: str = "aws") -> dict[str, Any]:
    """The inferred schema of a cloud with its components under `tokens` (by class name), enums, and what a registry shows of a package.

    Raises `KeyError` when there is no such component or argument.
    """
    schema: dict[str, Any] = _flowing(inferred)
    renamed = {f"#/types/{token}": f"#/types/{_bare(token)}" for token in schema["types"]}
    schema["types"] = {_bare(token): _pointing(entry, renamed) for token, entry in schema["types"].items()}
    schema["resources"] = {
        tokens[token.rpartition(":")[2]]: {**_pointing(entry, renamed), **_former(token, cloud)}
        for token, entry in schema["resources"].items()
    }
    for resource in schema["resources"].values():
        for argument in resource["inputProperties"].values():
            _admit_outputs(argument)
    for shape in schema["types"].values():
        for argument in shape["properties"].values():
            _admit_outputs(argument)
    for enum in words(cloud):
        token = f"{PACKAGE}:index:{enum.name}"
        schema["types"][token] = {
            "type": "string",
            "description": enum.about,
            "enum": [{"name": _pascal(word), "value": word} for word in enum.words],
        }
        for place in enum.places:
            owner, _, argument = place.partition(".")
            _refer(_arguments(schema, tokens, owner)[argument], f"#/types/{token}")
    return {**schema, **about(schema["language"])}


def about(languages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Who made the package, what it is, and how each language calls it. `languages` is what the analyser says of them."""
    found = metadata(PACKAGE)
    readme = (files("soundstage.components.package") / "README.md").read_text("utf-8")
    own: dict[str, dict[str, Any]] = {
        "nodejs": {"packageName": f"@{PACKAGE}/{PACKAGE}", "packageDescription": found["Summary"], "readme": readme},
        "python": {"packageName": f"pulumi_{PACKAGE}", "readme": readme, "pyproject": {"enabled": True}},
        "csharp": {"rootNamespace": "Soundstage", "namespaces": {"aws": "Aws", "gcp": "Gcp"}},
        "go": {"generateResourceContainerTypes": True},
        "java": {"basePackage": "soundstage"},
    }
    return {
        "displayName": "Soundstage",
        "description": found["Summary"],
        "keywords": ["pulumi", "category/infrastructure", "kind/component", *(found["Keywords"] or "").split(",")],
        "license": found["License-Expression"],
        "publisher": "Soundstage",
        "language": {name: {**said, **own.get(name, {})} for name, said in languages.items()},
    }


def merged(schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One schema of those of the clouds. What two of them have in common is the same in both."""
    whole = dict(schemas[0])
    for part in ("types", "resources"):
        whole[part] = {token: entry for schema in schemas for token, entry in schema[part].items()}
    return whole


def _former(token: str, cloud: str) -> dict[str, Any]:
    """The type by which programs with an SDK of before 0.1 know a component. Those of Google Cloud came later."""
    return {"aliases": [{"type": token}]} if cloud == "aws" else {}


def _bare(token: str) -> str:
    """A nested type without the ending that marks its Python class: each language appends one of its own."""
    return token.removesuffix("Args")


def _pointing(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _pointing(item, renamed) for key, item in value.items()}
    if isinstance(value, list):
        return [_pointing(item, renamed) for item in value]
    return renamed.get(value, value) if isinstance(value, str) else value


def _arguments(schema: Mapping[str, Any], tokens: Mapping[str, str], owner: str) -> Any:
    if owner in tokens:
        return schema["resources"][tokens[owner]]["inputProperties"]
    return schema["types"][f"{PACKAGE}:index:{owner}"]["properties"]


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
    """Flowing text in the words of other languages: `data_gib` is `dataGib` there, and True is `true`."""
    flowing = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    named = re.sub(
        r"`[^`]+`", lambda quoted: _SNAKE.sub(lambda name: camel_case(name.group()), quoted.group()), flowing
    )
    return re.sub(r"\b(True|False)\b", lambda found: f"`{found.group().lower()}`", named)


def _pascal(word: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", word))
