"""Put a machine's work disk back as a snapshot holds it.

Asks, stops the machine, takes a last snapshot of what is on the disk now, and makes the disk anew. Without SNAPSHOT the newest complete
one. When it was interrupted, the same command continues where it stopped.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import EngineName, NamedMachine, NamedTarget, Yes

Snapshot = Annotated[
    str | None,
    typer.Argument(
        metavar="SNAPSHOT", show_default=False, help="Id of a snapshot, as `workstation snapshots` lists them."
    ),
]


def command(
    target: NamedTarget, machine: NamedMachine, snapshot: Snapshot = None, yes: Yes = False, engine: EngineName = None
) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.snapshots import restored_document, restored_text
    from soundstage.cli.notice import notice, write
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.restoring import plan_restore, restore

    deployment = open_project(target, engine=engine)
    wanted = plan_restore(deployment, machine, snapshot)
    write(stderr().lines("\n".join(wanted.told)))
    confirm(f"Restore {machine}'s work disk?", yes=yes)
    with journaled(deployment, "restore", [machine], say=notice) as note, Progress() as progress:
        note.detail = f"from {wanted.snapshot.id}"
        deleted = restore(deployment, wanted, on_event=progress)
    document = subject(deployment.stack) | restored_document(wanted, deleted, deployment.project.region)
    return Answer(document, lambda screen: restored_text(deployment, wanted, deleted, screen))
