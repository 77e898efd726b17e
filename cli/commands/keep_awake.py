"""Keep a machine on for a while, whatever it does.

Its idle guard does not stop it until then, and neither does the end of its hours; a restart changes nothing. With --off it may
stop again. It says who asked.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Machine, OfProject

For = Annotated[
    str | None,
    typer.Argument(metavar="TIME", show_default=False, help="How long, from 5m to 24h: 2h, 45m or 1h30m."),
]
Off = Annotated[bool, typer.Option("--off", help="Keep it awake no longer.")]


def command(time: For = None, machine: Machine = None, project: OfProject = None, off: Off = False) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.display.keep_awake import kept_document, kept_text
    from soundstage.cli.notice import notice
    from soundstage.engines.lock import user
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.keep_awake import asked, keep_awake, let_sleep
    from soundstage.stacks.parking.choosing import choose_of

    wanted, name = asked(time, machine, off=off)
    deployment = open_project(project, allow_expired=True)
    chosen = choose_of(deployment, [name] if name else ())
    machines = deployment.cloud.machines
    if wanted is None:
        with journaled(deployment, "keep-awake --off", [one.name for one in chosen], say=notice):
            slept = let_sleep(machines, chosen)
        return Answer(subject(deployment.stack) | kept_document({}, slept), lambda screen: kept_text({}, slept, screen))
    with journaled(deployment, f"keep-awake {time}", [one.name for one in chosen], say=notice):
        kept = keep_awake(machines, chosen, wanted, user(), datetime.now(UTC))
    return Answer(subject(deployment.stack) | kept_document(kept, ()), lambda screen: kept_text(kept, (), screen))
