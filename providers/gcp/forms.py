"""The forms that values of Google's APIs take, beside those of `providers.mapping`."""

import json
from collections.abc import Iterator
from typing import Any, Final

from soundstage.core.values import Value, has_unknown
from soundstage.providers.mapping import Block, Blocks, Field, Form, key_changes

MARK: Final = "soundstage-stopped-for-change"
"""The label of a machine that ran before it was stopped for a change. Whoever finds it starts the machine."""


class Text(Form):
    """A text. The many ways to name a resource mean the same: its address, the part of it from `projects/` on, and its name."""

    def same(self, left: Value, right: Value) -> bool:
        return bool(left == right) or (isinstance(left, str) and isinstance(right, str) and _same_resource(left, right))


def _same_resource(left: str, right: str) -> bool:
    if "projects/" not in left and "projects/" not in right:
        # `zones/europe-west4-a/machineTypes/g2-standard-8` or its last part for an address is how programs name what Google made.
        return False
    ours, theirs = (text[text.find("projects/") :] if "projects/" in text else text for text in (left, right))
    shorter, longer = sorted((ours, theirs), key=len)
    return longer == shorter or longer.endswith(f"/{shorter}")


class Caseless(Text):
    """A text that Google writes in capitals, whatever it was given."""

    def same(self, left: Value, right: Value) -> bool:
        return str(left).upper() == str(right).upper()


class Number(Form):
    """A number that the API writes as text."""

    def encode(self, value: Value) -> Any:
        return str(value)

    def decode(self, found: Any) -> Value:
        return int(found)


class NumberText(Form):
    """A number that the API and Pulumi write as text."""

    def encode(self, value: Value) -> Any:
        return str(value)

    def decode(self, found: Any) -> Value:
        return str(found)

    def same(self, left: Value, right: Value) -> bool:
        return str(left) == str(right)


class Flag(Form):
    """A truth that Pulumi writes as text, and Google as such."""

    def encode(self, value: Value) -> Any:
        return str(value).upper() == "TRUE"

    def decode(self, found: Any) -> Value:
        return str(found).upper()

    def same(self, left: Value, right: Value) -> bool:
        return str(left).upper() == str(right).upper()


class Age(Form):
    """Whether a lifecycle rule is about current versions or replaced ones, which the API says as a truth."""

    def encode(self, value: Value) -> Any:
        return {"LIVE": True, "ARCHIVED": False}.get(value)

    def decode(self, found: Any) -> Value:
        return "LIVE" if found else "ARCHIVED"

    def same(self, left: Value, right: Value) -> bool:
        return bool({None: "ANY"}.get(left, left) == {None: "ANY"}.get(right, right))


class Names(Form):
    """A set of texts, in no order."""

    def __init__(self) -> None:
        self._one = Text()

    def same(self, left: Value, right: Value) -> bool:
        if not isinstance(left, list) or not isinstance(right, list):
            return (left or []) == (right or [])
        free = list(right)
        for item in left:
            match = next((other for other in free if self._one.same(item, other)), None)
            if match is None:
                return False
            free.remove(match)
        return not free


class Only(Form):
    """The only element of a list."""

    def __init__(self, one: Form) -> None:
        self._one = one

    def encode(self, value: Value) -> Any:
        return [self._one.encode(value)]

    def decode(self, found: Any) -> Value:
        return self._one.decode(found[0]) if found else None

    def same(self, left: Value, right: Value) -> bool:
        return self._one.same(left, right)

    def settle(self, recorded: Value, found: Value) -> Value:
        return self._one.settle(recorded, found)


class Map(Form):
    """A map whose keys are free."""

    def same(self, left: Value, right: Value) -> bool:
        return (left or {}) == (right or {})


class Lists(Map):
    """A map whose values the API holds as lists of one."""

    def encode(self, value: Value) -> Any:
        return {key: [item] for key, item in value.items()}

    def decode(self, found: Any) -> Value:
        return {key: items[0] for key, items in found.items() if items}


class Labels(Map):
    """Labels. What others put beside ours stays, and is nobody's drift (as `labels` is with the genuine provider). `merges`: whether a
    change adds to what is there, so that what is to go has to be said."""

    told_whole = True

    def __init__(self, *, merges: bool = False) -> None:
        self._merges = merges

    def decode(self, found: Any) -> Value:
        return dict(found) or None

    def settle(self, recorded: Value, found: Value) -> Value:
        """The mark of a pause that was cut off counts as ours: it is a difference, and the update that takes it away ends the pause."""
        if not isinstance(found, dict) or not isinstance(recorded, dict | None):
            return None if recorded is None else found
        told = {key: found[key] for key in (*(recorded or ()), MARK) if key in found}
        return None if recorded is None and not told else told

    def over(self, held: Any, before: Value, after: Value) -> Any:
        kept = {key: value for key, value in (held or {}).items() if key not in (before or {})}
        gone = dict.fromkeys((key for key in before or {} if key not in (after or {})), None) if self._merges else {}
        return {**gone, **({} if self._merges else kept), **(after or {})}


class Items(Map):
    """A map that the API holds as a list of keys and values: a machine's metadata."""

    def encode(self, value: Value) -> Any:
        return {"items": [{"key": key, "value": item} for key, item in (value or {}).items()]}

    def decode(self, found: Any) -> Value:
        return {item["key"]: item.get("value", "") for item in found.get("items", ())} or None

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        if isinstance(before, dict) and isinstance(after, dict):
            yield from key_changes(before, after, path)
        else:
            yield from super().changes(before, after, path)


class Listed(Names):
    """A list that the API holds inside an object: a machine's network tags."""

    def encode(self, value: Value) -> Any:
        return {"items": value}

    def decode(self, found: Any) -> Value:
        return found.get("items") or None


class Part(Block):
    """An object."""

    told_whole = True

    def same(self, left: Value, right: Value) -> bool:
        return super().same(left, right) if left and right else not left and not right

    def chosen(self, found: Value) -> bool:
        return isinstance(found, dict) and all(
            field.silent(found[field.name]) or field.form.chosen(found[field.name])
            for field in self.fields
            if found.get(field.name) is not None
        )

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        if has_unknown(after) or not isinstance(before, dict) or not isinstance(after, dict):
            yield from Form.changes(self, before, after, path)
        else:
            yield from super().changes(before, after, path)


class Parts(Blocks):
    """A list of objects, of which the order does not matter."""

    told_whole = True

    def __init__(self, *fields: Field) -> None:
        super().__init__(*fields)
        self.item = Part(*fields)

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        if (
            has_unknown(after)
            or not isinstance(before, list)
            or not isinstance(after, list)
            or len(before) != len(after)
        ):
            yield from Form.changes(self, before, after, path)
        elif _sorted(before) != _sorted(after):
            for index, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from self.item.changes(old, new, f"{path}[{index}]")


def _sorted(items: list[Value]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)
