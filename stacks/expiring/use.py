"""Whether somebody uses a machine, as its idle guard, Session Manager and keep-awake say. Pure."""

from datetime import datetime, timedelta
from typing import Final

from soundstage.stacks import keep_awake
from soundstage.stacks.clouds.base import LastSession, Machine
from soundstage.stacks.why import SILENT, Told

QUIET: Final = 15
"""Minutes that nobody may have used a machine before it counts as not in use."""


def in_use(machine: Machine, told: Told | None, last: LastSession | None, now: datetime, *, simulated: bool) -> str:
    """Why a machine counts as in use; empty where nobody uses it. A machine of which nothing is known counts as in use: whoever works on it
    would lose what is not saved. In a simulated machine nothing runs."""
    if machine.state not in ("running", "pending"):
        return ""
    kept = keep_awake.read(machine.keep_awake)
    if kept and kept.until > now:
        return f"{kept.who or 'somebody'} keeps {machine.name} awake until {kept.until:%Y-%m-%d %H:%M} UTC"
    if last and last.is_open:
        return f"{last.who} has a session with {machine.name}"
    if told is None or (machine.launched and told.at < machine.launched) or now - told.at > SILENT:
        return "" if simulated else f"the idle guard of {machine.name} has not told whether somebody uses it"
    if told.verdict == "keep":
        return f"{machine.name} is in use ({told.reason})" if told.reason else f"{machine.name} is in use"
    idle = timedelta(minutes=told.idle_minutes) + (now - told.at)
    return (
        f"{machine.name} was used {int(idle.total_seconds() / 60)} min ago" if idle < timedelta(minutes=QUIET) else ""
    )
