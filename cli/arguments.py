"""Arguments that several commands share, worded once."""

from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from soundstage.cli import completion


class CloudName(StrEnum):
    """The clouds that a studio can live on."""

    SIMULATED = "simulated"
    AWS = "aws"
    SIMULATED_GCP = "simulated-gcp"
    GCP = "gcp"


Target: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="PROJECT",
        autocompletion=completion.project_names,
        show_default=False,
        help="A project file, or the name of one in projects/. May be left out when there is only one.",
    ),
]
NamedTarget: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="PROJECT",
        autocompletion=completion.project_names,
        show_default=False,
        help="A project file, or the name of one in projects/.",
    ),
]
StudioFile: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="STUDIO",
        autocompletion=completion.studio_files,
        show_default=False,
        help="A studio file. Left out: studio.yaml here.",
    ),
]
Cloud: TypeAlias = Annotated[CloudName, typer.Option("--cloud", help="The cloud that the studio's account is on.")]
Machines: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MACHINE...",
        autocompletion=completion.machine_names,
        show_default=False,
        help="Only these workstations. Left out: all of them.",
    ),
]
AlsoMachines: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--machine",
        metavar="NAME",
        autocompletion=completion.machine_names,
        hidden=True,
        help="The same, as it was typed before.",
    ),
]
"""How machines were named before they were words; still taken."""
Machine: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="MACHINE",
        autocompletion=completion.machine_names,
        show_default=False,
        help="A workstation of the project. May be left out when there is only one.",
    ),
]
NamedMachine: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="MACHINE", autocompletion=completion.machine_names, show_default=False, help="The workstation."
    ),
]
OfProject: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="PROJECT",
        autocompletion=completion.project_names,
        show_default=False,
        help="A project file, or the name of one in projects/. May be left out when there is only one.",
    ),
]
Only: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="URN", help="Only this resource and what it depends on; repeat for more."),
]
Refresh: TypeAlias = Annotated[
    bool, typer.Option("--refresh", help="First look at the cloud for changes made outside Soundstage.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking. Needed in scripts.")]
EngineName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="embedded|pulumi",
        autocompletion=completion.engines,
        show_default=False,
        help="Which engine does the work.",
    ),
]
Everything: TypeAlias = Annotated[bool, typer.Option("--all", help="Also show what stays as it is.")]
NoWait: TypeAlias = Annotated[bool, typer.Option("--no-wait", help="Return as soon as the cloud has accepted.")]
NotReadyYet: TypeAlias = Annotated[bool, typer.Option("--no-wait", help="Do not wait until the machines are ready.")]
RetryFor: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--retry-for",
        metavar="TIME",
        show_default=False,
        help="While the cloud has no machine free, try again for so long: 30m, 2h.",
    ),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")]
OfStudio: TypeAlias = Annotated[bool, typer.Option("--studio", help="The state of the project's studio instead.")]
Made: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--made", metavar="NAME=ID", help="A resource that exists, with its id; repeat for more."),
]
NotMade: TypeAlias = Annotated[bool, typer.Option("--not-made", help="All others that cannot be found were not made.")]
From: TypeAlias = Annotated[
    str | None, typer.Option("--from", metavar="URL", show_default=False, help="The backend that has the state now.")
]
SecretsThere: TypeAlias = Annotated[
    str, typer.Option("--secrets", metavar="WAY", help="What encrypts the secrets in that backend.")
]
Since: TypeAlias = Annotated[
    str, typer.Option("--since", metavar="TIME", help="How far back, such as 12h, 7d or 365d.")
]
