"""Give a machine another size; its disks stay.

SIZE is one of the sizes of its work (small, medium, large, xlarge) or a machine type such as g6.4xlarge. Writes it into the project file,
whose comments and order stay, and brings the project up: with the same preview, question and search for a free machine as `up`. A size
that the region, the zone or the file does not allow is refused, and the file stays as it is. The machine stops and starts. When it was
interrupted, the same command, or `up`, continues where it stopped.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import EngineName, NamedMachine, NamedTarget, NotReadyYet, RetryFor, Yes

NewSize = Annotated[
    str, typer.Argument(metavar="SIZE", show_default=False, help="small, medium, large, xlarge, or a machine type.")
]


def command(
    target: NamedTarget,
    machine: NamedMachine,
    size: NewSize,
    yes: Yes = False,
    retry_for: RetryFor = None,
    no_wait: NotReadyYet = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.display.resizing import resize_document, resize_text
    from soundstage.cli.resizing import resized
    from soundstage.core.durations import seconds_of
    from soundstage.stacks.capacity.climbing import LONGEST_RETRY
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.resizing.resizing import plan_resize

    seconds = seconds_of(retry_for, "--retry-for", LONGEST_RETRY) if retry_for is not None else 0.0
    wanted = plan_resize(open_project(target, engine=engine), machine, size)
    now = resized(wanted, yes=yes, wait=not no_wait, retry_for=seconds)
    document = subject(wanted.asked.stack) | resize_document(wanted, now)
    return Answer(document, lambda screen: resize_text(wanted, now, screen))
