"""Whether the body of a call is what its schema says; what comes back is the body as Google keeps it."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from soundstage.components.naming import camel_case
from soundstage.providers.gcp.discovery import Document, Value
from soundstage.simulator.gcp.refusals import invalid, wrong

_LABELLED: Final = {
    *("compute.v1", "storage.v1", "cloudkms.v1", "pubsub.v1", "cloudfunctions.v2", "cloudresourcemanager.v3"),
    *("billingbudgets.v1", "dns.v1"),
}
_LABEL_KEY: Final = re.compile(r"[^\W\dA-Z_][\w-]{0,62}")
_LABEL_VALUE: Final = re.compile(r"[\w-]{0,63}")
_MOST_LABELS: Final = 64
_LENIENT: Final = ("storage.v1",)
"""APIs that leave out what they do not know instead of refusing it."""
_WHOLE: Final = re.compile(r"-?\d+")


def checked(document: Document, schema: str, body: Any, method: str, where: str = "resource") -> dict[str, Any]:
    """The body without what only Google sets. Raises `Refused` for what does not fit."""
    if not isinstance(body, dict):
        invalid(f"Invalid value at '{where}': an object is expected.", "parseError")
    found: dict[str, Any] = _value(_Place(document, method), Value(type="", ref=schema), body, where)
    return found


class _Place:
    """Where a value stands: in the body of a method of an API."""

    def __init__(self, document: Document, method: str) -> None:
        self.document = document
        self.method = method
        self.lenient = document.api in _LENIENT
        self.labelled = document.api in _LABELLED
        self.patching = document.methods[method].verb == "PATCH"


def _value(place: _Place, value: Value, given: Any, where: str) -> Any:
    value = place.document.resolved(value)
    if value.type == "object":
        return _object(place, value, given, where)
    if value.type == "array":
        if not isinstance(given, list):
            _wrong(given, where)
        assert value.items is not None  # noqa: S101 - every list of the documents says what it holds
        return [_value(place, value.items, each, f"{where}[{number}]") for number, each in enumerate(given)]
    if value.type == "boolean" and not isinstance(given, bool):
        _wrong(given, where)
    if value.type in ("integer", "number") and (isinstance(given, bool) or not isinstance(given, int | float)):
        _wrong(given, where)
    return _text(value, given, where) if value.type == "string" else given


def _text(value: Value, given: Any, where: str) -> str:
    if value.enum and isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(value.enum):
        return value.enum[given]  # clients that were made from protocol buffers may send numbers
    if value.format in ("int64", "uint64"):
        if isinstance(given, bool) or not _WHOLE.fullmatch(str(given)):
            _wrong(given, where)
        return str(given)
    if not isinstance(given, str):
        _wrong(given, where)
    if value.format == "byte" and not _is_base64(given):
        invalid(f"Invalid value at '{where}' (TYPE_BYTES), Base64 decoding failed for \"{given[:80]}\"")
    if value.enum and given not in value.enum:
        wrong(where, given, f"Allowed: {', '.join(value.enum)}.")
    if value.pattern and given and not re.fullmatch(value.pattern, given):
        wrong(where, given, f"Must be a match of regex '{value.pattern}'")
    return given


def bytes_of(text: str) -> bytes:
    """What a text of base 64 means, in either of its alphabets. Raises `ValueError`."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)


def _is_base64(text: str) -> bool:
    try:
        bytes_of(text)
    except ValueError:
        return False
    return True


def _object(place: _Place, value: Value, given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        _wrong(given, where)
    if value.properties is None:
        if value.values is not None:
            if where.endswith((".labels", ".userLabels")) and place.labelled and value.values.type == "string":
                _labels(given, where)
            return {
                name: None if each is None else _value(place, value.values, each, f"{where}.{name}")
                for name, each in given.items()
                if each is not None or place.patching  # of a patch: take it away
            }
        return given
    kept: dict[str, Any] = {}
    for name, each in given.items():
        known = value.properties.get(name)
        if known is None:
            if not place.lenient:
                invalid(f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field.")
        elif each is None:
            if place.patching:
                kept[name] = None
        elif not known.read_only:
            kept[name] = _value(place, known, each, f"{where}.{name}")
    for name, known in value.properties.items():
        if place.method in known.required_for and kept.get(name) in (None, "", {}) and not known.read_only:
            invalid(f"Required field '{where}.{name}' not specified", "required")
    return kept


def _labels(given: Mapping[str, Any], where: str) -> None:
    # Those of a budget's filter are lists of one.
    for key, text in ((key, value[0] if isinstance(value, list) and value else value) for key, value in given.items()):
        if not _LABEL_KEY.fullmatch(key):
            invalid(
                f"Invalid value for field '{where}': '{key}'. Label key '{key}' violates format constraints. The key must start with "
                "a lowercase character, can only contain lowercase letters, numeric characters, underscores and dashes. The key can "
                "be at most 63 characters long. International characters are allowed."
            )
        if text is not None and (not isinstance(text, str) or text != text.lower() or not _LABEL_VALUE.fullmatch(text)):
            invalid(
                f"Invalid value for field '{where}': '{text}'. Label value '{text}' violates format constraints. The value can only "
                "contain lowercase letters, numeric characters, underscores and dashes. The value can be at most 63 characters long. "
                "International characters are allowed."
            )
    if len(given) > _MOST_LABELS:
        invalid(f"Invalid value for field '{where}': a resource can have at most {_MOST_LABELS} labels.")


def _wrong(given: Any, where: str) -> NoReturn:
    invalid(f"Invalid value for field '{where}': '{given}'.")


def merged(old: dict[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `old` changed by a merge patch (RFC 7396)."""
    out = dict(old)
    for key, value in new.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = value
    return out


def masked(old: dict[str, Any], new: Mapping[str, Any], mask: str) -> dict[str, Any]:
    """A copy of `old` in which the fields that a mask names are those of `new`; absent there, they are gone."""
    out = dict(old)
    for path in filter(None, (each.strip() for each in mask.split(","))):
        head, _, rest = path.partition(".")
        head = camel_case(head)
        if rest:
            given = new.get(head)
            out[head] = masked(dict(out.get(head) or {}), given if isinstance(given, dict) else {}, rest)
        elif new.get(head) is None:
            out.pop(head, None)
        else:
            out[head] = new[head]
    return out
