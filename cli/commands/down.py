"""Take a project down, and keep its media.

Lists what is deleted and what is kept, asks, and deletes. Media buckets, their keys and a last snapshot of each work disk are kept,
unless --delete-media is given and the project's name is typed (in scripts: --yes --delete-media).
"""

from typing import TYPE_CHECKING, Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import EngineName, Target, Yes

if TYPE_CHECKING:
    from soundstage.stacks.clouds.base import Snapshot

DeleteMedia = Annotated[
    bool, typer.Option("--delete-media", help="Also delete all media, for good. Asks for the project's name.")
]


def command(
    target: Target = None, yes: Yes = False, delete_media: DeleteMedia = False, engine: EngineName = None
) -> Answer:
    from soundstage.cli.confirm import confirm_down
    from soundstage.cli.display.parking import parked_going
    from soundstage.cli.display.results import down_document, down_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.steps import components
    from soundstage.cli.display.teardown import going, teardown
    from soundstage.cli.notice import notice, write
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.parking.waking import parked_now

    deployment = open_project(target, engine=engine, allow_expired=True)
    plan = deployment.preview_down(delete_media=delete_media)
    snapshots = {one.id: one.machine for one in deployment.snapshots()} if delete_media else None
    write(teardown(plan, stderr(), snapshots, title=deployment.project.title))
    if parked := {name: one for name, one in parked_now(deployment).items() if one.image}:
        write(parked_going(parked, stderr(), snapshots_stay=not delete_media))
    superseded: tuple[Snapshot, ...] = ()
    if (total := len(going(plan))) or snapshots:
        confirm_down(deployment.project.title, yes=yes, delete_media=delete_media)
        did = "down --delete-media" if delete_media else "down"
        with journaled(deployment, did, say=notice), Progress(total, groups=components(plan)) as progress:
            superseded = deployment.down(delete_media=delete_media, on_event=progress).superseded
    left = deployment.snapshots() if len(plan) and not delete_media else ()
    deleted = [*(snapshots or ()), *(one.id for one in superseded)]
    document = subject(deployment.stack) | down_document(plan) | {"deleted_snapshots": deleted}
    return Answer(document, lambda screen: down_text(plan, deployment, screen, snapshots, superseded, left))
