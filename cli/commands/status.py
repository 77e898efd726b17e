"""Show a project's machines and how to reach them.

State, uptime and disks of each; the project's age and expiry. Says so when nothing is up.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


def command(target: Target = None, engine: EngineName = None) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.display.status import status_document, status_text
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target, engine=engine, allow_expired=True)
    project = deployment.project
    purposes = {name: workstation.for_ for name, workstation in project.workstations.items()}
    report, now = deployment.status(), datetime.now(UTC)
    return Answer(
        status_document(report, purposes, project.cloud, project.region),
        lambda screen: status_text(report, purposes, now, screen),
    )
