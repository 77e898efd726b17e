"""From a file to a checked value: every fault at once, each at its line.

A fault in one field must not hide the faults between other fields. So what is wrong is taken out, what is left is
checked as a whole, and whatever was concluded from a part that was taken out is not reported.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from soundstage.core.errors import Fault, SpecError
from soundstage.core.strict import OneOf
from soundstage.core.words import nearest, printable, shown
from soundstage.core.yamlfile import MOST_FAULTS, Document, Place, key_of

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place. `concerns` are the other places that it was concluded from."""

    place: Place
    problem: str
    value: object = None
    allowed: str = ""
    nearest: str = ""
    concerns: tuple[Place, ...] = ()


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
    document: Document, model: type[_Model], checks: Callable[[_Model], Iterable[Problem]], needed: Mapping[str, Any]
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
        found = [_problem(details, model) for details in _worth_telling(error)]
        unread = document.unread
        problems += [problem for problem in found if unread.isdisjoint(_prefixes(problem.place))]
        wrong.update(_whole_list(problem.place) for problem in found)
        value = model.model_validate(_mended(document.value, wrong, model, needed))
    around = _around(wrong)
    problems += [problem for problem in checks(value) if not _doubtful(problem, wrong, around)]
    faults = [*document.faults, *(fault_of(problem, document) for problem in problems)]
    if faults:
        faults.sort(key=lambda fault: fault.line)
        more = len(faults) - MOST_FAULTS
        raise SpecError(faults[:MOST_FAULTS], f"And {more} more." if more > 0 else "")
    return value


def _worth_telling(error: ValidationError) -> list[ErrorDetails]:
    """pydantic counts the entries of a list without those that it refused; that a list is too short then says nothing."""
    details = error.errors(include_url=False)
    refused = {one["loc"][:-1] for one in details}
    return [one for one in details if one["type"] != "too_short" or one["loc"] not in refused]


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


def _mended(value: dict[str, Any], wrong: Collection[Place], kind: object, needed: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the value that lacks what is wrong, with stand-ins for what it cannot lack."""
    below: dict[object, set[Place]] = defaultdict(set)
    for place in wrong:
        below[place[0]].add(place[1:])
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        if key not in below:
            kept[key] = inner
        elif () not in below[key] and isinstance(inner, dict):
            kept[key] = _mended(inner, below[key], _under(kind, key), needed)
    for key, field in _fields(kind).items():
        if field.is_required() and key not in kept:
            kept[key] = needed[key]
    return kept


def _prefixes(place: Place) -> list[Place]:
    return [place[:length] for length in range(1, len(place) + 1)]


def _around(places: Iterable[Place]) -> set[Place]:
    """The places and everything that they are part of, but the file itself."""
    return {prefix for place in places for prefix in _prefixes(place)}


def _doubtful(problem: Problem, wrong: AbstractSet[Place], around: AbstractSet[Place]) -> bool:
    """Whether the problem was concluded from something that was taken out."""
    return any(
        place in around or any(prefix in wrong for prefix in _prefixes(place))
        for place in (problem.place, *problem.concerns)
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
