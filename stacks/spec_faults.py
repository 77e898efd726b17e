"""From a file to a checked value: every fault at once, each at its line.

A fault in one field must not hide the faults between other fields. So what is wrong is taken out, what is left is
checked as a whole, and whatever was concluded from a part that was taken out is not reported.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from soundstage.components.errors import Fault, SpecError
from soundstage.stacks.spec_checks import Problem
from soundstage.stacks.spec_types import OneOf
from soundstage.stacks.words import nearest, printable, shown
from soundstage.stacks.yamlfile import Document, Place, key_of

_Model = TypeVar("_Model", bound=BaseModel)

# pydantic 2.11, "Validation Errors": its error types, in our words.
_KINDS: Final = {
    "bool_type": "true or false",
    "dict_type": "a mapping (keys with values)",
    "finite_number": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "model_type": "a mapping (keys with values)",
    "string_type": "text",
    "tuple_type": "a list",
}
_BOUNDS: Final = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "too_long": ("max_length", "at most"),
    "too_short": ("min_length", "at least"),
}


def checked(
    document: Document, model: type[_Model], checks: Callable[[_Model], Iterable[Problem]], needed: Mapping[str, str]
) -> _Model:
    """The value that a file holds.

    `needed` has a stand-in for each key that has no default, so that the rest can be checked where one is wrong or
    missing. Raises `SpecError` with every fault.
    """
    problems: list[Problem] = []
    wrong = set(document.unread)
    try:
        value = model.model_validate(document.value)
    except ValidationError as error:
        found = [_problem(details, model) for details in error.errors(include_url=False)]
        places = [problem.place for problem in found]
        wrong.update(map(_whole_list, places))
        # pydantic counts the entries of a list without those that it refused; such a count says nothing more.
        problems += [
            problem
            for problem in found
            if not any(_within(problem.place, place) for place in document.unread)
            and not any(place != problem.place and _within(place, problem.place) for place in places)
        ]
        value = model.model_validate(_mended(document.value, wrong, model, needed))
    problems += [problem for problem in checks(value) if not _doubtful(problem, wrong)]
    faults = [*document.faults, *(fault_of(problem, document) for problem in problems)]
    if faults:
        raise SpecError(sorted(faults, key=lambda fault: fault.line))
    return value


def fault_of(problem: Problem, document: Document) -> Fault:
    """The problem as a fault of a file, with its line."""
    return Fault(
        document.file,
        document.line(problem.place),
        key_of(problem.place),
        problem.problem,
        None if problem.value is None else shown(problem.value),
        problem.allowed,
        problem.nearest,
    )


def _problem(details: ErrorDetails, model: object) -> Problem:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    place: Place = tuple(details["loc"])
    if place and place[-1] == "[key]" and kind != "extra_forbidden":
        place = place[:-1]
    around = _fields(reduce(_under, place[:-1], model))
    if kind == "soundstage":
        seen = None if context["hidden"] else value
        return Problem(place, context["problem"], seen, context["allowed"], context["nearest"])
    if kind == "extra_forbidden":
        known = tuple(around)
        return Problem(place, "is not known", value, ", ".join(known), nearest(place[-1], known))
    if kind == "missing":
        return Problem(place, "is missing", allowed=_words(around[str(place[-1])]))
    if kind == "literal_error":
        words = context["expected"].replace(" or ", ", ").replace("'", "")
        return Problem(place, f"is {shown(value)}", value, words, nearest(value, words.split(", ")))
    if kind in _BOUNDS:
        bound, comparison = _BOUNDS[kind]
        many = " entries" if kind.startswith("too_") else ""
        problem = f"has {context['actual_length']} entries" if many else f"is {shown(value)}"
        return Problem(place, problem, value, f"{comparison} {context[bound]:.10g}")
    return Problem(place, f"is {shown(value)}", value, _KINDS.get(kind) or printable(details["msg"]))


def _whole_list(place: Place) -> Place:
    """Lists are taken out as a whole, so that the positions in them stay true."""
    while place and isinstance(place[-1], int):
        place = place[:-1]
    return place


def _mended(value: dict[str, Any], wrong: Collection[Place], kind: object, needed: Mapping[str, str]) -> dict[str, Any]:
    """A copy of the value that lacks what is wrong, with stand-ins for what it cannot lack."""
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        below = {place[1:] for place in wrong if place[:1] == (key,)}
        if not below:
            kept[key] = inner
        elif () not in below and isinstance(inner, dict):
            kept[key] = _mended(inner, below, _under(kind, key), needed)
    for key, field in _fields(kind).items():
        if field.is_required() and key not in kept:
            kept[key] = needed[key]
    return kept


def _within(place: Place, outer: Place) -> bool:
    return place[: len(outer)] == outer


def _doubtful(problem: Problem, wrong: Collection[Place]) -> bool:
    """Whether the problem was concluded from something that was taken out."""
    return any(
        _within(place, out) or _within(out, place) for place in (problem.place, *problem.concerns) for out in wrong
    )


def _fields(kind: object) -> dict[str, FieldInfo]:
    """The fields of a model by the key that they have in a file; none for anything else."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _under(kind: object, step: object) -> object:
    """The type of what stands under a key: a field's, or that of every entry of a mapping with free names."""
    fields = _fields(kind)
    if fields:
        return fields[step].annotation if isinstance(step, str) and step in fields else None
    return get_args(kind)[-1] if get_args(kind) else None


def _words(field: FieldInfo) -> str:
    return ", ".join(word for fact in field.metadata if isinstance(fact, OneOf) for word in fact.words)
