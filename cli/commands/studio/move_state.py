"""Move the studio's own state to another engine or backend.

As `workstation move-state` does for a project. On a real cloud move this one first: projects read it.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, From, SecretsThere, StudioFile


def command(
    studio: StudioFile = None,
    cloud: Cloud = CloudName.SIMULATED,
    engine: EngineName = None,
    source: From = None,
    secrets: SecretsThere = "passphrase",
) -> Answer:
    from soundstage.cli.stack_answers import moved
    from soundstage.stacks.studio_deployment import open_studio

    return moved(open_studio(studio, cloud=cloud), engine, source, secrets)
