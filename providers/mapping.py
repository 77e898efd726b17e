"""How a Pulumi property and the cloud's own parameter say the same thing: fields, and the forms that values take.

A `Field` pairs a property (`cidrBlock`) with where a call takes it and where a description shows it (`CidrBlock`). Its
`Form` translates the value both ways, decides whether two values mean the same, and turns what was found into what a
program would have written. Everything here is pure and works on revealed values (no `Secret`); nothing makes a call.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from soundstage.core.values import UNKNOWN, Value, has_unknown
from soundstage.providers.paths import pick, place

CREATION_TAG: Final = "soundstage:creation"
"""Marks what a create made, where the cloud has neither a unique name nor a client token. Never shown to a program."""


class Form:
    """A value that the cloud takes and gives as it is."""

    told_whole = False
    """Whether an import takes of it what the cloud chose inside as well: programs say that in most cases."""

    def encode(self, value: Value) -> Any:
        """From a property to the cloud's parameter."""
        return value

    def decode(self, found: Any) -> Value:
        """From a description to a property; `None` when it says nothing."""
        return found

    def same(self, left: Value, right: Value) -> bool:
        """Whether two property values mean the same to the cloud."""
        return bool(left == right)

    def settle(self, recorded: Value, found: Value) -> Value:
        """`found` in the words of `recorded`: the recorded value itself when both mean the same."""
        return recorded if self.same(recorded, found) else found

    def added(self, before: Value, after: Value) -> Any:
        """What must be added to get from `before` to `after`, in the cloud's form."""
        return self.encode([item for item in after or () if item not in (before or ())])

    def removed(self, before: Value, after: Value) -> Any:
        """What must be taken away to get from `before` to `after`, in the cloud's form."""
        return self.added(after, before)

    def over(self, held: Any, before: Value, after: Value) -> Any:  # noqa: ARG002 - for those that keep what others put there
        """What is to stand in the place of `held`, what the cloud has, when a property goes from `before` to `after`; None for nothing."""
        return None if after is None else self.encode(after)

    def own(self, encoded: Any, _id: str) -> Any:
        """The cloud's form with what stands for the resource itself replaced by its id."""
        return encoded

    def chosen(self, found: Value) -> bool:  # noqa: ARG002 - for those that can tell
        """Whether the cloud chose all of what was found by itself, so that a program need not say it."""
        return False

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        """Each difference as (path, before, after, forces replacement)."""
        if has_unknown(after) or not self.same(before, after):
            yield path, before, after, False


class Text(Form):
    """A value that the cloud writes as text, such as `"30"` for 30 or `"true"` for true."""

    def encode(self, value: Value) -> Any:
        return str(value).lower() if isinstance(value, bool) else str(value)

    def same(self, left: Value, right: Value) -> bool:
        return left is not None and right is not None and self.encode(left) == self.encode(right)


class Words(Form):
    """A set of scalars: neither order nor repetition matters."""

    def same(self, left: Value, right: Value) -> bool:
        if isinstance(left, list) and isinstance(right, list):
            return {str(item) for item in left} == {str(item) for item in right}
        return (left or []) == (right or [])


class Document(Form):
    """A JSON document held as text, usually an IAM policy. Order, white space and lists of one do not matter."""

    def decode(self, found: Any) -> Value:
        if found is None or isinstance(found, str):
            # IAM hands documents out percent-encoded.
            return unquote(found) if found and found.startswith("%") else found
        return json.dumps(found, separators=(",", ":"))

    def same(self, left: Value, right: Value) -> bool:
        if left == right or not isinstance(left, str) or not isinstance(right, str):
            return bool(left == right)
        try:
            return bool(_plain(json.loads(left)) == _plain(json.loads(right)))
        except ValueError:
            return False


class Parsed(Document):
    """A JSON document that the program writes as text and the cloud takes as an object."""

    def encode(self, value: Value) -> Any:
        return json.loads(value)


class Tags(Form):
    """A map of tags, which the cloud keeps as a list of keys and values (or, with `as_map`, as a map)."""

    def __init__(self, *, key: str = "Key", value: str = "Value", as_map: bool = False, keyed: bool = False) -> None:
        self._key, self._value, self._as_map = key, value, as_map
        self._keyed = keyed
        """Whether tags are taken away by `{"Key": …}` and not by their key alone."""

    def encode(self, value: Value) -> Any:
        if self._as_map:
            return dict(value)
        return [{self._key: key, self._value: item} for key, item in value.items()]

    def decode(self, found: Any) -> Value:
        tags = found or {}
        if not isinstance(tags, Mapping):
            tags = {item[self._key]: item.get(self._value, "") for item in tags}
        kept = {key: item for key, item in tags.items() if key != CREATION_TAG and not key.startswith("aws:")}
        return kept or None

    def same(self, left: Value, right: Value) -> bool:
        return (left or {}) == (right or {})

    def added(self, before: Value, after: Value) -> Any:
        old = before or {}
        return self.encode({key: item for key, item in (after or {}).items() if old.get(key) != item})

    def removed(self, before: Value, after: Value) -> Any:
        keys = [key for key in before or {} if key not in (after or {})]
        return [{self._key: key} for key in keys] if self._keyed else keys

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        if not isinstance(after, dict) or not isinstance(before, dict):
            yield from super().changes(before, after, path)
            return
        yield from key_changes(before, after, path)


def key_changes(
    before: dict[str, Value], after: dict[str, Value], path: str
) -> Iterator[tuple[str, Value, Value, bool]]:
    """How two maps differ, key by key, so that a program can leave one key of them to others."""
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield (
                f"{path}.{key}" if key.isidentifier() else f'{path}["{key}"]',
                before.get(key),
                after.get(key),
                False,
            )


PLAIN: Final = Form()
TEXT: Final = Text()
WORDS: Final = Words()
DOCUMENT: Final = Document()
PARSED: Final = Parsed()
MAP: Final = Tags(as_map=True)


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a resource or of a block inside one."""

    name: str
    """The property's name as Pulumi writes it."""
    api: str = ""
    """Where a call takes it (dotted path). The name with a capital when empty."""
    read: str | None = ""
    """Where a description shows it (see `paths.pick`). As `api` when empty; `.`: the whole description; None: the
    cloud never shows it."""
    form: Form = PLAIN
    default: Value = None
    """What the cloud assumes when it is absent."""
    required: bool = False
    replaces: bool = False
    """Whether a change needs a new resource."""
    computed: bool = False
    """Whether the cloud chooses when it is absent; then its absence is no wish to change it."""
    secret: bool = False
    replaces_if: str = ""
    """An input that, when it is true, makes a change of this one need a new resource."""
    instead_of: str = ""
    """Another way to say the same; where the program uses that one, this one is not looked at."""
    quiet: tuple[Value, ...] = ()
    """Further values that say no more than its absence."""

    @property
    def written(self) -> str:
        return self.api or self.name[0].upper() + self.name[1:]

    @property
    def shown(self) -> str | None:
        return self.written if self.read == "" else self.read

    def find(self, description: Mapping[str, Any]) -> Value:
        """The property in a description, `None` when it does not show it."""
        found = pick(description, "" if self.shown == "." else self.shown) if self.shown else None
        return None if found is None else self.form.decode(found)

    def empty(self, value: Value) -> bool:
        """Whether the value says no more than its absence."""
        return value in (None, "", [], {}) or value in self.quiet or self.form.same(value, self.default)

    def silent(self, found: Value) -> bool:
        """Whether a program that says nothing about this property would get what was found."""
        return self.computed or self.empty(found)


def under(place: str, *fields: Field) -> tuple[Field, ...]:
    """Fields that a call takes inside `place`, and a description shows without it."""
    return tuple(replace(field, api=f"{place}.{field.written}", read=field.shown) for field in fields)


class Block(Form):
    """An object with fields of its own."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self.by_name: Final = {field.name: field for field in fields}

    def encode(self, value: Value) -> Any:
        result: dict[str, Any] = {}
        for name, item in (value or {}).items():
            field = self.by_name.get(name)
            if field and item is not None:
                place(result, field.written, field.form.encode(item))
        return result

    def decode(self, found: Any) -> Value:
        result = {}
        for field in self.fields:
            value = field.find(found)
            if value is not None:
                result[field.name] = value
        return result

    def same(self, left: Value, right: Value) -> bool:
        if not isinstance(left, dict) or not isinstance(right, dict):
            return bool(left == right)
        return all(self._same_field(field, left, right) for field in self.fields)

    @staticmethod
    def _same_field(field: Field, left: Value, right: Value) -> bool:
        before, after = left.get(field.name), right.get(field.name)
        if before is UNKNOWN or after is UNKNOWN:
            return False
        if before is None or after is None:
            return field.silent(before) and field.silent(after)
        return field.form.same(before, after)

    def settle(self, recorded: Value, found: Value) -> Value:
        if not isinstance(found, dict):
            return found
        recorded = recorded if isinstance(recorded, dict) else {}
        result = {}
        for field in self.fields:
            here, there = recorded.get(field.name), found.get(field.name)
            if field.shown is None or (field.instead_of and recorded.get(field.instead_of) is not None):
                value = here
            elif here is None:
                value = None if field.silent(there) or field.form.chosen(there) else self._fresh(field, there)
            elif there is None:
                value = here if field.silent(here) else None
            else:
                value = field.form.settle(here, there)
            if value is not None:
                result[field.name] = value
        return result

    @staticmethod
    def _fresh(field: Field, found: Value) -> Value:
        """Something found that the program never mentioned, without what it would not have to write."""
        return field.form.settle(None, found)

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        if not isinstance(before, dict) or not isinstance(after, dict):
            yield from super().changes(before, after, path)
            return
        for field in self.fields:
            yield from field_changes(field, before.get(field.name), after.get(field.name), f"{path}.{field.name}")


class Blocks(Form):
    """A list of objects. Unless `ordered`, their order does not matter."""

    def __init__(self, *fields: Field, ordered: bool = False) -> None:
        self.item = Block(*fields)
        self._ordered = ordered

    def encode(self, value: Value) -> Any:
        return [self.item.encode(item) for item in value or ()]

    def decode(self, found: Any) -> Value:
        return [self.item.decode(item) for item in found] or None

    def same(self, left: Value, right: Value) -> bool:
        left, right = left or [], right or []
        if len(left) != len(right):
            return False
        if self._ordered:
            return all(self.item.same(a, b) for a, b in zip(left, right, strict=True))
        return all(match is not None for _, match in self._pairs(left, right))

    def _pairs(self, left: Sequence[Value], right: Sequence[Value]) -> list[tuple[Value, Value]]:
        """Each of `left` with an equal one of `right`, or with None."""
        free = list(right)
        pairs = []
        for item in left:
            match = next((other for other in free if self.item.same(item, self.item.settle(item, other))), None)
            if match is not None:
                free.remove(match)
            pairs.append((item, match))
        return pairs

    def settle(self, recorded: Value, found: Value) -> Value:
        if not isinstance(found, list):
            return found
        recorded = recorded if isinstance(recorded, list) else []
        if self._ordered:
            return [self.item.settle(recorded[i] if i < len(recorded) else None, item) for i, item in enumerate(found)]
        pairs = self._pairs(recorded, found)
        free = list(found)
        for _, match in pairs:
            if match is not None:
                free.remove(match)
        result = []
        for item, match in pairs:
            if match is not None:
                result.append(item)
            elif free:
                result.append(self.item.settle(item, free.pop(0)))
        return [*result, *(self.item.settle(None, item) for item in free)]

    def added(self, before: Value, after: Value) -> Any:
        return self.encode([item for item, match in self._pairs(after or [], before or []) if match is None])

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        if not has_unknown(after) and isinstance(before, list) and isinstance(after, list) and self.same(before, after):
            return
        if not isinstance(before, list) or not isinstance(after, list) or len(before) != len(after):
            yield path, before, after, False
            return
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from self.item.changes(old, new, f"{path}[{index}]")


def field_changes(field: Field, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
    """How one field differs, as (path, before, after, forces replacement)."""
    if after is None and (field.computed or before is None or field.silent(before)):
        return
    if before is None and after is not None and not has_unknown(after) and not field.computed and field.silent(after):
        return
    for where, old, new, replaces in field.form.changes(before, after, path):
        yield where, old, new, replaces or field.replaces


def _plain(node: Any) -> Any:
    """A policy document in which everything that means the same is written the same."""
    if isinstance(node, dict):
        return {key: _plain(item) for key, item in node.items()}
    if isinstance(node, list):
        items = [_plain(item) for item in node]
        if len(items) == 1:
            return items[0]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return str(node).lower() if isinstance(node, bool) else node
