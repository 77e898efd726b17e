"""Start a project's stopped machines.

It waits until each runs, can be reached, and is ready as the probe inside says; it fails with what is wrong where one is not.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Machines, NoWait, Target


def command(target: Target = None, machine: Machines = None, no_wait: NoWait = False) -> Answer:
    from soundstage.cli.display.results import moved_document, moved_text
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.machines import choose

    deployment = open_project(target)
    chosen = choose(deployment.machines(), machine or ())
    with Progress(len(chosen)) as progress:
        moved = deployment.start(chosen, wait=not no_wait, on_event=progress)
    return Answer(
        subject(deployment.stack) | moved_document(chosen, moved, "started"),
        lambda screen: moved_text(chosen, moved, "started", screen),
    )
