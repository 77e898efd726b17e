"""Open the display of a machine on this computer.

A machine that is stopped is started first, after a question. The connection is taken up again by itself when the line is lost, and
ends with Ctrl-C. Nobody needs a password: the machine opens its display for a minute to whoever may open a session with it.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Machine, OfProject, Yes

Port = Annotated[
    int,
    typer.Option("--port", metavar="N", min=0, max=65535, help="The port of this computer; 0 for one that is free."),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Print the address instead of opening it.")]


def command(
    machine: Machine = None, project: OfProject = None, port: Port = 0, no_open: NoOpen = False, yes: Yes = False
) -> Answer:
    from soundstage.cli.answer import say, subject
    from soundstage.cli.entering import door_to, ended, show
    from soundstage.stacks.entry.display import shown

    with door_to(project, machine, yes=yes) as (deployment, door):
        name = door.machine.name
        with shown(door, port) as display:
            told = show(display, name, no_open=no_open)
        totals = display.tunnel.totals
    document = subject(deployment.stack) | {"machine": name, **told, **vars(totals)}
    return Answer(document, say(ended(name, totals, told["seconds"], deployment.command("stop"))))
