"""Show a project's machines and how to reach them.

Without a project, where there are several here, all machines of the studio, as `workstation list` shows them.

State, uptime and disks of each, and whether it is ready or what is wrong with it; the project's age and expiry. With --why, why
each machine is on, or why it stopped. Says so when nothing is up.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target

Timings = Annotated[bool, typer.Option("--timings", help="Show how long each step of each machine's start took.")]

WhyOption = Annotated[bool, typer.Option("--why", help="Say why each machine is on, or why it stopped.")]


def command(
    target: Target = None, timings: Timings = False, why: WhyOption = False, engine: EngineName = None
) -> Answer:
    from datetime import UTC, datetime

    from soundstage.projectfile.project_paths import project_files

    if target is None and not (timings or why) and len(project_files()) > 1:
        from soundstage.cli.team_view import team_answer

        return team_answer()

    from soundstage.cli.display.status import status_document, status_text
    from soundstage.cli.display.why import why_document
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.why import why_each

    deployment = open_project(target, engine=engine, allow_expired=True)
    project = deployment.project
    purposes = {name: workstation.for_ for name, workstation in project.workstations.items()}
    report, now = deployment.status(), datetime.now(UTC)
    reasons = why_each(deployment.cloud.machines, report.machines, now, simulated=report.is_simulated) if why else {}
    return Answer(
        status_document(report, purposes, project.cloud, project.region)
        | {"why": why_document(reasons) if why else None},
        lambda screen: status_text(report, purposes, now, screen, timings=timings, reasons=reasons),
    )
