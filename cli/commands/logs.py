"""Show what a machine printed while it started.

Which step took how long, and what went wrong. The log leaves the machine by itself, also where nobody can log in.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Machine, OfProject

Lines = Annotated[int, typer.Option("--lines", "-n", metavar="N", min=1, max=10000, help="How many, from the end.")]


def command(machine: Machine = None, project: OfProject = None, lines: Lines = 200) -> Answer:
    from soundstage.cli.display.logs import logs_document, logs_text
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.parking.choosing import choose_of

    deployment = open_project(project, allow_expired=True)
    chosen = choose_of(deployment, [machine] if machine else ())
    found = {one.name: deployment.cloud.machines.log(one, lines) for one in chosen}
    return Answer(
        subject(deployment.stack) | logs_document(found),
        lambda screen: logs_text(found, deployment.command("up"), screen),
    )
