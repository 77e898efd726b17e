"""List the snapshots of a project's work disks.

Whose disk, when it was taken, how large it is and what it costs a month at the most. `workstation restore` puts a disk back as one of
them holds it.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


def command(target: Target = None, engine: EngineName = None) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.display.snapshots import snapshots_document, snapshots_text
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target, engine=engine, allow_expired=True)
    found, now = deployment.snapshots(), datetime.now(UTC)
    return Answer(snapshots_document(deployment, found), lambda screen: snapshots_text(deployment, found, now, screen))
