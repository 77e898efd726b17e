"""Stop a project's machines.

Disks, addresses and media stay; a stopped machine costs its disks only.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import AlsoMachines, Machines, NoWait, Target, Yes


def command(
    target: Target = None,
    machine: Machines = None,
    also: AlsoMachines = None,
    no_wait: NoWait = False,
    yes: Yes = False,  # noqa: ARG001 - nothing is asked; scripts say it of every command
) -> Answer:
    from soundstage.cli.display.results import moved_document, moved_text
    from soundstage.cli.notice import notice
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.parking.choosing import choose_of

    names = [*(machine or ()), *(also or ())]
    deployment = open_project(target, allow_expired=True)
    chosen = choose_of(deployment, names)
    with journaled(deployment, "stop", names, say=notice), Progress(len(chosen)) as progress:
        moved = deployment.stop(chosen, wait=not no_wait, on_event=progress)
    return Answer(
        subject(deployment.stack) | moved_document(chosen, moved, "stopped"),
        lambda screen: moved_text(chosen, moved, "stopped", deployment, screen),
    )
