"""What changes inside a resource: one line per property, old → new."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, escaped, fit, pad
from soundstage.components.boot.user_data import opened
from soundstage.core.values import UNKNOWN, Secret, Value, masked
from soundstage.plan.plan import Change

MOST_LINES: Final = 12
"""Properties shown per resource; the rest is counted. `--json` has them all."""
_NARROWEST: Final = 12
_ROOM_FOR_A_NOTE: Final = 40
"""Columns that values want before a line also says `replaces`, which the mark of its resource says already."""
_ABSENT: Final = object()
_CONTEXT: Final = 24
"""Characters shown on each side of a difference within a long line."""
_SEPARATOR: Final = re.compile(r"^--\S{12,}$|boundary=")


def change_lines(changes: Sequence[Change], screen: Screen, indent: str) -> list[str]:
    """The changed properties of one resource, at most `MOST_LINES` and a line that counts the rest."""
    parts = [part for change in changes for part in _apart(change)]
    shown = parts[:MOST_LINES]
    width = max((columns(escaped(part.path)) for part in shown), default=0)
    width = min(width, max(screen.width // 3, _NARROWEST))
    lines = [_line(part, screen, indent, width) for part in shown]
    if len(parts) > MOST_LINES:
        lines.append(screen.paint(f"{indent}and {len(parts) - MOST_LINES} more", "dim"))
    return lines


def value_text(value: Value) -> str:
    """A value on one line. Secrets are masked; what only the cloud will decide says so."""
    if value is _ABSENT or value is None:
        return "(none)"
    if value is UNKNOWN or isinstance(value, Secret):
        return str(masked(value))
    if isinstance(value, str) and "\n" in value:
        lines = value.splitlines()
        return f"{len(lines)} lines starting with {json.dumps(lines[0], ensure_ascii=False)}"
    return json.dumps(masked(value), ensure_ascii=False, default=str)


def _line(change: Change, screen: Screen, indent: str, width: int) -> str:
    path = pad(fit(change.path, width), width)
    before, after = value_text(change.before), value_text(change.after)
    room = screen.width - columns(indent) - width - len("  ") - len(" -> ")
    note = "  replaces" if change.replaces and room > _ROOM_FOR_A_NOTE else ""
    room = max(room - len(note), 2)
    if columns(escaped(before)) + columns(escaped(after)) > room:
        before = fit(before, max(room - columns(escaped(after)), room // 2))
        after = fit(after, room - columns(before))
    values = screen.paint(before, "dim") + screen.plain(" → ") + screen.plain(after)
    return f"{indent}{screen.paint(path, 'bold')}  {values}{screen.paint(note, 'magenta')}"


def _apart(change: Change) -> Iterator[Change]:
    """A policy document or a boot script arrives as one long string; only what differs inside it helps a reader."""
    if change.path.lower().endswith("userdatabase64"):
        change = replace(change, before=_user_data(change.before), after=_user_data(change.after))
    before, after = _document(change.before), _document(change.after)
    if before is not None and after is not None:
        differences = list(_differences(change.path, before, after))
    elif _is_text(change.before) and _is_text(change.after):
        differences = list(_different_lines(change.path, change.before, change.after))
    else:
        differences = []
    if not differences:
        yield change
    for path, old, new in differences:
        yield Change(path, old, new, change.replaces)


def _user_data(value: Value) -> Value:
    """The text behind user data that are packed."""
    found = opened(value) if isinstance(value, str) else None
    return value if found is None else found


def _is_text(value: Value) -> bool:
    return isinstance(value, str) and "\n" in value


def _different_lines(path: str, before: str, after: str) -> Iterator[tuple[str, Any, Any]]:
    """The lines that differ, by their number in the new text. Separators of a MIME message follow from the rest."""
    old, new = ([line for line in text.splitlines() if not _SEPARATOR.search(line)] for text in (before, after))
    for index, was, becomes in _apart_in(old, new):
        yield f"{path}:{index + 1}", *_around_the_difference(was, becomes)


def _apart_in(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, Any, Any]]:
    """What differs between two sequences, by its index in the new one."""
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = zip_longest(old[old_from:old_to], new[new_from:new_to], fillvalue=_ABSENT)
        for offset, (was, becomes) in enumerate(pairs):
            yield new_from + offset, was, becomes


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _around_the_difference(before: Any, after: Any) -> tuple[Any, Any]:
    """Two lines cut down to where they differ, with a little of what surrounds it."""
    if not isinstance(before, str) or not isinstance(after, str):
        return before, after
    start = max(_shared(before, after) - _CONTEXT, 0)
    end = max(_shared(before[:start:-1], after[:start:-1]) - _CONTEXT, 0)
    cut = [("…" if start else "") + text[start : len(text) - end] + ("…" if end else "") for text in (before, after)]
    return cut[0], cut[1]


def _document(value: Value) -> Any:
    if isinstance(value, dict) or _is_list_of_objects(value):
        return value
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _differences(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _differences(f"{path}.{key}", before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{path}[{index}]", old, new)
    elif _is_list_of_objects(before) and _is_list_of_objects(after):  # one more or one fewer: the others stay out of it
        texts = ([json.dumps(masked(item), default=str) for item in items] for items in (before, after))
        for index, *pair in _apart_in(*texts):
            old, new = (item if item is _ABSENT else json.loads(item) for item in pair)
            yield from _differences(f"{path}[{index}]", old, new)
    elif before is _ABSENT or after is _ABSENT or before != after:
        yield path, before, after
