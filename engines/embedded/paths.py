"""Property paths such as `tags.Name`, `ingress[0].cidrBlocks[*]` or `tags["a.b"]`.

The grammar and the meaning of `*` are those of Pulumi's `PropertyPath`
(pulumi/pulumi `sdk/go/property/path.go` and `common/resource/property_path.go`, read 2026-11).
"""

import re
from typing import Final, TypeAlias

from soundstage.core.values import Properties, Value

Path: TypeAlias = tuple[str | int, ...]

_STEP: Final = re.compile(r"""\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+|\*)\]|\.?(?P<name>[^.\[\]]+)""")


def parse(text: str) -> Path | None:
    """The steps of a path; None when the text is no path."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None:
            return None
        position = step.end()
        if step["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", step["quoted"]))
        elif step["index"] is not None:
            steps.append("*" if step["index"] == "*" else int(step["index"]))
        else:
            steps.append(step["name"])
    return tuple(steps)


def contains(outer: Path, inner: Path) -> bool:
    """Whether `inner` is the place that `outer` names, or inside it."""
    return len(outer) <= len(inner) and all(a in ("*", b) for a, b in zip(outer, inner, strict=False))


def reset(path: Path, old: Properties, new: Properties) -> Properties:
    """`new` with what is at `path` as it is in `old`; unchanged where the lists on the way do not match."""
    changed = _reset(path, old, new)
    return changed if isinstance(changed, dict) else new


class _Absent:
    """No value in this place."""


_ABSENT: Final = _Absent()


def _reset(path: Path, old: Value, new: Value) -> Value:
    if not path:
        return old
    step, rest = path[0], path[1:]
    if isinstance(new, dict):
        return _reset_map(step, rest, old if isinstance(old, dict) else {}, new)
    if isinstance(new, list) and isinstance(old, list):
        places = range(len(new)) if step == "*" else [step]
        if step == "*" and len(old) != len(new):
            return new
        copy = list(new)
        for place in places:
            if isinstance(place, int) and place < min(len(old), len(new)):
                copy[place] = _reset(rest, old[place], new[place])
        return copy
    return new


def _reset_map(step: str | int, rest: Path, old: Properties, new: Properties) -> Properties:
    keys = [*new, *(key for key in old if key not in new)] if step == "*" else [str(step)]
    copy = dict(new)
    for key in keys:
        before = old.get(key, _ABSENT)
        if not rest:
            if before is _ABSENT:
                copy.pop(key, None)
            else:
                copy[key] = before
        elif key in new and before is not _ABSENT:
            copy[key] = _reset(rest, before, new[key])
    return copy
