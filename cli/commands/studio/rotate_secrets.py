"""Encrypt the secrets in the studio's state with another key.

As `workstation state rotate-secrets` does for a project; --all includes the projects of the studio.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Cloud, CloudName, StudioFile, Yes
from soundstage.cli.rotated import ForgetOld, PassphraseFile, Way

Everything = Annotated[bool, typer.Option("--all", help="The studio's projects as well.")]


def command(
    studio: StudioFile = None,
    cloud: Cloud = CloudName.SIMULATED,
    all: Everything = False,
    way: Way = "passphrase",
    passphrase_file: PassphraseFile = None,
    forget_old: ForgetOld = False,
    yes: Yes = False,
) -> Answer:
    from soundstage.cli.rotated import rotated
    from soundstage.stacks.state.rotation import stacks_of
    from soundstage.stacks.studio_deployment import open_studio

    home = open_studio(studio, cloud=cloud)
    stacks = stacks_of(home.cloud, home.studio) if all else [home.stack]
    return rotated(
        subject(home.stack), home.cloud, home.studio, stacks, way, passphrase_file, forget=forget_old, yes=yes
    )
