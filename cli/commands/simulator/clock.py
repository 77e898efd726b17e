"""Show the simulated cloud's clock, or turn it forward.

What runs is billed for the time that passes, and budgets act on it, as in a month that one need not wait for. `workstation cost PROJECT
--actual` shows the bill, `workstation simulator mail` what people were told. The clock does not turn back; `simulator reset` forgets it.

For example: workstation simulator clock --forward 10d
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer

Forward = Annotated[
    str | None, typer.Option("--forward", metavar="TIME", show_default=False, help="So long: 8h, 10d, at most 366d.")
]


def command(forward: Forward = None) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.simulated_time import seconds_of
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    home = state_home()
    if forward is not None:
        seconds = seconds_of(forward)
        process.ensure(home)
        process.turn_clock(home, seconds)
    now, ahead = process.clock(home)
    at = datetime.fromtimestamp(now, UTC)
    return Answer(
        {"now": at.isoformat(timespec="seconds"), "ahead_seconds": round(ahead)},
        lambda screen: screen.lines(
            f"In the simulated cloud it is {at:%Y-%m-%d %H:%M} UTC, {ahead / 86400:.1f} days ahead of this machine."
            if ahead
            else f"In the simulated cloud it is {at:%Y-%m-%d %H:%M} UTC, as on this machine."
        ),
    )
