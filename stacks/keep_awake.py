"""Keeping machines awake for a while: until when, and by whom, stands in a tag of each, which its idle guard reads once a minute.

A tag survives a restart of the machine and every change of its disks, and can be seen and taken away in the console.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from soundstage.core.errors import UsageError
from soundstage.core.words import shown
from soundstage.stacks.clouds.base import Machine, Machines

LONGEST: Final = timedelta(hours=24)
"""A machine that has to stay up for longer is asked for again, or gets another `stop_after_minutes`."""
SHORTEST: Final = timedelta(minutes=5)
_FORM: Final = re.compile(r"(?=\d)(?:(\d{1,4})h)?(?:(\d{1,5})m)?", re.ASCII)
_TAKEN: Final = re.compile(r"[^A-Za-z0-9._@+-]+")
"""What a tag of EC2 cannot hold (Amazon EC2 User Guide "Tag restrictions", read 2026-11), and spaces."""


@dataclass(frozen=True)
class KeptAwake:
    """Until when a machine is kept awake."""

    until: datetime
    who: str

    def __str__(self) -> str:
        return f"{self.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {self.who}".strip()


def span(text: str) -> timedelta:
    """The time that `2h`, `45m` or `1h30m` means. `UsageError` for anything else, and for more or less than is allowed."""
    found = _FORM.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(
            f"{shown(text)} is no time to keep a machine awake.",
            "Write hours and minutes (2h, 45m or 1h30m) before the machine: `workstation keep-awake 2h MACHINE --project PROJECT`.",
        )
    hours, minutes = (int(part or 0) for part in found.groups())
    wanted = timedelta(hours=hours, minutes=minutes)
    if not SHORTEST <= wanted <= LONGEST:
        raise UsageError(
            f"A machine cannot be kept awake for {shown(text)}.",
            "Allowed: 5m to 24h. A machine that has to stay up for longer gets another `stop_after_minutes`, or names its program in "
            "`keep_while`.",
        )
    return wanted


def asked(time: str | None, machine: str | None, *, off: bool) -> tuple[timedelta | None, str | None]:
    """What the words of a command line mean: how long (None for no longer), and which machine (None for all)."""
    if not off:
        if time is None:
            raise UsageError("For how long?", "Say it first: `workstation keep-awake 2h`; or `--off` to end it.")
        return span(time), machine
    if machine is not None:
        raise UsageError("--off takes no time.", f"Leave {shown(time)} out: `workstation keep-awake --off {machine}`.")
    return None, time


def read(tag: str) -> KeptAwake | None:
    """What a machine's tag says; None for no tag, and for one that somebody wrote in another form: the machine does not heed it either."""
    until, _, who = tag.partition(" ")
    try:
        time = datetime.fromisoformat(until)
    except ValueError:
        return None
    return KeptAwake(time.astimezone(UTC), who) if time.tzinfo else None


def keep_awake(
    machines: Machines, chosen: Sequence[Machine], wanted: timedelta, who: str, now: datetime
) -> dict[str, KeptAwake]:
    """Keep these machines awake from now on, and return until when, by name."""
    kept = KeptAwake(now.replace(microsecond=0) + wanted, _TAKEN.sub("-", who).strip("-")[:64])
    for machine in chosen:
        machines.mark_awake(machine, str(kept))
    return {machine.name: kept for machine in chosen}


def let_sleep(machines: Machines, chosen: Sequence[Machine]) -> list[Machine]:
    """Keep these machines awake no longer. Returns those that were."""
    awake = [machine for machine in chosen if machine.keep_awake]
    for machine in awake:
        machines.mark_awake(machine, "")
    return awake
