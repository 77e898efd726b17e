"""Show what `up` would do, and change nothing.

The tree groups resources by component: + create, ~ update, ± replace, - delete. With --refresh, changes that were made
outside Soundstage show as what `up` would put right.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Everything, Only, Refresh, Target


def command(
    target: Target = None,
    refresh: Refresh = False,
    only: Only = None,
    everything: Everything = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.display.previews import preview_document, preview_text
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target, engine=engine)
    with Progress(preview=True) as progress:
        preview = deployment.preview(refresh=refresh, targets=tuple(only or ()), on_event=progress)
    return Answer(
        preview_document(preview), lambda screen: preview_text(preview, deployment, screen, everything=everything)
    )
