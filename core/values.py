"""Values as they travel between a Pulumi program, an engine, a provider and a plan.

A value is what JSON can hold (`None`, `bool`, `int`, `float`, `str`, `list`, `dict`) and two things it cannot:
`UNKNOWN`, which only the cloud will decide, and `Secret`, which must never be written or printed in clear.
The signatures below are those of Pulumi's own wire and state format
(pulumi/pulumi `sdk/go/common/resource/properties.go`, read 2026-11).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

from google.protobuf import struct_pb2

Value: TypeAlias = Any  # None | bool | int | float | str | list[Value] | dict[str, Value] | Secret | Unknown
Properties: TypeAlias = dict[str, Value]

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret, and is none
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_SENTINEL: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Pulumi's unknown string; unknown booleans, numbers, lists, maps … have sentinels of their own."""
_UNKNOWN_SENTINELS: Final = frozenset(
    {
        UNKNOWN_SENTINEL,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Unknown:
    """The type of `UNKNOWN`. It refuses to be used as a truth value, so that no check can pass by accident."""

    _instance: Self | None = None

    def __new__(cls) -> Self:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth value; compare it with `is UNKNOWN` first")

    def __deepcopy__(self, _memo: object) -> "Unknown":
        return self

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must stay encrypted at rest and masked in every output. `repr` and `str` never show it."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


def reveal(value: Value) -> Value:
    """The value with every `Secret` wrapper removed, for handing to the cloud and to nothing else."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def contains(value: Value, wanted: Callable[[Value], bool]) -> bool:
    """Whether `value` or anything inside it satisfies `wanted`. Looks inside secrets."""
    if wanted(value):
        return True
    if isinstance(value, Secret):
        return contains(value.value, wanted)
    if isinstance(value, dict):
        return any(contains(item, wanted) for item in value.values())
    if isinstance(value, list):
        return any(contains(item, wanted) for item in value)
    return False


def has_unknown(value: Value) -> bool:
    """Whether any part of `value` is known only after the cloud has answered."""
    return contains(value, lambda item: item is UNKNOWN)


def has_secret(value: Value) -> bool:
    """Whether any part of `value` is a secret."""
    return contains(value, lambda item: isinstance(item, Secret))


def from_json(value: Value) -> Value:
    """Decode Pulumi's JSON form: sentinels become `UNKNOWN`, signed objects become `Secret`, whole floats `int`.

    Encrypted secrets (`ciphertext`) are left as they are; whoever holds the key decodes them first.
    """
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN_SENTINELS else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if isinstance(value, dict):
        signature = value.get(SIGNATURE_KEY)
        if signature == SECRET_SIGNATURE and "value" in value:
            return Secret(from_json(value["value"]))
        if signature == OUTPUT_SIGNATURE:
            inner = from_json(value["value"]) if "value" in value else UNKNOWN
            return Secret(inner) if value.get("secret") else inner
        return {key: from_json(item) for key, item in value.items()}
    return value


def to_json(value: Value) -> Value:
    """The inverse of `from_json`: `UNKNOWN` becomes its sentinel and a `Secret` a signed object **in clear**.

    For the wire between program, engine and provider. No state file has this form.
    """
    if value is UNKNOWN:
        return UNKNOWN_SENTINEL
    if isinstance(value, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": to_json(value.value)}
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def masked(value: Value) -> Value:
    """JSON for people and logs: `UNKNOWN` and secrets become the words that the display shows."""
    if value is UNKNOWN:
        return "[known after up]"
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Decode a protobuf `Struct` as the Pulumi SDK sends it."""
    return {key: _from_proto(item) for key, item in struct.fields.items()}


def to_struct(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Encode properties for the Pulumi SDK. Secrets travel signed, in clear, in memory only."""
    struct = struct_pb2.Struct()
    for key, item in properties.items():
        _to_proto(struct.fields[key], item)
    return struct


def _from_proto(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE_KEY in fields:
            return from_json({key: _raw(item) for key, item in fields.items()})
        return {key: _from_proto(item) for key, item in fields.items()}
    if kind == "list_value":
        return [_from_proto(item) for item in value.list_value.values]
    return from_json(_raw(value))


def _raw(value: struct_pb2.Value) -> Value:
    match value.WhichOneof("kind"):
        case "struct_value":
            return {key: _raw(item) for key, item in value.struct_value.fields.items()}
        case "list_value":
            return [_raw(item) for item in value.list_value.values]
        case "string_value":
            return value.string_value
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
    return None


def _to_proto(target: struct_pb2.Value, value: Value) -> None:
    if isinstance(value, Secret) or value is UNKNOWN:
        value = to_json(value)
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        fields = target.struct_value.fields
        target.struct_value.SetInParent()
        for key, item in value.items():
            _to_proto(fields[key], item)
    elif isinstance(value, (list, tuple)):
        target.list_value.SetInParent()
        for item in value:
            _to_proto(target.list_value.values.add(), item)
    else:
        raise TypeError(f"{type(value).__name__} cannot travel to a provider")
