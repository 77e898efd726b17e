"""Whether the machines of a project are ready: what the probe inside each told, and waiting for it."""

import time
from collections.abc import Sequence
from typing import Final

from soundstage.components.boot.report import Report, Result, read
from soundstage.core.errors import CloudError, OperationError
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import Cloud, Machine, Machines

LONGEST_START: Final = 2400.0
"""Seconds from the start to the report: a plain image that fetches a driver and a desktop takes half an hour."""
LONGEST_SILENCE: Final = 600.0
"""Seconds after which a machine that has told nothing at all is not waited for any longer."""
SIMULATED_SILENCE: Final = 2.0
"""The same of a simulated machine, which tells something at once or never."""
_FIRST_POLL: Final = 0.05
_SLOWEST_POLL: Final = 5.0
_MOST_LOG_LINES: Final = 12


class NotReady(OperationError):
    """A machine runs and is not ready. `machine` is its name."""

    def __init__(self, message: str, hint: str, machine: str) -> None:
        super().__init__(message, hint)
        self.machine = machine


def reports(machines: Machines, found: Sequence[Machine]) -> dict[str, Report]:
    """What each machine that runs has told of its present start, by name. One that has told nothing that can be read, or whose log this
    person may not read, is left out."""
    told: dict[str, Report] = {}
    for machine in found:
        try:
            report = _told(machines, machine) if machine.is_running else None
        except CloudError as error:
            if error.code not in DENIED:
                raise
            report = None
        if report:
            told[machine.name] = report
    return told


def wait_until_ready(
    cloud: Cloud, chosen: Sequence[Machine], typed: str, on_event: OnEvent = ignore
) -> dict[str, Report]:
    """Wait until each of these machines that runs is ready, and return what each told, by name.

    `typed` is what a person types to mean the project. Raises `NotReady` for the first that is not, when all others have been waited
    for: one failed, one took longer than `LONGEST_START`, or one told nothing for `LONGEST_SILENCE`. Who may not read what machines
    tell does not wait for them.
    """
    began = time.monotonic()
    silence = LONGEST_SILENCE if cloud.name.is_real else SIMULATED_SILENCE
    starting = [machine for machine in chosen if machine.state in ("pending", "running")]
    waiting = {machine.name: _Waiting(machine, typed, on_event, silence) for machine in starting}
    ready: dict[str, Report] = {}
    failures: list[NotReady] = []
    pause = _FIRST_POLL
    while waiting:
        seconds = time.monotonic() - began
        for name, one in list(waiting.items()):
            try:
                over = one.look(cloud.machines, seconds)
            except NotReady as failure:
                failures.append(failure)
                over = None
            if isinstance(over, Report):
                ready[name] = over
            if over is not _GOES_ON:
                del waiting[name]
        if waiting:
            time.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST_POLL)
    if failures:
        raise failures[0]
    return ready


_GOES_ON: Final = object()


class _Waiting:
    """One machine that is waited for, and what has been said of it."""

    def __init__(self, machine: Machine, typed: str, on_event: OnEvent, silence: float) -> None:
        self._machine, self._typed, self._on_event, self._silence = machine, typed, on_event, silence
        self._over: set[str] = set()
        self._say(EventKind.STEP_STARTED, "getting ready", 0)

    def look(self, machines: Machines, seconds: float) -> Report | object | None:
        """Its report when it is ready, None when nobody may ask it, and `_GOES_ON` while it starts. Raises `NotReady`."""
        name = self._machine.name
        try:
            report = _told(machines, self._machine)
        except CloudError as error:
            if error.code not in DENIED:
                raise
            self._say(
                EventKind.WARNING, "nobody waits for it: these credentials may not read what machines tell", seconds
            )
            self._say(EventKind.STEP_DONE, "running", seconds)
            return None
        if report and report.ready:
            self._say(EventKind.STEP_DONE, "ready", seconds)
            return report
        if failure := _failure(name, report, seconds, self._typed, self._silence):
            self._say(EventKind.STEP_FAILED, failure.message, seconds)
            raise failure
        if report:
            self._tell_phases(report)
        return _GOES_ON

    def _tell_phases(self, report: Report) -> None:
        name = self._machine.name
        for phase in report.phases:
            if phase.name not in self._over:
                self._over.add(phase.name)
                message = "done" if phase.result is Result.OK else "failed"
                self._on_event(
                    Event(EventKind.STEP_DONE, name=f"{name}: {phase.name}", message=message, seconds=phase.seconds)
                )
        self._say(EventKind.STEP_STARTED, f"getting ready: {report.doing}" if report.doing else "getting ready", 0)

    def _say(self, kind: EventKind, message: str, seconds: float) -> None:
        self._on_event(Event(kind, name=self._machine.name, message=message, seconds=seconds))


def _told(machines: Machines, machine: Machine) -> Report | None:
    """A report, or None where a machine has written none, or what is none: the next may be whole."""
    text = machines.told(machine)
    try:
        return read(text) if text else None
    except OperationError:
        return None


def _failure(name: str, report: Report | None, seconds: float, typed: str, silence: float) -> NotReady | None:
    """Why a machine need not be waited for any longer; None while it may still become ready."""
    log = f"`workstation logs {name} --project {typed}` shows the whole log."
    if report is None:
        if seconds < silence:
            return None
        why = (
            "A simulated cloud that an earlier version of Soundstage started does not play starts: run `workstation simulator stop`, "
            "then the same command again."
            if silence == SIMULATED_SILENCE
            else f"Either its image does not run what it is sent, or its network has no way to CloudWatch Logs. {log}"
        )
        return NotReady(f"{name} runs and has told nothing of its start for {silence:.0f} seconds.", why, name)
    if report.ended is None:
        if seconds < LONGEST_START:
            return None
        words = (
            f"{name} is not ready after {LONGEST_START / 60:.0f} minutes: it is still at {report.doing or 'its start'}."
        )
        return NotReady(words, log, name)
    if report.ready:
        return None
    first, *more = report.failures
    lines = first.log.strip().splitlines()[-_MOST_LOG_LINES:]
    also = f" Also failed: {', '.join(failure.name for failure in more)}." if more else ""
    words = "\n".join(
        [f"{name} is not ready: {first.name} failed. {first.wrong}{also}", *(f"  {line}" for line in lines)]
    )
    again = f"`workstation status {typed}` shows it again once it is mended."
    return NotReady(words, f"{log} {again}", name)
