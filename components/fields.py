"""A component's arguments, read as its fields say, whichever language they come from.

Numbers from TypeScript, YAML, Go, C# and Java arrive as floats, and what is absent as null. Python checks no `TypedDict`
at run time. Every argument of every component passes through `conformed`, so that a component meets plain values of the
right type, or an `Output` where its field admits one.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

import pulumi

from soundstage.components.arguments import Misfit, WrongType, key_faults
from soundstage.components.tags import foreign_tag_faults

Kind: TypeAlias = Literal["text", "whole", "number", "flag", "list", "map", "fields"]
Shape = TypeVar("Shape")

_KINDS: Final[Mapping[Any, Kind]] = {str: "text", int: "whole", float: "number", bool: "flag"}
_ALLOWED: Final[Mapping[Kind, str]] = {
    "text": "a string",
    "whole": "a whole number",
    "number": "a number",
    "flag": "True or False",
    "list": "a list",
    "map": "a map of names to values",
    "fields": "a map of names to values",
}


@dataclass(frozen=True, slots=True)
class Field:
    """What one argument, or one entry of a list or map, may be."""

    kind: Kind
    output: bool
    """Whether it may be an `Output`. What decides which resources are made, or how they are called, may not."""
    of: "Field | None" = None
    """What each entry of a list or a map may be."""
    shape: type | None = None
    """The `TypedDict` of nested fields."""


@cache
def fields(shape: type) -> Mapping[str, Field]:
    """The fields of a component's arguments, by name. Raises `TypeError` for a type that no argument has so far."""
    # `pulumi.Input` names these two in a string, which is read where the shape is.
    named = {"Output": pulumi.Output, "T": TypeVar("T")}
    return {name: _field(hint) for name, hint in get_type_hints(shape, localns=named).items()}


def conformed(args: Mapping[str, Any], shape: type[Shape]) -> tuple[Shape, list[str]]:
    """The arguments as `shape` says, and what is wrong with their names and types.

    Nulls are left out, whole floats become whole numbers where the field asks for one; nothing else is converted. What is
    of a wrong type is left out as well, so that the checks that follow can go on. `args` itself is not changed.
    """
    faults: list[str] = []
    read = _fields(args, shape, "", faults)
    # The one argument that every component takes beside its tags, and none looks at: `Component` heeds it.
    faults += foreign_tag_faults("foreign_tags", read.get("foreign_tags", ()), read.get("tags", {}))
    return read, faults


def _fields(args: object, shape: type, path: str, faults: list[str]) -> Any:
    if not isinstance(args, Mapping) or not all(isinstance(key, str) for key in args):
        faults.append(_misfit(path or "args", args, _ALLOWED["fields"]))
        return {}
    given = {key: value for key, value in args.items() if value is not None}
    faults += [Misfit(f"{path}.{fault}" if path else fault) for fault in key_faults(given, shape)]
    known = fields(shape)
    required: frozenset[str] = getattr(shape, "__required_keys__", frozenset())
    clean = {}
    for key, value in given.items():
        if key not in known:
            continue
        at, before = f"{path}.{key}" if path else key, len(faults)
        read = _value(value, known[key], at, faults)
        # The names of required arguments are judged by what they name; any other text says something or is left out.
        if read == "" and (key not in required or known[key].output):
            faults.append(WrongType(f"{at} is empty; leave it out or give a value"))
        elif len(faults) == before:
            clean[key] = read
    return clean


def _value(value: Any, field: Field, path: str, faults: list[str]) -> Any:
    if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        if not field.output:
            faults.append(WrongType(f"{path} is an Output; allowed: a plain value, because it decides what is made"))
        return value
    match field.kind:
        case "fields" if field.shape:
            return _fields(value, field.shape, path, faults)
        case "list" if field.of and isinstance(value, (list, tuple)):
            return [
                _value(item, field.of, f"{path}[{place}]", faults)
                for place, item in enumerate(value)
                if item is not None
            ]
        case "map" if field.of and isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {
                key: _value(item, field.of, f"{path}.{key}", faults) for key, item in value.items() if item is not None
            }
        case "whole" if isinstance(value, float) and value.is_integer():
            value = int(value)
    fits = {
        "text": isinstance(value, str),
        "whole": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        "flag": isinstance(value, bool),
    }
    if not fits.get(field.kind, False):
        faults.append(_misfit(path, value, _ALLOWED[field.kind]))
    elif field.kind == "text" and _is_arn(path) and value and not _looks_like_an_arn(value):
        faults.append(_misfit(path, value, "an ARN, such as arn:aws:SERVICE:REGION:ACCOUNT:NAME"))
    return value


def _misfit(path: str, value: object, allowed: str) -> WrongType:
    return WrongType(f"{path} is {value!r}; allowed: {allowed}")


def _is_arn(path: str) -> bool:
    """Whether an argument is an ARN, by its name: `key_arn`, an entry of `media_bucket_arns` or of `volume_key_arns`."""
    root = path.partition(".")[0].partition("[")[0]
    return root.endswith(("_arn", "_arns"))


def _looks_like_an_arn(value: str) -> bool:
    return value.startswith("arn:") and value.count(":") >= 5


def _field(hint: Any) -> Field:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _KINDS:
        return Field(_KINDS[hint], output=False)
    if is_typeddict(hint):
        return Field("fields", output=False, shape=hint)
    if origin is Union and any(get_origin(each) is pulumi.Output for each in inner):
        # `pulumi.Input[T]` is T, an awaitable of T or an output of T.
        return replace(_field(inner[0]), output=True)
    if origin is list:
        return Field("list", output=False, of=_field(inner[0]))
    if origin in (dict, Mapping):
        return Field("map", output=False, of=_field(inner[1]))
    raise TypeError(f"no argument of a component is a {hint} so far")
