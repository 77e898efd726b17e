"""Show what `up` would do, and change nothing.

The tree groups resources by component: + create, ~ update, ± replace, - delete. With --refresh, changes that were made
outside Soundstage show as what `up` would change back. The plan is checked against the policies too: `workstation check` shows the details.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Everything, Only, Refresh, Target

SavePlan = Annotated[
    Path | None,
    typer.Option("--save-plan", metavar="FILE", show_default=False, help="Save it to a file, for `up --plan FILE`."),
]


def command(
    target: Target = None,
    refresh: Refresh = False,
    only: Only = None,
    everything: Everything = False,
    engine: EngineName = None,
    save_plan: SavePlan = None,
) -> Answer:
    from soundstage.cli.display.cost_documents import cost_summary
    from soundstage.cli.display.costs import cost_lines
    from soundstage.cli.display.previews import preview_document, preview_text
    from soundstage.cli.progress import Progress
    from soundstage.plan.saved import save
    from soundstage.stacks.costs import costs_of, usage_of
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.verdict import verdict

    deployment = open_project(target, engine=engine)
    with Progress(preview=True) as progress:
        preview = deployment.preview(refresh=refresh, targets=tuple(only or ()), on_event=progress)
    rules = deployment.cloud.account.found_rules(preview.plan) if refresh else {}
    if save_plan:
        save(save_plan, preview, deployment.target)
    judged = verdict(preview.plan, deployment.path, deployment.project.profile, usage_of(deployment.project))
    costs = costs_of(deployment.project, preview.plan, deployment.engine.resources())
    return Answer(
        lambda: preview_document(preview) | {"policies": judged.summary(), "cost": cost_summary(costs)},
        lambda screen: "\n".join(
            [
                preview_text(preview, deployment, screen, everything=everything, rules=rules),
                cost_lines(costs, deployment.command("cost"), screen),
                screen.lines(judged.sentence()),
                *([] if judged.refused else [screen.paint(f"Next: `{deployment.command('up')}`.", "dim")]),
            ]
        ),
    )
