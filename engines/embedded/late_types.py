"""The types of a resource's properties, each read when it is asked for.

The SDK reads the annotations of all that a class of `pulumi_aws` may ever have, and makes the classes that they name: an instance has 60,
of which a preview asks for 20. What is replaced stands in private places of the SDK (pulumi 3.272) and says the same of every property.
"""

import functools
import typing
from typing import Any, Final

import pulumi
from pulumi import _types

_unwrap_by_sdk: Final = _types.unwrap_type
_ITSELF: Final = "Output[T]"
"""What `pulumi.Input` says of itself: a name that means the same in every module."""
_LOCAL: Final[dict[str, Any]] = {"Output": pulumi.Output, "T": type(None)}
"""What the SDK lets an annotation name besides (`_types._raw_return_hints`)."""


def read_types_late() -> None:
    """Put it in place. Doing so again changes nothing."""
    if _types.unwrap_type is _unwrap_by_sdk:
        _types.unwrap_type = functools.cache(_types.unwrap_type)
        _types.unwrap_optional_type = functools.cache(_types.unwrap_optional_type)
        _types.input_type_types = _types.output_type_types = _types.resource_types = functools.cache(LateTypes)


class LateTypes(dict[str, Any]):
    """The type of each property of a class, by Pulumi's name for it. Holds what was asked for."""

    def __init__(self, cls: type) -> None:
        super().__init__(_types._types_from_annotations(cls))
        self._cls = cls
        self._forms = {name: prop.fget.__annotations__.get("return") for _, name, prop in _types._py_properties(cls)}

    def get(self, name: str, default: Any = None) -> Any:
        form = self._forms.get(name)
        if form is not None:
            if (found := _types.unwrap_type(self._evaluated(form))) is not pulumi.Output:
                self[name] = found
            # Not before: another thread that asks meanwhile would be told that there is no type.
            self._forms.pop(name, None)
        return super().get(name, default)

    def _evaluated(self, form: Any) -> Any:
        if id(form) in _known:
            return _known[id(form)][1]
        found = _evaluated(form, _types._globals_for_cls(self._cls))
        if not _names(form) - {_ITSELF}:
            _known[id(form)] = form, found
        return found


_known: Final[dict[int, tuple[Any, Any]]] = {}
"""What annotations say, by their identity, which nothing else gets as long as they are kept."""


def _evaluated(form: Any, module: dict[str, Any] | None) -> Any:
    def described() -> None: ...

    described.__annotations__ = {"return": form}
    return typing.get_type_hints(described, globalns=module, localns=_LOCAL)["return"]


def _names(form: Any) -> set[str]:
    """The names in an annotation that a module has to explain."""
    if isinstance(form, str):
        return {form}
    if isinstance(form, typing.ForwardRef):
        return {form.__forward_arg__}
    return {name for part in typing.get_args(form) for name in _names(part)}
