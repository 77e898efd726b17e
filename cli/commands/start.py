"""Start a project's stopped machines.

It waits until each runs, can be reached, and is ready as the probe inside says; it fails with what is wrong where one is not.
Machines that are parked come back as they were: it shows what is made for them and what that costs, and asks.

A stopped machine stays in its zone. `--retry-for` waits where the cloud has none of its type free there.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import AlsoMachines, Machines, NoWait, RetryFor, Target, Yes


def command(
    target: Target = None,
    machine: Machines = None,
    also: AlsoMachines = None,
    no_wait: NoWait = False,
    retry_for: RetryFor = None,
    yes: Yes = False,
) -> Answer:
    from soundstage.cli.display.results import moved_document, moved_text
    from soundstage.cli.notice import notice
    from soundstage.cli.progress import Progress
    from soundstage.cli.waking import bring_back
    from soundstage.core.durations import seconds_of
    from soundstage.stacks.capacity.climbing import LONGEST_RETRY
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.parking.choosing import choose_of

    seconds = seconds_of(retry_for, "--retry-for", LONGEST_RETRY) if retry_for is not None else 0.0
    names = [*(machine or ()), *(also or ())]
    deployment = open_project(target)
    back = bring_back(deployment, names, yes=yes, wait=not no_wait, retry_for=seconds)
    others = [name for name in names if name not in back]
    chosen = choose_of(deployment, others) if others or not names else []
    chosen = [one for one in chosen if one.name not in back]
    moved = []
    if chosen or not back:
        with journaled(deployment, "start", others, say=notice), Progress(len(chosen)) as progress:
            moved = deployment.start(chosen, wait=not no_wait, retry_for=seconds, on_event=progress)
    document = moved_document(chosen, moved, "started") | {"brought_back": list(back)}
    return Answer(
        subject(deployment.stack) | document,
        lambda screen: moved_text(chosen, moved, "started", deployment, screen, back),
    )
