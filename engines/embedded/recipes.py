"""How the outputs of a run were made, noted while it previews, so that `up` can go on with that run (`repeat`).

An output is a property of a resource, or made of other outputs by a function (`apply`) or by joining them (`all`). The SDK works each
out once; what is noted here says how to do so again, when what was unknown is known. The functions are the program's own: one that a
preview ran is not run again for a value that stayed the same, and one that it left out runs for the first time.
"""

import asyncio
import contextvars
import functools
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Final, TypeAlias

import pulumi
from pulumi import _types, output

Data: TypeAlias = "output._OutputData[Any]"
Out: TypeAlias = "pulumi.Output[Any]"
_MISSING: Final = object()
_inside: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("_inside", default="")
"""Which value the function that runs was given by `apply`; empty where none runs."""
_KNOWN: Final = "known"
_UNKNOWN: Final = "unknown"


@dataclass(slots=True, eq=False)
class Property:
    """A property of a resource, by its name in Python."""

    resource: pulumi.Resource
    name: str


@dataclass(slots=True, eq=False)
class Joined:
    """A list or mapping of outputs that became one."""

    parts: "Mapping[Any, Out]"
    named: bool


@dataclass(slots=True, eq=False)
class Applied:
    """What a function makes of an output."""

    source: Out
    function: Callable[[Any], Any]
    with_unknowns: bool
    value: Any = _MISSING
    """What the function was given when it ran."""
    result: Any = None

    def __call__(self, value: Any) -> Any:
        again = _inside.get() == _UNKNOWN or output.contains_unknowns(value)
        token = _inside.set(_UNKNOWN if again else _KNOWN)
        try:
            self.result = self.function(value)
        finally:
            _inside.reset(token)
        self.value = value
        return self.result


@dataclass(frozen=True, slots=True)
class Given:
    """What the program gave to a resource, or as the outputs of a component, and how the SDK was asked to write it down."""

    inputs: Mapping[str, Any]
    more: tuple[Any, ...]
    named: Mapping[str, Any]

    def outputs_only(self) -> "Given | None":
        """Those that hold outputs; None where one cannot be written down again."""
        held = {key: holds_outputs(value) for key, value in self.inputs.items()}
        if None in held.values():
            return None
        return Given({key: value for key, value in self.inputs.items() if held[key]}, self.more, self.named)


NOTHING: Final = Given({}, (), {})


@dataclass(eq=False)
class Recorder:
    """Takes the notes of one run."""

    given: dict[str, Given] = field(default_factory=dict)
    """By URN."""
    outputs_given: list[Given] = field(default_factory=list)
    """In the order in which components registered theirs."""
    properties: list[tuple[pulumi.Resource, Mapping[str, Out]]] = field(default_factory=list)
    """Of each resource, by their names in Python."""
    outputs: list[Out] = field(default_factory=list)
    """All others."""
    nested: bool = False
    """Whether a resource was registered inside an `apply`: running that function again would register it twice."""

    def can_go_on(self) -> bool:
        """Whether it is known of all that was given how to make it again. Forgets what stays as it is."""
        if self.nested or not all(_recipe(out) or _is_known(out) for out in self.outputs):
            return False
        given = {urn: one.outputs_only() for urn, one in self.given.items()}
        outputs_given = [one.outputs_only() for one in self.outputs_given]
        if None in given.values() or None in outputs_given:
            return False
        self.given = {urn: one for urn, one in given.items() if one}
        self.outputs_given = [one or NOTHING for one in outputs_given]
        return True

    def made(self, out: Out) -> None:
        """Note that there is an output, unless the function that made it runs again in any case: it was given what is unknown."""
        if _inside.get() != _UNKNOWN:
            self.outputs.append(out)

    def note(self, out: Out, recipe: Property | Joined | Applied) -> None:
        """Note how an output is made."""
        out.__dict__["_recipe"] = recipe

    def registered(self, resource: pulumi.Resource, properties: Mapping[str, Out]) -> None:
        """Note the properties of a resource that is being registered."""
        self.nested = self.nested or bool(_inside.get())
        self.properties.append((resource, properties))
        if "id" in properties:
            self.note(properties["id"], Property(resource, "id"))


def _recipe(out: Out) -> Property | Joined | Applied | None:
    found: Property | Joined | Applied | None = out.__dict__.get(
        "_recipe"
    )  # an attribute that an output lacks is an output
    return found


def _is_known(out: Out) -> bool:
    return out._data.done() and not out._data.exception() and out._data.result().is_known


def holds_outputs(value: Any) -> bool | None:
    """Whether what a program gives holds an output. None where it holds what can be waited for once only."""
    if isinstance(value, (pulumi.Output, pulumi.Resource)):
        return True
    if isawaitable(value):
        return None
    parts: Any = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, (list, tuple)):
        parts = value
    elif _types.is_input_type(type(value)):
        parts = vars(value).values()
    found = False
    for part in parts:
        if (holds := holds_outputs(part)) is None:
            return None
        found = found or holds
    return found


class _Later:
    """Stands where an output keeps its data: works them out when somebody waits for them."""

    def __init__(self, work: Callable[[], Awaitable[Data]]) -> None:
        self._work = work
        self._found: asyncio.Future[Data] | None = None

    def __await__(self) -> Generator[Any, None, Data]:
        if self._found is None:
            self._found = asyncio.ensure_future(self._work())
        return (yield from self._found.__await__())


class _Anew:
    """Tells what the properties of a resource are now."""

    def __init__(
        self, resource: pulumi.Resource, properties: Mapping[str, Out], value_of: Callable[[Property], Awaitable[Data]]
    ) -> None:
        self._resource, self._properties, self._value_of = resource, properties, value_of

    def of(self, out: Out) -> _Later:
        """The data of one of them."""
        name = next(name for name, one in self._properties.items() if one is out)
        return _Later(functools.partial(self._value_of, Property(self._resource, name)))


class LateProperty(pulumi.Output[Any]):
    """A property of a resource, of which there are forty, three of which anybody waits for: only those get a future."""

    _told: "Data | Exception | _Anew | None"
    _asked: Any

    def __init__(self) -> None:
        # The SDK's own would begin to wait at once.
        self._told = self._asked = None

    @property
    def _data(self) -> Any:
        if self._asked is None:
            if isinstance(self._told, _Anew):
                self._asked = self._told.of(self)
            else:
                self._asked = asyncio.Future()
                self._answer()
        return self._asked

    @_data.setter
    def _data(self, data: Any) -> None:
        self._asked = data

    def tell(self, told: "Data | Exception") -> None:
        """What it is, or what went wrong."""
        self._told = told
        if self._asked is not None:
            self._answer()

    def begin_again(self, anew: _Anew) -> None:
        """Forget what it was."""
        self._told, self._asked = anew, None

    def _answer(self) -> None:
        if isinstance(self._told, Exception):
            self._asked.set_exception(self._told)
            self._asked.exception()  # it is raised where the registration ends, so that asyncio need not tell of it
        elif self._told is not None:
            self._asked.set_result(self._told)


def begin_again(recorder: Recorder, value_of: Callable[[Property], Awaitable[Data]]) -> None:
    """Let every output of the run be worked out anew when it is asked for; `value_of` tells what a property is now."""
    for resource, properties in recorder.properties:
        anew = _Anew(resource, properties, value_of)
        for out in properties.values():
            if isinstance(out, LateProperty):
                out.begin_again(anew)
            else:
                out._data = anew.of(out)  # type: ignore[assignment]
    for out in recorder.outputs:
        if (recipe := _recipe(out)) is not None:
            out._data = _Later(functools.partial(_again, recipe, out._data, value_of))  # type: ignore[assignment]


async def _again(
    recipe: Property | Joined | Applied, before: "asyncio.Future[Data]", value_of: Callable[[Property], Awaitable[Data]]
) -> Data:
    if isinstance(recipe, Property):
        return await value_of(recipe)
    if isinstance(recipe, Joined):
        return joined(recipe, [await part._data for part in recipe.parts.values()])
    data = await recipe.source._data
    if recipe.value is _MISSING or not data.is_known or data.value != recipe.value:
        made = pulumi.Output.apply(recipe.source, recipe.function, recipe.with_unknowns)
        return await made._data
    if not isinstance(recipe.result, pulumi.Output):
        return before.result()
    inner = await recipe.result._data
    secret = data.is_secret or inner.is_secret
    return output._OutputData(data.resources | inner.resources, inner.value, inner.is_known, secret)


def joined(recipe: Joined, data: list[Data]) -> Data:
    """What several outputs are as one."""
    values = [one.value for one in data]
    return output._OutputData(
        set().union(*(one.resources for one in data)),
        dict(zip(recipe.parts, values, strict=True)) if recipe.named else values,
        all(one.is_known for one in data),
        any(one.is_secret for one in data),
    )
