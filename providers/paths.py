"""Reaching into documents that the cloud answers with, and into templates of what to send.

A path is dotted: `Vpc.VpcId`; a number picks an element (`Vpcs.0`, also from the end: `Versions.-1`); `[]` goes through
a list (`Groups[].GroupId`); `[Key=Value]` picks the first element that matches, `[KeyA|KeyB=Value]` by either key,
`[*Key=Value]` keeps every element that matches.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

MISSING: Final = object()
"""What a template's placeholder stands for when there is nothing to send."""
NOTHING: Final[tuple[Any, ...]] = (MISSING, None, "", False, [], {})
"""What a filled template may be that says nothing."""
ONLY_IF: Final = "?"
"""A key in a template's object: when its placeholder has no value, the whole object is left out."""
_PLACEHOLDER: Final = re.compile(r"\{([a-z][^{}\"\s]*)\}")
_STEP: Final = re.compile(r"([^.\[\]]+)(?:(\[)([^\]]*)\])?")


def pick(document: Any, path: str) -> Any:
    """What is at `path`, `None` when there is nothing. An empty path is the document itself."""
    return _walk(document, _steps(path))


def _walk(current: Any, steps: tuple["_Step", ...]) -> Any:
    for index, step in enumerate(steps):
        if step.key:
            current = _child(current, step.key)
        if current is None:
            return None
        if step.match:
            keys, wanted = step.match
            items = [current] if isinstance(current, Mapping) else current
            matching = [item for item in items if any(str(item.get(key)) == wanted for key in keys)]
            current = matching if step.every else next(iter(matching), None)
        elif step.through:
            return [_walk(item, steps[index + 1 :]) for item in current]
    return current


def _child(current: Any, key: str) -> Any:
    if isinstance(current, list):
        position = int(key)
        return current[position] if -len(current) <= position < len(current) else None
    return current.get(key) if isinstance(current, Mapping) else None


def place(document: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` at a dotted path, making the objects on the way. A path that ends with `[]` adds it, or each of it where it is a
    list, to what is there."""
    *parents, last = path.split(".")
    for key in parents:
        document = document.setdefault(key, {})
    if last.endswith("[]"):
        document.setdefault(last[:-2], []).extend(value if isinstance(value, list) else [value])
    else:
        document[last] = value


def fill(template: Any, lookup: Callable[[str], Any]) -> Any:
    """A template with every `{name}` replaced by `lookup(name)`.

    A text that is one placeholder becomes the value itself, whatever its type. Entries whose value is `MISSING` are left
    out of objects and lists; in the middle of a text it makes the whole text `MISSING`.
    """
    if isinstance(template, str):
        pieces = _pieces(template)
        if len(pieces) == 1:
            literal, name = pieces[0]
            return lookup(name) if name else literal
        values = [lookup(name) if name else literal for literal, name in pieces]
        return MISSING if any(value is MISSING for value in values) else "".join(map(str, values))
    if isinstance(template, Mapping):
        if ONLY_IF in template and fill(template[ONLY_IF], lookup) is MISSING:
            return MISSING
        filled = {key: fill(item, lookup) for key, item in template.items() if key != ONLY_IF}
        return {key: item for key, item in filled.items() if item is not MISSING}
    if isinstance(template, list):
        return [item for item in (fill(item, lookup) for item in template) if item is not MISSING]
    return template


def parts(template: str, text: str) -> dict[str, str] | None:
    """The inverse of `fill` for a text such as `{in.role}:{in.name}`; `None` when `text` cannot come from it.

    Each placeholder but the last ends at the first occurrence of what follows it.
    """
    found: dict[str, str] = {}
    pieces = _pieces(template)
    for index, (literal, name) in enumerate(pieces):
        if not name:
            if not text.startswith(literal):
                return None
            text = text[len(literal) :]
            continue
        following = pieces[index + 1][0] if index + 1 < len(pieces) else ""
        if not following:
            found[name], text = text, ""
        else:
            value, separator, rest = text.partition(following)
            if not separator:
                return None
            found[name], text = value, separator + rest
    return None if text else found


@lru_cache(maxsize=4096)
def _pieces(template: str) -> tuple[tuple[str, str], ...]:
    """A template as (literal, "") and ("", name) in turn. Braces around anything but a name stand for themselves."""
    pieces = []
    end = 0
    for found in _PLACEHOLDER.finditer(template):
        if found.start() > end:
            pieces.append((template[end : found.start()], ""))
        pieces.append(("", found[1]))
        end = found.end()
    if end < len(template):
        pieces.append((template[end:], ""))
    return tuple(pieces) or (("", ""),)


@dataclass(frozen=True, slots=True)
class _Step:
    key: str
    through: bool = False
    every: bool = False
    match: tuple[tuple[str, ...], str] | None = None


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[_Step, ...]:
    steps = []
    for key, bracket, condition in _STEP.findall(path):
        names, equals, value = condition.partition("=")
        match = (tuple(names.lstrip("*").split("|")), value) if equals else None
        steps.append(_Step(key, bool(bracket), names.startswith("*"), match))
    return tuple(steps)
