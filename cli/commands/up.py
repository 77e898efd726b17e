"""Bring a project up.

Shows what will happen, checks it against the policies and the account's quotas, asks, and makes the cloud match the project
file. The studio's own stack comes first where the project needs it. It ends when the probe inside each machine says ready, and
fails with what is wrong where one is not. A second `up` changes only what differs. When it was interrupted, the same command
continues where it stopped.

Where the cloud has no machine of the wanted type free, other zones are tried, and then the types that the file allows (`fallback`); a preview
says in which order. `--retry-for` waits for one.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, NotReadyYet, Only, Refresh, RetryFor, Target, Yes

Parallel = Annotated[
    int | None,
    typer.Option("--parallel", metavar="N", min=1, max=256, show_default=False, help="Most calls made at once."),
]

Reviewed = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", show_default=False, help="Do what `preview --save-plan` kept, or refuse."),
]


def command(
    target: Target = None,
    yes: Yes = False,
    refresh: Refresh = False,
    only: Only = None,
    parallel: Parallel = None,
    engine: EngineName = None,
    plan: Reviewed = None,
    no_wait: NotReadyYet = False,
    retry_for: RetryFor = None,
) -> Answer:
    from soundstage.cli.display.previews import step_groups, steps, up_preview_text
    from soundstage.cli.display.results import up_document, up_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.going_up import GoingUp
    from soundstage.cli.notice import notice
    from soundstage.core.durations import seconds_of
    from soundstage.plan.saved import load
    from soundstage.stacks.capacity.climbing import LONGEST_RETRY
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled

    seconds = seconds_of(retry_for, "--retry-for", LONGEST_RETRY) if retry_for is not None else 0.0
    reviewed = load(plan) if plan else None
    deployment = open_project(target, engine=engine)
    question = f"Bring {deployment.project.title} up?"
    with (
        journaled(deployment, "up", say=notice, asks=True) as note,
        GoingUp(
            question, lambda preview: up_preview_text(preview, deployment, stderr()), steps, step_groups, yes=yes
        ) as shown,
    ):
        result = deployment.up(
            note.once_agreed(shown.agree),
            reviewed=reviewed, refresh=refresh, targets=tuple(only or ()), parallel=parallel, wait=not no_wait,
            retry_for=seconds, on_preview=shown.show, on_event=shown,
        )  # fmt: skip
    return Answer(up_document(result, deployment), lambda screen: up_text(result, deployment, screen))
