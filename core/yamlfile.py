"""Strict YAML: a small, safe part of the language, with the line of every value, and every fault at once.

What is left out is what surprises people or harms machines: anchors and aliases (the "billion laughs"), tags, merge keys,
several documents, duplicate keys, keys that are no text, `yes`/`no`/`on`/`off`, octal, sexagesimal and underscored numbers.
Everything else means the same here as in YAML 1.2: a date stays text, `true` and `false` are booleans.
"""

import errno
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from soundstage.core import files
from soundstage.core.errors import Fault, SpecError, UsageError
from soundstage.core.words import printable, shown

Step: TypeAlias = str | int
Place: TypeAlias = tuple[Step, ...]
"""Where a value stands: keys and, in lists, positions from 0. The empty place is the whole file."""

LARGEST_FILE: Final = 256 * 1024
"""Bytes. A project of 500 workstations with everything said needs about 200 KiB."""
DEEPEST: Final = 16
"""Levels of nesting; the deepest valid file has four."""
MOST_FAULTS: Final = 100
"""Faults after which reading stops."""
LONGEST_NUMBER: Final = 64
"""Characters of what may be taken for a number; what is longer is text."""

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads what PyYAML's safe loader reads, in a tenth of its time where PyYAML is built with libyaml, as its wheels are."""

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,19})?(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_NUMBERS: Final = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_EMPTY: Final = frozenset({"", "~", "null", "Null", "NULL"})
_OLD_BOOLEANS: Final = frozenset({"yes", "no", "on", "off"})
# What an editor does not show and a reader may act on: controls, line breaks that only YAML knows, changes of the text's
# direction, half characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]+", re.ASCII)
# Numbers to a YAML 1.1 reader, text or something else to a YAML 1.2 reader.
_ODD_NUMBER = re.compile(
    r"[-+]?(?:0[0-9_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*_[0-9_.]*|[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?"
    r"|[0-9]{20,})",
    re.ASCII,
)


@dataclass
class Document:
    """What a file holds. `value` has text for keys; what could not be read is missing from it and named in `unread`."""

    file: str
    value: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: set[Place] = field(default_factory=set)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it; 0 for the whole file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)


def key_of(place: Place) -> str:
    """A place as a person reads it: `workstations.edit-1.idle.keep_while[0]`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{printable(step)[:60]}"
    return text


def data(text: str) -> Any:
    """The value of a table that comes with the package, in which all of YAML may stand."""
    return yaml.load(text, PARSER)  # noqa: S506 - a safe loader, written in C


def read(path: Path) -> Document:
    """The file's content. Faults that leave the rest readable are in the document.

    Raises `SpecError` when the file cannot be read at all: missing, no regular file, too large, no UTF-8, no YAML.
    """
    return parse(content(path), str(path))


def parse(text: str, file: str) -> Document:
    """The content of one YAML document. Raises `SpecError` for what is not valid YAML or no mapping."""
    reader = _Reader(Document(printable(file)))
    for found in _INVISIBLE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        reader.fault(line, (), f"holds the invisible character U+{ord(found[0]):04X}; take it out")
    if reader.document.faults:
        raise SpecError(reader.document.faults)
    try:
        for event in yaml.parse(text, Loader=PARSER):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reader.fault(mark.line + 1 if mark else 0, (), _syntax(error, text))
        raise SpecError(reader.document.faults) from error
    return reader.finish()


def scalar(text: str) -> str:
    """The text as a YAML value: bare where every reader takes it for this text, else in double quotes."""
    bare = _BARE.fullmatch(text) and isinstance(_resolve(text), str) and not _trap(text)
    return text if bare else json.dumps(text)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "is indented with a tab; YAML allows spaces only"
    return f"is not valid YAML: {printable(error.problem or error.context or 'cannot be read')}"


def refuse_changed(path: Path, read: str) -> None:
    """Raise `UsageError` where somebody else has changed the file at `path` since it was `read`: it is not to be written over."""
    if content(path) != read:
        raise UsageError(f"{path} has changed since this began. Nothing was changed.", "Run the same command again.")


def content(path: Path) -> str:
    def refuse(problem: str, hint: str = "") -> SpecError:
        return SpecError([Fault(printable(str(path)), 0, "", problem)], hint)

    try:
        raw = files.read(path, LARGEST_FILE)
    except FileNotFoundError as error:
        raise refuse("does not exist", "Write one with `workstation init`, or check the name.") from error
    except IsADirectoryError as error:
        raise refuse("is a folder, not a file", "Name the file inside it.") from error
    except OSError as error:
        said = {
            errno.EACCES: "it is not readable by you; change its permissions",
            errno.ELOOP: "it is a symbolic link that leads to itself",
        }
        reason = said.get(error.errno or 0) or error.strerror or ""
        raise refuse(reason[3:] if reason.startswith("it ") else f"cannot be opened: {reason}") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse("is written in UTF-16; save it as UTF-8")
    if b"\0" in raw:
        raise refuse("holds NUL bytes, so it is not text; save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fault = Fault(
            printable(str(path)),
            line,
            "",
            f"holds a byte that is not UTF-8 (0x{raw[error.start]:02x}); save it as UTF-8",
        )
        raise SpecError([fault]) from error


class _Level:
    """An open mapping or list."""

    def __init__(self, place: Place, value: dict[str, Any] | list[Any]) -> None:
        self.place = place
        self.value = value
        self.key: str | None = None
        self.awaits_value = False
        self.seen: dict[str, int] = {}


class _Reader:
    """Builds a document from parser events with a stack of its own: nesting costs memory, never the call stack."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.levels: list[_Level] = []
        self.skipping = 0
        self.documents = 0

    def fault(self, line: int, place: Place, problem: str, value: object = None, allowed: str = "") -> None:
        self.document.faults.append(
            Fault(self.document.file, line, key_of(place), problem, None if value is None else shown(value), allowed)
        )
        if len(self.document.faults) >= MOST_FAULTS:
            raise SpecError(self.document.faults, "There may be more; reading stopped here.")

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents == 2:
                self.fault(line, (), 'is a second document after "---"; one file holds one')
        elif self.documents > 1:
            return
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, NodeEvent):
            self._node(event, line)

    def _node(self, event: NodeEvent, line: int) -> None:
        opens = isinstance(event, MappingStartEvent | SequenceStartEvent)
        if opens and len(self.levels) + self.skipping >= DEEPEST:
            # Reading on would cost a parser time that grows with the square of the depth.
            self.fault(line, (), f"is nested deeper than {DEEPEST} levels; reading stopped here")
            raise SpecError(self.document.faults)
        if self.skipping:
            self.skipping += opens
            return
        level = self.levels[-1] if self.levels else None
        if level is not None and isinstance(level.value, dict) and not level.awaits_value:
            self._key(event, level, line)
            return
        if level is not None and isinstance(level.value, dict):
            level.awaits_value = False
            if level.key is None:  # its key was refused
                self.skipping += opens
                return
        place = self._place(level)
        self.document.lines.setdefault(place, line)
        problem = self._structure_fault(event)
        if problem:
            self.fault(line, place, problem)
            self._lose(level, place, opens)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, level, place, line)
        else:
            inner: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
            self._put(level, inner)
            self.levels.append(_Level(place, inner))

    def _place(self, level: _Level | None) -> Place:
        if level is None:
            return ()
        return (*level.place, len(level.value) if isinstance(level.value, list) else level.key or "")

    def _structure_fault(self, event: NodeEvent) -> str:
        if isinstance(event, AliasEvent):
            return f"is an alias (*{printable(event.anchor or '')}); write the value out"
        if event.anchor is not None:
            return f"has an anchor (&{printable(event.anchor)}); anchors and aliases are not supported"
        tag = getattr(event, "tag", None)
        return f"has a tag ({printable(tag)}); tags are not supported" if tag is not None else ""

    def _key(self, event: NodeEvent, level: _Level, line: int) -> None:
        level.awaits_value, level.key = True, None
        if not isinstance(event, ScalarEvent) or self._structure_fault(event):
            self.fault(line, level.place, self._structure_fault(event) or "has a key that is not text")
            self.skipping += isinstance(event, MappingStartEvent | SequenceStartEvent)
            return
        key = event.value
        plain = not event.style
        if plain and key == "<<":
            self.fault(line, level.place, 'has a merge key ("<<"), which is not supported; write the values out')
        elif problem := _invisible(key):
            self.fault(line, (*level.place, key), problem, key)
        elif plain and (_trap(key) or not isinstance(_resolve(key), str)):
            self.fault(
                line,
                (*level.place, key),
                "is read as something else than text by some YAML readers; put this key in quotes",
                key,
            )
        elif key in level.seen:
            self.fault(line, (*level.place, key), f"duplicate key; first on line {level.seen[key]}")
        else:
            level.key = key
            level.seen[key] = line
            self.document.lines[(*level.place, key)] = line

    def _scalar(self, event: ScalarEvent, level: _Level | None, place: Place, line: int) -> None:
        if level is None:
            return
        if problem := _invisible(event.value) or ("" if event.style else _trap(event.value)):
            self.fault(line, place, problem, event.value)
            self._lose(level, place, False)
        else:
            self._put(level, event.value if event.style else _resolve(event.value))

    def _lose(self, level: _Level | None, place: Place, opens: bool) -> None:
        self.document.unread.add(place)
        self.skipping += opens
        if level is not None and isinstance(level.value, list):
            level.value.append(None)  # so that the places of later items stay true; the loader takes it out

    def _put(self, level: _Level | None, value: Any) -> None:
        if level is None:
            if isinstance(value, dict):
                self.document.value = value
        elif isinstance(level.value, list):
            level.value.append(value)
        elif level.key is not None:
            level.value[level.key] = value

    def _close(self) -> None:
        if self.skipping:
            self.skipping -= 1
        else:
            level = self.levels.pop()
            if not self.levels and isinstance(level.value, list):
                self.fault(1, (), "is a list; the file must hold keys with values")
                self.document.unread.add(())

    def finish(self) -> Document:
        if not self.documents or not (self.document.value or self.document.faults):
            problem = "holds no keys with values" if self.documents else "is empty"
            raise SpecError([Fault(self.document.file, 0, "", problem)], "`workstation init` writes a commented one.")
        if () in self.document.unread:
            raise SpecError(self.document.faults)
        return self.document


def _invisible(text: str) -> str:
    """What is wrong with a text that was written with an escape (`"\\x07"`) for what no one sees."""
    found = _INVISIBLE.search(text)
    return f"holds the invisible character U+{ord(found[0]):04X}; take it out" if found else ""


def _trap(text: str) -> str:
    if text.lower() in _OLD_BOOLEANS:
        return (
            f"is {shown(text)}, which some YAML readers take for true or false; put it in quotes if you mean the word"
        )
    if len(text) <= LONGEST_NUMBER and _ODD_NUMBER.fullmatch(text):
        return f"is {shown(text)}, which YAML readers take for different things; put it in quotes if you mean the text"
    return ""


def _resolve(text: str) -> Any:
    if text in _EMPTY:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(_NUMBERS[text.lower()]) if text.lower() in _NUMBERS else text
