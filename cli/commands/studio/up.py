"""Bring the studio's own stack up.

Projects do this by themselves when they need it.
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
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.results import studio_document, studio_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.tree import changing, tree
    from soundstage.cli.notice import write
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_studio

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    with Progress(preview=True) as progress:
        plan = deployment.preview(refresh=refresh, on_event=progress)
    write(tree(plan, stderr()))
    if total := changing(plan):
        confirm(f"Bring studio {deployment.studio.studio} up?", yes=yes)
    with Progress(total) as progress:
        result = deployment.up(refresh=refresh, on_event=progress)
    return Answer(studio_document(deployment, result), lambda screen: studio_text(deployment, result, screen))
