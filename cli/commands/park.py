"""Put machines away while nobody works on them.

Stops them, keeps the system disk of each as an image and its work disk as a snapshot, and deletes what is billed while nobody works:
machines, disks, addresses, and with the last machine the network's interface endpoints and NAT gateway. Says what it saves, and asks.
Media, keys and the audit trail stay. `workstation start` brings the same machines back. When it was interrupted, the same command
continues where it stopped.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.arguments import AlsoMachines, EngineName, Machines, Target, Yes

OnlyDue = Annotated[
    bool, typer.Option("--due", help="Only those that have been stopped for `park_after_days` of the project file.")
]


def command(
    target: Target = None,
    machine: Machines = None,
    also: AlsoMachines = None,
    due: OnlyDue = False,
    yes: Yes = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.parking import NOTHING, park_document, park_preview, park_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.steps import components
    from soundstage.cli.display.tree import changing
    from soundstage.cli.notice import notice, write
    from soundstage.cli.progress import Progress
    from soundstage.core.words import listed
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.parking.due import due_of
    from soundstage.stacks.parking.parking import park, plan_park, tidy

    deployment = open_project(target, engine=engine, allow_expired=True)
    said = [*(machine or ()), *(also or ())]
    names = due_of(deployment, said) if due else said
    if due and not names:
        return Answer(subject(deployment.stack) | {**NOTHING}, say("No machine is due to be parked."))
    wanted = plan_park(deployment, names)
    result = None
    if wanted.parked:
        write(park_preview(wanted, deployment.project.title, stderr()))
        confirm(f"Park {listed(list(wanted.parked))} of {deployment.project.title}?", yes=yes)
        with (
            journaled(deployment, "park", list(wanted.parked), say=notice),
            Progress(changing(wanted.plan), groups=components(wanted.plan)) as progress,
        ):
            result = park(deployment, wanted, on_event=progress)
    else:
        tidy(deployment)
    document = subject(deployment.stack) | park_document(wanted, result)
    return Answer(document, lambda screen: park_text(wanted, result, deployment, screen))
