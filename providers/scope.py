"""What the placeholders of the resource table stand for while one operation runs (see `entry`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from soundstage.core.values import Properties
from soundstage.providers.entry import Entry
from soundstage.providers.mapping import CREATION_TAG, Block, Form, field_changes
from soundstage.providers.paths import MISSING, NOTHING, fill, parts, pick, place

TOKEN: Final = "__creation"  # noqa: S105 - the name of a property
"""The hidden input that holds a create's token."""


@dataclass(slots=True)
class Scope:
    """One operation on one resource. Inputs and outputs are revealed: they hold no `Secret`."""

    entry: Entry
    region: str
    account: str
    inputs: Properties
    id: str = ""
    old: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    seen: Any = None
    answer: Any = None
    """What the create gave."""
    item: Any = MISSING
    places: Mapping[str, str] = field(default_factory=dict)
    """Where a provider makes what no program says a place of (`Entry.places`)."""

    def lookup(self, name: str) -> Any:
        """The value of a placeholder; `MISSING` when there is none."""
        kind, _, rest = name.partition(".")
        match kind:
            case "id":
                return self.id or MISSING
            case "region" | "account":
                return getattr(self, kind)
            case "partition":
                return "aws"
            case "place":
                return self.inputs.get(rest) or self.outputs.get(rest) or self.places.get(rest) or MISSING
            case "last":
                whole = _within(self.inputs, rest)
                return MISSING if whole is None else str(whole).rpartition("/")[2]
            case "tail":
                ending = _within(self.inputs, rest)
                return "" if ending is None else f"/{ending}"
            case "seg":
                return _present(dict(enumerate(self.id.split("/"))).get(int(rest)))
            case "body":
                return self.encoded(tuple(rest.split("|")))
            case "patch":
                return self._changed(rest.split("|"))[0] or MISSING
            case "mask":
                return ",".join(self._changed(rest.split("|"))[1]) or MISSING
            case "elsewhere":
                return MISSING if self.region == "us-east-1" else self.region
            case "once":
                return uuid4().hex
            case "token":
                return self.inputs.get(TOKEN, MISSING)
            case "item":
                return self.item if not rest or self.item is MISSING else self.item.get(rest, MISSING)
            case "in":
                return _present(_within(self.inputs, rest))
            case "off":
                return MISSING if self.inputs.get(rest) else True
            case "any":
                return next((self.inputs[key] for key in rest.split("|") if self.inputs.get(key) is not None), MISSING)
            case "old":
                return _present(_within(self.old, rest))
            case "part":
                kept = (parts(self.entry.id, self.id) or {}) if self.id else {}
                return _present(kept.get(name) or pick(self.answer, rest))
            case "seen":
                return _present(pick(self.seen, rest))
            case "is" | "isnt":
                path, _, wanted = rest.partition("=")
                return True if (str(pick(self.seen, path)) == wanted) is (kind == "is") else MISSING
            case "out":
                return _present(self.outputs.get(rest))
            case "api":
                value = _within(self.inputs, rest)
                form = self.form(rest)
                return MISSING if value is None else form.own(form.encode(value), self.id)
            case "later":
                span = self.inputs.get(rest)
                return (
                    f"{datetime.now(UTC) + timedelta(seconds=float(span[:-1])):%Y-%m-%dT%H:%M:%SZ}" if span else MISSING
                )
            case "added" | "removed":
                form = self.form(rest)
                difference = getattr(form, kind)(_within(self.old, rest), _within(self.inputs, rest))
                return form.own(difference, self.id) or MISSING
        raise KeyError(name)

    def _changed(self, names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
        """Those of these inputs that an update changes, in the form of the description, and the paths in it."""
        body: dict[str, Any] = {}
        paths = []
        for one in (self.entry.block.by_name[name] for name in names):
            before, after = self.old.get(one.name), self.inputs.get(one.name)
            if any(field_changes(one, before, after, one.name)):
                path = one.shown or one.written
                place(body, path, one.form.over(pick(self.seen, path), before, after))
                paths.append(path)
        return body, paths

    def is_empty(self, template: str) -> bool:
        """Whether what a template stands for says nothing."""
        return fill(template, self.lookup) in NOTHING

    def form(self, path: str) -> Form:
        """The form of the input at a dotted path."""
        form: Form = self.entry.block
        for name in path.split("."):
            if isinstance(form, Block):
                form = form.by_name[name].form
        return form

    def encoded(self, names: tuple[str, ...]) -> dict[str, Any]:
        """These inputs as parameters of a call."""
        encoded: dict[str, Any] = self.entry.block.encode(
            {name: self.inputs[name] for name in names if name in self.inputs}
        )
        return encoded

    def marked(self) -> Properties:
        """The tags of a new resource, with the mark by which a lost create is found again."""
        tags = dict(self.inputs.get("tags") or {})
        if self.entry.marked and TOKEN in self.inputs:
            tags[CREATION_TAG] = self.inputs[TOKEN]
        return tags


def _within(properties: Properties, path: str) -> Any:
    current: Any = properties
    for key in path.split("."):
        if isinstance(current, list):
            current = current[int(key)] if int(key) < len(current) else None
        else:
            current = current.get(key) if isinstance(current, dict) else None
    return current


def _present(value: Any) -> Any:
    return MISSING if value is None else value
