"""Show all machines of the studio, over all its projects.

Over every region: state, who was on it last, for how long it is idle, what it has cost today and this month (an estimate), when its
project expires, and how old its image is. Below stands every project that this machine has on record, and whether it is up, half up,
down, or down with its media kept; also those whose file was moved, renamed or deleted.

With --html a page for a producer, which needs no server and loads nothing.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Force

Watch = Annotated[bool, typer.Option("--watch", help="Show it again every 15 seconds, until Ctrl-C.")]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", show_default=False, help="Write a page that a browser shows.")
]


def command(watch: Watch = False, html: Html = None, force: Force = False) -> Answer:
    from soundstage.cli.team_view import team_answer, watched

    if watch:
        return watched(html, force=force)
    return team_answer(html, force=force)
