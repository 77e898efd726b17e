"""Show what was changed in the studio outside Soundstage.

As `workstation drift` does for a project; exit code 5 when there is any.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, engine: EngineName = None) -> Answer:
    from soundstage.cli.stack_answers import drifted
    from soundstage.stacks.studio_deployment import open_studio

    return drifted(open_studio(studio, cloud=cloud, engine=engine))
