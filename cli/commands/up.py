"""Bring a project up.

Shows what will happen, holds it to the policies, asks, and makes the cloud match the project file. The studio's own stack comes
first where the project needs it. A second `up` changes only what differs. When it was interrupted, the same command goes on
where it stopped.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Only, Refresh, Target, Yes

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
) -> Answer:
    from soundstage.cli.checks import hold
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.previews import preview_text, steps
    from soundstage.cli.display.results import up_document, up_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.notice import write
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.saved_plan import check, load, target_of

    reviewed = load(plan) if plan else None
    deployment = open_project(target, engine=engine)
    targets = tuple(only or ())
    with Progress(preview=True) as progress:
        preview = deployment.preview(refresh=refresh, targets=targets, on_event=progress)
    write(preview_text(preview, deployment, stderr()))
    if reviewed:
        check(reviewed, preview, target_of(deployment))
    hold(preview.plan, deployment.path, deployment.project.profile)
    if total := steps(preview):
        confirm(f"Bring {deployment.project.project} up?", yes=yes)
    if reviewed and not yes:  # an answer can take hours
        check(reviewed, deployment.preview(refresh=refresh, targets=targets), target_of(deployment))
    with Progress(total) as progress:
        result = deployment.up(refresh=refresh, targets=targets, parallel=parallel, on_event=progress)
    return Answer(up_document(result, deployment), lambda screen: up_text(result, deployment, screen))
