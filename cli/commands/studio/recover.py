"""Finish what a killed command left unfinished in the studio.

As `workstation recover` does for a project.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, Made, NotMade, StudioFile


def command(
    studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, made: Made = None, not_made: NotMade = False
) -> Answer:
    from soundstage.cli.stack_answers import recovered
    from soundstage.stacks.studio_deployment import open_studio

    return recovered(open_studio(studio, cloud=cloud), made or [], not_made=not_made)
