"""Release a lock on the studio that a killed command left.

As `workstation unlock` does for a project.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, StudioFile, Yes


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, yes: Yes = False) -> Answer:
    from soundstage.cli.stack_answers import unlocked
    from soundstage.stacks.studio_deployment import open_studio

    return unlocked(open_studio(studio, cloud=cloud), yes=yes)
