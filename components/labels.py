"""Labels, with which Google Cloud says what tags say on AWS: every tag becomes a label and can be read back from it.

A label has at most 63 characters of a small set, and its key begins with a lower-case letter (Google Cloud, "Requirements for
labels", read 2026-11). Lower-case letters, digits and hyphens stay as they are. Any other character becomes `_` and the two
hexadecimal digits of its ASCII code: `ana@studio.example` is `ana_40studio_2eexample`. Google also takes letters of other alphabets;
none is written here, as in tags.
"""

import re
import string
from collections.abc import Mapping
from typing import Final

from soundstage.components.tags import PREFIX
from soundstage.core.errors import ArgumentError

LONGEST: Final = 63
"""Characters of a key or a value."""
MOST_LABELS: Final = 64
OURS: Final = "soundstage-"
"""What the keys of our own labels begin with, where tags have `soundstage:`. Policies and bills look for them by it."""
_PLAIN: Final = frozenset(string.ascii_lowercase + string.digits + "-")
_NO_LETTER: Final = "x_-"
"""Stands before a key that would begin with anything but a letter. No other key has `_-` in it."""
_CODE: Final = re.compile(r"_([0-9a-f]{2})")


def labels_of(tags: Mapping[str, str]) -> dict[str, str]:
    """The labels that carry these tags. Raises `ArgumentError` with everything that no label can carry."""
    faults = label_carry_faults(tags)
    if faults:
        raise ArgumentError("; ".join(faults), faults=faults)
    return {label_key(key): _escaped(value) for key, value in tags.items()}


def tags_of(labels: Mapping[str, str]) -> dict[str, str]:
    """The tags that labels carry. What somebody else wrote comes back as it can be read: a lone `_` stays one."""
    return {_key(key): _read(value) for key, value in labels.items()}


def label_key(tag: str) -> str:
    """The key of the label that carries a tag: `soundstage-project` for `soundstage:project`."""
    if tag.startswith(PREFIX):
        return OURS + _escaped(tag.removeprefix(PREFIX))
    key = _escaped(tag)
    if key.startswith(OURS):  # somebody's own tag, which must not pass for one of ours
        return key.replace("-", "_2d", 1)
    return key if key[:1] in string.ascii_lowercase and key else _NO_LETTER + key


def label_carry_faults(tags: Mapping[str, object]) -> list[str]:
    """What of a set of tags no label can carry; empty when each can be. The rules of tags themselves are `tag_faults`."""
    faults = []
    if len(tags) > MOST_LABELS:
        faults.append(f"tags has {len(tags)} entries; Google Cloud allows {MOST_LABELS} labels")
    for key, value in tags.items():
        texts = [("the key", key, label_key(key))] if key.isascii() else []
        if isinstance(value, str) and value.isascii():
            texts.append(("the value", value, _escaped(value)))
        for what, text, label in texts:
            if len(label) > LONGEST:
                faults.append(
                    f"tags.{key}: {what} {text!r} takes {len(label)} characters as a label of Google Cloud; allowed: {LONGEST}. "
                    "Lower-case letters, digits and hyphens take one each, every other character three"
                )
        faults += [
            f"tags.{key} has {text!r}, of which Google Cloud's labels here carry ASCII characters only; write it without accents"
            for text in (key, value)
            if isinstance(text, str) and not text.isascii()
        ]
    return faults


def label_length(value: str) -> int:
    """How many of the 63 characters of a label a value takes, which must be ASCII."""
    return len(_escaped(value))


def _escaped(text: str) -> str:
    return "".join(letter if letter in _PLAIN else f"_{ord(letter):02x}" for letter in text)


def _key(label: str) -> str:
    if label.startswith(OURS):
        return PREFIX + _read(label.removeprefix(OURS))
    return _read(label.removeprefix(_NO_LETTER))


def _read(label: str) -> str:
    return _CODE.sub(lambda code: chr(int(code[1], 16)), label)
