"""Show what changed in the cloud behind Soundstage's back.

Each line reads: as recorded, as found. Exit code 5 when there is any. Changes nothing; `workstation up --refresh` puts things
back as the project file says.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


def command(target: Target = None, engine: EngineName = None) -> Answer:
    from soundstage.cli.display.drift import drift_text
    from soundstage.cli.progress import Progress
    from soundstage.components.errors import Drifted
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target, engine=engine, allow_expired=True)
    with Progress(preview=True) as progress:
        plan = deployment.engine.refresh(preview_only=True, on_event=progress)
    return Answer(
        {"drifted": plan.changes_anything, "plan": plan.to_json()},
        lambda screen: drift_text(plan, screen),
        exit_code=Drifted.exit_code if plan.changes_anything else 0,
    )
