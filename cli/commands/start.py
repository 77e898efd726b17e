"""Start a project's stopped machines.

It waits until each runs, can be reached, and is ready as the probe inside says; it fails with what is wrong where one is not.

A stopped machine stays in its zone, and AWS may have none of its type free there: `--retry-for` waits until there is.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Machines, NoWait, RetryFor, Target


def command(
    target: Target = None, machine: Machines = None, no_wait: NoWait = False, retry_for: RetryFor = None
) -> Answer:
    from soundstage.cli.display.results import moved_document, moved_text
    from soundstage.cli.notice import notice
    from soundstage.cli.progress import Progress
    from soundstage.core.durations import seconds_of
    from soundstage.stacks.capacity.climbing import LONGEST_RETRY
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.machines import choose

    seconds = seconds_of(retry_for, "--retry-for", LONGEST_RETRY) if retry_for is not None else 0.0
    deployment = open_project(target)
    chosen = choose(deployment.machines(), machine or ())
    with journaled(deployment, "start", machine or (), say=notice), Progress(len(chosen)) as progress:
        moved = deployment.start(chosen, wait=not no_wait, retry_for=seconds, on_event=progress)
    return Answer(
        subject(deployment.stack) | moved_document(chosen, moved, "started"),
        lambda screen: moved_text(chosen, moved, "started", screen),
    )
