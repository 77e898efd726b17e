"""Copy a file to or from a machine.

For example: workstation cp film.mov edit-1:/data/film.mov. A copy that was interrupted goes on where it stopped when it is
started again; both ends are compared at the end.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import OfProject, Yes

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A file: PATH here, or MACHINE:PATH.")]
Destination = Annotated[str, typer.Argument(metavar="TARGET", help="Where to: PATH here, or MACHINE:PATH.")]


def command(source: Source, target: Destination, project: OfProject = None, yes: Yes = False) -> Answer:
    from time import monotonic

    from soundstage.cli.answer import say, subject
    from soundstage.cli.entering import Bar, copied_text, door_to
    from soundstage.stacks.entry.copying import copy, ends

    places, bar = ends(source, target), Bar(source)
    with door_to(project, places[0].machine or places[1].machine, yes=yes) as (deployment, door):
        began = monotonic()
        try:
            done = copy(door, *places, bar)
        finally:
            bar.end()
        seconds = monotonic() - began
    document = subject(deployment.stack) | {"machine": door.machine.name, **vars(done), "seconds": round(seconds, 1)}
    return Answer(document, say(copied_text(done, seconds)))
