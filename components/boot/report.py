"""What a machine says of itself: one JSON document, written by the probe inside it, at boot and on request.

It lies at `LINUX_PATH` or `WINDOWS_PATH`, and a copy is in the machine's log group. The document:

    {"format": 1, "occasion": "boot", "machine": "edit-1", "project": "teaser",
     "began": "2026-11-26T09:00:00Z", "ended": "2026-11-26T09:01:10Z", "ready": true,
     "phases": [{"name": "data_disk", "seconds": 1.2, "result": "ok", "log": ""}],
     "checks": [{"name": "driver", "result": "ok", "seen": "NVIDIA L4, 595.91.07", "wrong": "", "log": ""}]}

`ended` is null while the machine still starts; then `phases` are those that are over, and `doing` names the one that is not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from soundstage.core.errors import OperationError

FORMAT: Final = 1
LINUX_PATH: Final = "/var/lib/soundstage/ready.json"
WINDOWS_PATH: Final = r"C:\ProgramData\Soundstage\ready.json"
LONGEST_LOG: Final = 2000
"""Characters of a log that a phase or a check keeps: its end."""
LONGEST_PHASE: Final = 10_000_000
"""Seconds of one step of a start, some four months: more is no measurement."""
LARGEST_REPORT: Final = 256 * 1024
"""Bytes of an event of CloudWatch Logs (CloudWatch Logs API Reference, "PutLogEvents", read 2026-11; AWS allows more today)."""

CHECKS: Final[Mapping[str, str]] = {
    "driver": "the GPU's driver answers, and is of the branch that was promised",
    "licence": "the driver is licensed for workstations",
    "encoder": "the GPU encodes video",
    "renderer": "the desktop is drawn by the GPU",
    "display": "the display server runs and answers",
    "size": "the screen can be as large as promised",
    "audio": "sound has a device to go to",
    "scratch": "the scratch disk is mounted and fast enough",
    "data": "the disk for work in progress is mounted and fast enough",
    "disks": "the other disks are mounted",
    "media": "the media bucket is mounted and can be read",
    "idle_guard": "the watch that stops an idle machine runs",
    "clock": "the clock is right",
    "space": "the root disk has room",
}
"""What is looked at, in this order."""


class Result(StrEnum):
    """How a phase or a check ended."""

    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"


class Occasion(StrEnum):
    """When the probe ran."""

    BOOT = "boot"
    REQUEST = "request"
    BAKE = "bake"


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a start."""

    name: str
    seconds: float
    result: Result
    log: str = ""
    """The end of what it printed; empty where it went well."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    result: Result
    seen: str = ""
    """What was found, in the machine's own words."""
    wrong: str = ""
    """What is wrong, in a sentence; empty unless it failed."""
    log: str = ""
    """The end of the log that belongs to it; empty unless it failed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The first thing that keeps a machine from being ready."""

    name: str
    wrong: str
    log: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a machine said of itself at one time."""

    occasion: Occasion
    machine: str
    project: str
    began: datetime
    """In UTC, by the machine's own clock."""
    ended: datetime | None
    """None while the machine still starts."""
    phases: tuple[Phase, ...]
    checks: tuple[Check, ...]
    doing: str = ""
    """The phase that is not over; empty at the end."""

    @property
    def ready(self) -> bool:
        """Whether the machine is over its start and nothing failed."""
        return self.ended is not None and not self.failures

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What failed: what was found wrong at the end first, since it says what a person misses, then the steps that led there."""
        checks = [Failure(each.name, each.wrong, each.log) for each in self.checks if each.result is Result.FAILED]
        steps = [
            Failure(each.name, f"The step {each.name} of the start failed.", each.log)
            for each in self.phases
            if each.result is Result.FAILED
        ]
        return (*checks, *steps)

    @property
    def seconds(self) -> float:
        """Seconds of all phases together."""
        return sum(phase.seconds for phase in self.phases)


def read(text: str) -> Report:
    """The report of a machine. `OperationError` where the text is none: what a machine writes may be cut, or forged by who works on it."""
    if len(text) > LARGEST_REPORT:
        raise _unreadable(f"it is {len(text)} characters long, more than {LARGEST_REPORT}")
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise _unreadable(f"its format is {document['format']!r}; this version of Soundstage reads {FORMAT}")
        return Report(
            occasion=Occasion(document["occasion"]),
            machine=_text(document["machine"]),
            project=_text(document["project"]),
            began=_time(document["began"]),
            ended=None if document["ended"] is None else _time(document["ended"]),
            phases=tuple(_phase(each) for each in document["phases"]),
            checks=tuple(_check(each) for each in document["checks"]),
            doing=_text(document.get("doing") or ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}") from error


def written(report: Report) -> str:
    """The document of a report, on one line."""
    return json.dumps(
        {
            "format": FORMAT,
            "occasion": report.occasion,
            "machine": report.machine,
            "project": report.project,
            "began": _stamp(report.began),
            "ended": _stamp(report.ended) if report.ended else None,
            "ready": report.ready,
            "doing": report.doing,
            "phases": [
                {"name": each.name, "seconds": each.seconds, "result": each.result, "log": each.log}
                for each in report.phases
            ],
            "checks": [
                {
                    "name": each.name,
                    "result": each.result,
                    "seen": each.seen,
                    "wrong": each.wrong,
                    "log": each.log,
                }
                for each in report.checks
            ],
        },
        ensure_ascii=False,
    )


def _phase(told: Mapping[str, Any]) -> Phase:
    return Phase(_text(told["name"]), _seconds(told["seconds"]), Result(told["result"]), _end(told.get("log", "")))


def _check(told: Mapping[str, Any]) -> Check:
    return Check(
        _text(told["name"]),
        Result(told["result"]),
        _end(told.get("seen", "")),
        _end(told.get("wrong", "")),
        _end(told.get("log", "")),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds <= LONGEST_PHASE:  # nor is it "not a number", which JSON's readers take
        raise ValueError(f"{seconds} seconds are no duration of a step")
    return seconds


def _end(value: Any) -> str:
    return _text(value)[-LONGEST_LOG:]


def _time(value: Any) -> datetime:
    return datetime.fromisoformat(_text(value)).astimezone(UTC)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unreadable(why: str) -> OperationError:
    return OperationError(
        f"A machine's report of its start cannot be read: {why[:200]}.",
        "Run the probe on the machine again: soundstage-probe (Linux, as root).",
    )
