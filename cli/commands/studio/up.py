"""Bring the studio's own stack up.

`workstation up` does this when a project needs it.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, Refresh, StudioFile, Yes


def command(
    studio: StudioFile = None,
    cloud: Cloud = CloudName.SIMULATED,
    yes: Yes = False,
    refresh: Refresh = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.display.results import studio_document, studio_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.steps import components
    from soundstage.cli.display.tree import changing, recorded_only, tree
    from soundstage.cli.going_up import GoingUp
    from soundstage.cli.notice import notice
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.studio_deployment import open_studio

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    question = f"Bring studio {deployment.studio.studio} up?"
    with (
        journaled(deployment, "studio up", say=notice, asks=True) as note,
        GoingUp(
            question,
            lambda plan: "\n".join([tree(plan, stderr()), *recorded_only(stderr(), plan)]),
            changing,
            components,
            yes=yes,
        ) as shown,
    ):
        result = deployment.up(note.once_agreed(shown.agree), refresh=refresh, on_preview=shown.show, on_event=shown)
    return Answer(studio_document(deployment, result), lambda screen: studio_text(deployment, result, screen))
