"""Copy a file to or from a machine.

For example: workstation cp film.mov edit-1:/data/film.mov. A copy that was interrupted goes on where it stopped when it is
started again; both ends are compared at the end. A file of 64 MiB or more goes by way of the project's bucket, which is faster,
where that can be: not with profile `content`, a second copy or a lock of the bucket, nor to Windows.
"""

from enum import StrEnum
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import OfProject, Yes


class By(StrEnum):
    """Which way a file goes."""

    AUTO = "auto"
    SESSION = "session"
    BUCKET = "bucket"


Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A file: PATH here, or MACHINE:PATH.")]
Destination = Annotated[str, typer.Argument(metavar="TARGET", help="Where to: PATH here, or MACHINE:PATH.")]


Route = Annotated[By, typer.Option("--by", help="Through the session, or by way of the project's bucket.")]


def command(
    source: Source, target: Destination, by: Route = By.AUTO, project: OfProject = None, yes: Yes = False
) -> Answer:
    from time import monotonic

    from soundstage.cli.answer import say, subject
    from soundstage.cli.entering import Bar, copied_text, door_to
    from soundstage.stacks.entry.by_bucket import Store, ways_by
    from soundstage.stacks.entry.copying import copy, ends

    places, bar = ends(source, target), Bar(source)
    with door_to(project, places[0].machine or places[1].machine, yes=yes) as (deployment, door):
        transfers = deployment.cloud.transfers
        store = Store(transfers, transfers.bucket_in(deployment.outputs()), door.machine.instance_id)
        ways = ways_by(deployment.project, store, by=by, is_windows=door.machine.is_windows, tell=door.tell)
        began = monotonic()
        try:
            done = copy(door, *places, bar, ways)
        finally:
            bar.end()
        seconds = monotonic() - began
    document = subject(deployment.stack) | {"machine": door.machine.name, **vars(done), "seconds": round(seconds, 1)}
    return Answer(document, say(copied_text(done, seconds)))
