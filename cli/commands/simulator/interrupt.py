"""Take the capacity of a spot machine back, as the cloud does.

The machine stops, with its disks, and nobody can start it until the capacity is there again: `--give` gives it. On AWS the machine then
starts by itself; on Google Cloud `workstation start` starts it.

For example: workstation simulator interrupt teaser render-1.
"""

from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer

Project = Annotated[
    str, typer.Argument(metavar="PROJECT", autocompletion=completion.project_names, help="The project.")
]
Machine = Annotated[str, typer.Argument(metavar="MACHINE", help="The workstation.")]
Give = Annotated[bool, typer.Option("--give", help="Have capacity again.")]


def command(project: Project, machine: Machine, give: Give = False) -> Answer:
    from soundstage.core.errors import UsageError
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.machines import choose

    deployment = open_project(project)
    name, like = deployment.project.project, deployment.cloud.look_alike
    if like is None:
        raise UsageError(f"{name} is on {deployment.cloud.describe()}.", "Only simulated machines are interrupted so.")
    (chosen,) = choose(deployment.machines(), [machine])
    if not chosen.is_spot:
        raise UsageError(
            f"{machine} is not a spot machine.",
            f"Set `purchase: spot` for it, and `allow_spot: [{machine}]`, then `workstation up`.",
        )
    words = like.take_spot(deployment.studio.studio, name, machine, give=give)
    return Answer(
        {"project": name, "machine": machine, "given": give}, lambda screen: screen.plain(f"{machine} {words}.")
    )
