"""Say how a simulated machine starts: late, or not ready.

A simulated machine is ready at once unless this says otherwise; without options it is so again. It holds for the next starts, and
counts from the machine's last start.

For example: workstation simulator starts teaser edit-1 --failing display.
"""

from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer

Project = Annotated[
    str, typer.Argument(metavar="PROJECT", autocompletion=completion.project_names, help="The project.")
]
Machine = Annotated[str, typer.Argument(metavar="MACHINE", help="The workstation.")]
After = Annotated[float, typer.Option("--after", metavar="S", help="Seconds until it is ready.")]
Failing = Annotated[str, typer.Option("--failing", metavar="CHECK", show_default=False, help="The check that fails.")]


def command(project: Project, machine: Machine, after: After = 0.0, failing: Failing = "") -> Answer:
    from soundstage.core.errors import UsageError
    from soundstage.stacks.deployment import open_project

    deployment = open_project(project)
    name, known = deployment.project.project, deployment.project.workstations
    if deployment.cloud.look_alike is None:
        raise UsageError(
            f"{deployment.project.title} is on {deployment.cloud.describe()}.",
            "Only simulated machines are told how to start.",
        )
    if machine not in known:
        raise UsageError(f'There is no machine "{machine}" in this project.', f"Known: {', '.join(known) or 'none'}.")
    deployment.cloud.look_alike.let_start(deployment.studio.studio, name, machine, after, failing)
    when = f"{after:g} s after its start" if after else "at once"
    words = f"is not ready {when}: {failing} fails" if failing else f"is ready {when}"
    document = {"project": name, "machine": machine, "seconds": after, "failing": failing or None}
    return Answer(document, lambda screen: screen.plain(f"From now on {machine} {words}."))
