"""Why machines are on, and why they stopped: what their idle guards told last, and what the cloud knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from soundstage.core.errors import CloudError
from soundstage.core.words import printable
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks import keep_awake
from soundstage.stacks.clouds.base import Machine, Machines

SILENT: Final = timedelta(minutes=40)
"""A guard tells something at least every 15 minutes; after this time it is taken for dead. It looks five minutes after a start first."""
_LONGEST: Final = 4000
Backstop = Literal["armed", "off", "missing", "unknown"]
"""Whether the alarm that stops a machine whose guard is dead would do so."""


@dataclass(frozen=True)
class Told:
    """What a guard told last."""

    at: datetime
    verdict: str
    reason: str
    idle_minutes: int
    stops_after: int
    hours_over: bool


@dataclass(frozen=True)
class Why:
    """Why a machine is as it is."""

    sentence: str
    told: Told | None
    """None where its guard has told nothing that can be read."""
    backstop: Backstop
    guard_is_silent: bool
    """Whether its guard should have told something and has not."""


def why_each(machines: Machines, found: Sequence[Machine], now: datetime, *, simulated: bool) -> dict[str, Why]:
    """Why each machine is on or stopped, by name. What these credentials may not read is taken for unknown."""
    return {
        one.name: why(one, _asked(machines, one), _backstop(machines, one), now, simulated=simulated) for one in found
    }


def why(machine: Machine, told: Told | None, backstop: Backstop, now: datetime, *, simulated: bool = False) -> Why:
    """Pure. `told` may be of an earlier start of the machine."""
    if machine.state not in ("running", "pending"):
        return Why(_stopped(machine, told), told, backstop, guard_is_silent=False)
    fresh = told if told and (not machine.launched or told.at >= machine.launched - timedelta(minutes=2)) else None
    since = max(each for each in (machine.launched, fresh.at if fresh else None, now - SILENT * 2) if each)
    silent = not simulated and now - since > SILENT
    kept = keep_awake.read(machine.keep_awake)
    name = machine.name
    if kept and kept.until > now:
        sentence = f"{name} is on: {kept.who or 'somebody'} keeps it awake until {kept.until:%Y-%m-%d %H:%M} UTC."
    elif simulated and not fresh:
        sentence = f"{name} is on because it was started. It is simulated: nothing runs in it that would stop it."
    elif silent or not fresh:
        sentence = f"{name} is on, and its idle guard has told nothing {'for long' if silent else 'yet'}."
    elif fresh.reason:
        sentence = f"{name} is on: {fresh.reason}."
    elif fresh.verdict == "stop":
        sentence = f"{name} is about to stop: {idle_words(fresh)}."
    else:
        left = max(fresh.stops_after - fresh.idle_minutes - int((now - fresh.at).total_seconds() / 60), 0)
        sentence = f"{name} is on and idle: it stops in about {left} min unless somebody uses it."
    return Why(f"{sentence}{_net(name, backstop, silent=silent)}", fresh, backstop, silent)


def _stopped(machine: Machine, told: Told | None) -> str:
    name = machine.name
    if told and told.verdict == "stop" and (not machine.launched or told.at >= machine.launched):
        return f"{name} stopped itself at {told.at:%Y-%m-%d %H:%M} UTC: {idle_words(told)}."
    if machine.stopped_by.startswith("Client.Instance"):
        return f"{name} was shut down from inside: by somebody who works on it, or by a program."
    if machine.stopped_by.startswith("Server.Spot"):
        return f"{name} was stopped by AWS, which took its spot capacity back. AWS starts it again when it has some; its disks are kept."
    if machine.stopped_by == "compute.instances.preempted":
        return f"{name} was stopped by Google, which took its spot capacity back. `workstation start` starts it when there is some again; its disks are kept."
    if machine.stopped_by.startswith("Client.User"):
        return f"{name} was stopped from outside: by `workstation stop`, its budget, the alarm of a still machine, or somebody in the console."
    return f"{name} is {machine.state}; nothing says why."


def idle_words(told: Told) -> str:
    """Why its guard stops a machine."""
    over = "its hours had ended, and " if told.hours_over else ""
    return f"{over}nobody used it for {told.idle_minutes} min, and it stops after {told.stops_after}"


def _net(name: str, backstop: Backstop, *, silent: bool) -> str:
    if backstop == "missing":
        return (
            f" The alarm that stops {name} when its guard is dead does not exist: `workstation up --refresh` makes it."
        )
    if backstop == "off":
        return f" The alarm that stops {name} when its guard is dead is switched off: `workstation up --refresh` switches it on."
    return " The alarm of the cloud stops it after six still hours; `workstation stop` stops it now." if silent else ""


def read(text: str) -> Told | None:
    """What a guard wrote; None for what is none: a machine's words may be cut, or forged by who works on it."""
    try:
        found: Any = json.loads(text[:_LONGEST])
        return Told(
            at=datetime.fromisoformat(found["at"]).astimezone(UTC),
            verdict=printable(str(found["verdict"])),
            reason=printable(str(found["reason"]))[:200],
            idle_minutes=int(found["idle_minutes"]),
            stops_after=int(found["stops_after"]),
            hours_over=bool(found.get("hours_over")),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _asked(machines: Machines, machine: Machine) -> Told | None:
    try:
        text = machines.guard(machine)
    except CloudError as error:
        if error.code not in DENIED:
            raise
        return None
    return read(text) if text else None


def _backstop(machines: Machines, machine: Machine) -> Backstop:
    try:
        found = machines.backstop(machine)
    except CloudError as error:
        if error.code not in DENIED:
            raise
        return "unknown"
    return "missing" if found is None else "armed" if found else "off"
