"""When a machine that nobody uses stops itself, whichever cloud it is in."""

import re
from typing import Final, NotRequired, TypedDict

from soundstage.components.arguments import number_faults

SHORTEST_IDLE_MINUTES: Final = 5
LONGEST_IDLE_MINUTES: Final = 480
IDLE_MINUTES: Final = 30
WARN_MINUTES: Final = 5
LONGEST_WARNING: Final = 30
_ACTIVITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}", re.ASCII)


class IdleArgs(TypedDict):
    """When a machine stops itself, and what keeps it awake."""

    stop_after_minutes: NotRequired[int]
    """Minutes without a connected person and without work, after which the machine stops itself; 5 to 480. Thirty when
    absent. There is no never: a machine for a week of rendering names its renderer in `keep_while`."""
    keep_while: NotRequired[list[str]]
    """What keeps it awake: `render`, `transcode`, `upload`, or names of programs. All three activities when absent."""
    warn_minutes: NotRequired[int]
    """How many minutes before it stops the machine says so to who sits at it; 1 to 30, and not more than `stop_after_minutes`. Five
    when absent."""


def idle_faults(idle: IdleArgs) -> list[str]:
    """What is wrong with the argument `idle`; empty when nothing is."""
    minutes = idle.get("stop_after_minutes", IDLE_MINUTES)
    faults = number_faults("idle.stop_after_minutes", minutes, SHORTEST_IDLE_MINUTES, LONGEST_IDLE_MINUTES)
    most = min(LONGEST_WARNING, max(minutes, 1)) if isinstance(minutes, int) else LONGEST_WARNING
    faults += number_faults("idle.warn_minutes", idle.get("warn_minutes", WARN_MINUTES), 1, most)
    return faults + [
        f"idle.keep_while holds {word!r}; allowed: letters, digits, spaces and . _ + -"
        for word in keep_while(idle)
        if not _ACTIVITY.fullmatch(word)
    ]


def keep_while(idle: IdleArgs) -> tuple[str, ...]:
    """What keeps the machine awake."""
    return tuple(idle.get("keep_while", ("render", "transcode", "upload")))
