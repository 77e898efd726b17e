"""What every component is: one token in every language, its arguments on record, its outputs by the names of the schema."""

import inspect
from collections.abc import Mapping
from typing import Any

import pulumi

from soundstage.components.fields import Field, fields
from soundstage.components.foreign_tags import leave_alone
from soundstage.components.naming import camel_case


class Sent(dict[str, Any]):
    """The arguments of a component that a program in another language asked for, with what that program sent."""

    def __init__(self, args: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
        super().__init__(args)
        self.sent = sent


class Component(pulumi.ComponentResource):
    """The base of all components. Its token is `soundstage:FOLDER:CLASS`, after the folder of the cloud that it is written in."""

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        own = pulumi.ResourceOptions(
            transformations=[leave_alone(args["foreign_tags"])] if args.get("foreign_tags") else []
        )
        recorded = _recorded(args, shape_of(type(self)))
        super().__init__(token(type(self)), name, recorded, pulumi.ResourceOptions.merge(opts, own))

    def record_outputs(self) -> None:
        """End the component: its documented attributes are its outputs."""
        self.register_outputs({camel_case(name): getattr(self, name) for name in inspect.get_annotations(type(self))})


def token(component: type[Component]) -> str:
    """The type of a component in every program and every state, such as `soundstage:aws:MediaBucket`."""
    return f"soundstage:{component.__module__.split('.')[-2]}:{component.__name__}"


def shape_of(component: type[Component]) -> type:
    """The `TypedDict` of a component's arguments."""
    shape: type = component.__init__.__annotations__["args"]
    return shape


def _recorded(args: Mapping[str, Any], shape: type) -> dict[str, Any]:
    """What the state says a component was given.

    From Python only what is plain: the component would be registered, and its children made, only after every output
    among its arguments is there. What another language sends is there already.
    """
    if isinstance(args, Sent):
        return dict(args.sent)
    return {
        camel_case(key): _plain(args[key], field)
        for key, field in fields(shape).items()
        if args.get(key) is not None and not _waits(args[key])
    }


def _plain(value: Any, field: Field) -> Any:
    """A value by the names of the schema, also inside lists and maps of fields."""
    if field.shape and isinstance(value, Mapping):
        known = fields(field.shape)
        return {camel_case(key): _plain(item, known[key]) if key in known else item for key, item in value.items()}
    if field.of and isinstance(value, Mapping):
        return {key: _plain(item, field.of) for key, item in value.items()}
    if field.of and isinstance(value, (list, tuple)):
        return [_plain(item, field.of) for item in value]
    return value


def _waits(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_waits, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_waits, value))
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)
