"""Conditions of IAM bindings: the part of the Common Expression Language that Google's documents use for them.

`resource.name.startsWith("…")`, `resource.type == "…"`, `request.time < timestamp("…")`, `destination.port == 22`,
`api.getAttribute("…", "…")`, `"…" in […]`, joined by `&&`, `||`, `!` and parentheses.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from soundstage.simulator.gcp.work import seconds_of

_TOKEN: Final = re.compile(r"\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\d+|&&|\|\||[<>=!]=|[<>!()\[\].,]|\w+)")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _extracted(text: str, template: str) -> str:
    """What stands in the place of the name in `/instances/{name}`; empty where the text is not like that (Google Cloud IAM, "Conditions
    attribute reference", read 2026-11)."""
    before, _, rest = template.partition("{")
    after = rest.partition("}")[2]
    start = text.find(before)
    begin = start + len(before)
    end = text.find(after, begin) if after else len(text)
    return text[begin:end] if start >= 0 and end >= 0 else ""


_OF_TEXT: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "extract": _extracted,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
}


class Unreadable(ValueError):
    """An expression that is none of ours."""


def holds(expression: str, known: Mapping[str, Any]) -> bool:
    """Whether an expression is true. `known` is what names mean: `resource.name`, `request.time` (seconds), `api` (its attributes).
    Raises `Unreadable`. What is not known makes it false, as with Google."""
    reader = _Reader(expression, known)
    try:
        found = reader.either()
    except (TypeError, AttributeError, KeyError):
        return False
    if reader.tokens:
        raise Unreadable(f"{reader.tokens[0]!r} is not expected")
    return found is True


class _Reader:
    def __init__(self, text: str, known: Mapping[str, Any]) -> None:
        self.tokens: list[str] = []
        self.known = known
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if not found:
                raise Unreadable(f"{text[place:].strip()!r} cannot be read")
            self.tokens.append(found[1])
            place = found.end()

    def _next(self, wanted: str = "") -> str:
        if not self.tokens or (wanted and self.tokens[0] != wanted):
            raise Unreadable(f"{wanted or 'more'} is expected")
        return self.tokens.pop(0)

    def _is_next(self, *wanted: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in wanted

    def either(self) -> Any:
        found = self._both()
        while self._is_next("||"):
            self._next()
            other = self._both()
            found = found is True or other is True
        return found

    def _both(self) -> Any:
        found = self._compared()
        while self._is_next("&&"):
            self._next()
            other = self._compared()
            found = found is True and other is True
        return found

    def _compared(self) -> Any:
        found = self._part()
        if self._is_next(*_COMPARE):
            compare = _COMPARE[self._next()]
            other = self._part()
            return None if found is None or other is None else compare(found, other)
        if self._is_next("in"):
            self._next()
            return found in (self._part() or ())
        return found

    def _part(self) -> Any:
        if self._is_next("!"):
            self._next()
            return self._part() is not True
        if self._is_next("("):
            self._next()
            found = self.either()
            self._next(")")
            return found
        if self._is_next("["):
            return self._row("[", "]")
        word = self._next()
        if word[0] in "\"'":
            return self._called(re.sub(r"\\(.)", r"\1", word[1:-1]))
        if word.isdecimal():
            return int(word)
        if word in ("true", "false"):
            return word == "true"
        if word == "timestamp":
            return seconds_of(self._row("(", ")")[0])
        return self._name(word)

    def _name(self, name: str) -> Any:
        while self._is_next("."):
            if name == "api" or (len(self.tokens) > 2 and self.tokens[2] == "(" and self.tokens[1] in _OF_TEXT):
                break
            self._next()
            name += "." + self._next()
        if name == "api":
            self._next(".")
            self._next("getAttribute")
            attribute, default = self._row("(", ")")
            return self._called(self.known.get("api", {}).get(attribute, default))
        return self._called(self.known.get(name))

    def _called(self, value: Any) -> Any:
        while self._is_next("."):
            self._next()
            what = self._next()
            if what not in _OF_TEXT:
                raise Unreadable(f"the function {what} is not known here")
            (argument,) = self._row("(", ")")
            value = None if value is None else _OF_TEXT[what](value, argument)
        return value

    def _row(self, first: str, last: str) -> list[Any]:
        self._next(first)
        found = []
        while not self._is_next(last):
            found.append(self._part())
            if self._is_next(","):
                self._next()
        self._next(last)
        return found
