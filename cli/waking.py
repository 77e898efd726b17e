"""The part of `start` that brings parked machines back: shows what is made for them, asks, and makes it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment


def bring_back(
    deployment: "Deployment", names: Sequence[str], *, yes: bool, wait: bool, retry_for: float
) -> tuple[str, ...]:
    """Bring those of the machines with these names, or of all, back that are parked. Returns which."""
    from soundstage.cli.display.previews import step_groups, steps, up_preview_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.going_up import GoingUp
    from soundstage.cli.notice import notice
    from soundstage.core.words import listed
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.parking.waking import to_wake, wake, waking

    back = to_wake(deployment, names)
    if back:
        asked = waking(deployment, back)
        with (
            journaled(deployment, "start", back, say=notice, asks=True) as note,
            GoingUp(
                f"Bring {listed(list(back))} back?",
                lambda preview: up_preview_text(preview, asked, stderr()), steps, step_groups, yes=yes,
            ) as shown,
        ):  # fmt: skip
            wake(
                asked, confirm=note.once_agreed(shown.agree), wait=wait, retry_for=retry_for, on_preview=shown.show,
                on_event=shown,
            )  # fmt: skip
    return back
