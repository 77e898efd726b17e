"""Write a commented project file, projects/NAME.yaml.

One machine to start with, and everything else that can be said, commented out. A file that exists is left alone.
"""

from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Cloud, CloudName, Force

Name = Annotated[str, typer.Argument(metavar="NAME", help="The project's alias: lower case, digits, hyphens.")]
Role = Annotated[
    str,
    typer.Option(
        "--for",
        metavar="ROLE",
        autocompletion=completion.roles,
        help="The first machine's work: editing, vfx, color, audio, photo or ml.",
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="REGION",
        show_default=False,
        help="Where everything lives. Left out: eu-west-1, and on Google Cloud europe-west4.",
    ),
]
Client = Annotated[
    str | None, typer.Option("--client", metavar="ALIAS", show_default=False, help="The client the work is for.")
]
Owner = Annotated[
    str | None, typer.Option("--owner", metavar="EMAIL", show_default=False, help="Who is responsible for the project.")
]

_AS_KEYS = ("cloud", "region", "client", "owner")
"""Options that are called what the file calls them."""


def command(
    name: Name,
    role: Role = "editing",
    cloud: Cloud = CloudName.SIMULATED,
    region: Region = None,
    client: Client = None,
    owner: Owner = None,
    force: Force = False,
) -> Answer:
    from pathlib import Path

    from soundstage.cli.new_file import as_typed, write_new
    from soundstage.components.sizes import DEFAULT_SIZE
    from soundstage.core.clouds import CLOUDS
    from soundstage.core.errors import UsageError
    from soundstage.pricing.machines import priced_words
    from soundstage.projectfile.catalogues import CATALOGUES
    from soundstage.projectfile.project_paths import renamed
    from soundstage.projectfile.spec import new_project_file

    here = CATALOGUES[CLOUDS[cloud].family]
    region = region or here.default_region

    with as_typed({"project": "NAME", "workstations": "--for"} | {key: f"--{key}" for key in _AS_KEYS}):
        text = new_project_file(name, role, cloud=cloud, region=region, client=client, owner=owner)
    path = Path("projects") / f"{name}.yaml"
    if (other := renamed(name)) and other != path:
        raise UsageError(
            f"{name} is the name in the cloud, or the new one, of the project in {other}. Nothing was written.",
            "Choose another name.",
        )
    write_new(path, text, force=force)
    machine = priced_words(here.type_for(role, DEFAULT_SIZE, region), region, cloud=here.family)
    following = f"Next: change it as you like, then `workstation preview {name}` and `workstation up {name}`."
    return Answer({"project": name, "file": str(path)}, say(f"Wrote {path}.\nIts machine: {machine}.\n{following}"))
