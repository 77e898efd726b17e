"""What the engine sends for a component, as the arguments that the component takes in Python."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pulumi
from pulumi.runtime.known_types import is_unknown

from soundstage.components.arguments import WrongType
from soundstage.components.component import Sent
from soundstage.components.fields import Field, fields
from soundstage.components.naming import camel_case


@dataclass
class Arrived:
    """The arguments by their Python names, and what keeps a component from being made of them."""

    args: Sent
    unknown: list[str] = field(default_factory=list)
    """Arguments that decide what is made and that a preview cannot know, by their names in the schema."""
    faults: list[str] = field(default_factory=list)
    """What is wrong, by the Python names."""


class Settled(NamedTuple):
    """What an output that came over the wire holds: such outputs have their value from the start."""

    value: Any
    known: bool
    secret: bool


def arrived(inputs: Mapping[str, Any], shape: type) -> Arrived:
    """Read the inputs of a component whose arguments have this shape. Names that it does not know are kept as they are."""
    found = Arrived(Sent({}, {name: pulumi.Output.from_input(value) for name, value in inputs.items()}))
    found.args.update(_fields(inputs, shape, "", found))
    return found


def _fields(inputs: Mapping[str, Any], shape: type, path: str, found: Arrived) -> dict[str, Any]:
    known = {camel_case(name): (name, field) for name, field in fields(shape).items()}
    read = {}
    for sent, value in inputs.items():
        name, of = known.get(sent, (sent, None))
        read[name] = _value(value, of, f"{path}.{name}" if path else name, found) if of else value
    return read


def _value(value: Any, field: Field, path: str, found: Arrived) -> Any:
    if field.output:
        return _passed_on(value)
    if isinstance(value, pulumi.Output):
        value, known, secret = settled(value)
        if secret:
            found.faults.append(WrongType(f"{path} is a secret, and would be stored in clear; allowed: a plain value"))
            return None
        if not known:
            value = _Unknown
    if value is _Unknown or is_unknown(value):
        found.unknown.append(".".join(map(camel_case, path.split("."))))
        return None
    if field.shape and isinstance(value, Mapping):
        return _fields(value, field.shape, path, found)
    if field.kind == "list" and field.of and isinstance(value, list):
        return [_value(item, field.of, f"{path}[{place}]", found) for place, item in enumerate(value)]
    if field.kind == "map" and field.of and isinstance(value, Mapping):
        return {key: _value(item, field.of, f"{path}.{key}", found) for key, item in value.items()}
    return value


class _Unknown:
    """Stands for the value of an output that is not known yet."""


def _passed_on(value: Any) -> Any:
    """A value that may be an output. Null is absent, also inside an output; what is plain stays plain, so that it is judged."""
    if isinstance(value, pulumi.Output):
        inner = settled(value)
        return None if inner.known and inner.value is None else value
    return pulumi.Output.from_input(value) if _is_open(value) else value


def _is_open(value: Any) -> bool:
    """Whether a part of the value is an output or is not known."""
    if isinstance(value, Mapping):
        return any(map(_is_open, value.values()))
    if isinstance(value, list):
        return any(map(_is_open, value))
    return isinstance(value, pulumi.Output) or is_unknown(value)


def settled(output: pulumi.Output[Any]) -> Settled:
    """Look into an output without waiting. The SDK (3.272) keeps all there is to know of one in one future."""
    if not output._data.done():
        return Settled(None, known=False, secret=False)
    data = output._data.result()
    return Settled(data.value, data.is_known, data.is_secret)
