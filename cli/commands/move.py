"""Move a machine to another availability zone, with its disks.

A disk stays in its zone: the machine is parked (its system disk is kept as an image, its work disk as a snapshot) and comes back in the
other zone from what was kept. Without --zone it goes where the project file says by now. When it was interrupted, the same command
continues where it stopped.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import EngineName, NamedMachine, NamedTarget, RetryFor, Yes

ZoneName = Annotated[
    str | None,
    typer.Option("--zone", metavar="ZONE", show_default=False, help="A zone such as eu-west-1b, or its id (euw1-az2)."),
]


def command(
    target: NamedTarget,
    machine: NamedMachine,
    zone: ZoneName = None,
    yes: Yes = False,
    retry_for: RetryFor = None,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.display.parking import move_document, move_text
    from soundstage.cli.moving import moved
    from soundstage.core.durations import seconds_of
    from soundstage.stacks.capacity.climbing import LONGEST_RETRY
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.parking.moving import plan_move

    seconds = seconds_of(retry_for, "--retry-for", LONGEST_RETRY) if retry_for is not None else 0.0
    deployment = open_project(target, engine=engine)
    wanted = plan_move(deployment, machine, zone)
    now = moved(deployment, wanted, yes=yes, retry_for=seconds)
    document = subject(deployment.stack) | move_document(wanted, now)
    return Answer(document, lambda screen: move_text(wanted, now, screen))
