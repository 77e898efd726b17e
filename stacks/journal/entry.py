"""One entry of a journal, as it is written and read. Pure: values in, values out.

Each entry is an object of its own, so that two people who write at once lose nothing. Its name holds the moment and a digest of its text,
and its text names the newest entries that its writer saw. So an entry that was edited is found, and one that was taken away is found
where a later one names it. Whoever may write there can take away the newest entries, or all of them, and leave no sign of it.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, get_args

from soundstage.core.masking import masked
from soundstage.core.words import printable

Result: TypeAlias = Literal["begun", "done", "failed", "refused", "interrupted"]
SEEN: Final = 3
"""How many of the newest entries an entry names: two people who write at once do not see each other's."""
_LONGEST: Final = 400
_NAME: Final = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-([0-9a-f]{16})\.json", re.ASCII)
_MOMENT: Final = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Entry:
    """That a command began, or how it ended."""

    at: datetime
    who: str
    """The account of the computer that it ran under. That computer's word: nothing proves it."""
    host: str
    command: str
    machines: tuple[str, ...] = ()
    """Those that were named; empty for the whole project."""
    result: Result = "begun"
    detail: str = ""
    seconds: float | None = None
    """How long it took; None for a beginning."""
    began: str = ""
    """Name of the entry that tells of its beginning; empty for a beginning, and for what was refused before it began."""
    after: tuple[str, ...] = ()
    """Names of the newest entries that there were."""


def text_of(entry: Entry) -> str:
    """The entry as it is kept. Secrets are masked, and what could command a terminal is escaped."""
    said = asdict(entry) | {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "detail": _plain(entry.detail),
        "who": _plain(entry.who),
        "host": _plain(entry.host),
        "machines": [_plain(one) for one in entry.machines],
    }
    return json.dumps(said, sort_keys=True) + "\n"


def name_of(at: datetime, text: str) -> str:
    """What the object with this text is called. Names sort by time."""
    return f"{moment(at)}-{_digest(text.encode())}.json"


def moment(at: datetime) -> str:
    """What the names of all entries since `at` are not less than."""
    return at.astimezone(UTC).strftime(_MOMENT)


def written_at(name: str) -> datetime | None:
    """When the object of this name was written, by its writer's clock; None for a name that is none of ours."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _MOMENT).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def is_whole(name: str, content: bytes) -> bool:
    """Whether the content is what its name was made of."""
    found = _NAME.fullmatch(name)
    return found is not None and _digest(content) == found[2]


def read(content: bytes) -> Entry | None:
    """What an object says; None for what is no entry."""
    try:
        said: Any = json.loads(content)
        if said["result"] not in get_args(Result):
            return None
        return Entry(
            at=datetime.fromisoformat(said["at"]).astimezone(UTC),
            who=_plain(said["who"]),
            host=_plain(said["host"]),
            command=_plain(said["command"]),
            machines=tuple(_plain(one) for one in said["machines"]),
            result=said["result"],
            detail=_plain(said["detail"]),
            seconds=None if said["seconds"] is None else float(said["seconds"]),
            began=str(said["began"]),
            after=tuple(str(one) for one in said["after"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _plain(text: object) -> str:
    return printable(masked(str(text).split("\n", 1)[0]))[:_LONGEST]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
