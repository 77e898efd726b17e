"""The tags in which a machine reads, once a minute, when it must stop itself: a change of them needs no restart."""

from collections.abc import Sequence
from typing import Final

from soundstage.components.boot.idle_watch import KEEP_TAG, MINUTES_TAG, WARN_TAG

_LONGEST: Final = 256
"""Characters of a tag's value (Amazon EC2 User Guide "Tag restrictions", read 2026-11), which also says what they may be: a colon
may, a comma may not."""


def idle_tags(stop_after_minutes: int, keep_while: Sequence[str], warn_minutes: int = 5) -> dict[str, str]:
    """The tags of a machine. What does not fit into one goes on in the next."""
    values = [""]
    for word in dict.fromkeys(keep_while):
        longer = f"{values[-1]}:{word}".lstrip(":")
        if len(longer) > _LONGEST:
            values.append(word)
        else:
            values[-1] = longer
    names = [KEEP_TAG, *(f"{KEEP_TAG}-{place}" for place in range(2, len(values) + 1))]
    kept = {name: value for name, value in zip(names, values, strict=True) if value}
    return {MINUTES_TAG: str(stop_after_minutes), WARN_TAG: str(warn_minutes), **kept}
