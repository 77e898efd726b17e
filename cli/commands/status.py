"""Show a project's machines and how to reach them.

State, uptime and disks of each, and whether it is ready or what is wrong with it; the project's age and expiry. Says so when
nothing is up.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target

Timings = Annotated[bool, typer.Option("--timings", help="Show how long each step of each machine's start took.")]


def command(target: Target = None, timings: Timings = False, engine: EngineName = None) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.display.status import status_document, status_text
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target, engine=engine, allow_expired=True)
    project = deployment.project
    purposes = {name: workstation.for_ for name, workstation in project.workstations.items()}
    report, now = deployment.status(), datetime.now(UTC)
    return Answer(
        status_document(report, purposes, project.cloud, project.region),
        lambda screen: status_text(report, purposes, now, screen, timings=timings),
    )
