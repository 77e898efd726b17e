"""Show who did what to the studio and its images.

Every command that changes something adds an entry, kept beside the studio's state.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, Since, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, since: Since = "30d") -> Answer:
    from soundstage.cli.stack_answers import history
    from soundstage.stacks.studio_deployment import open_studio

    return history(open_studio(studio, cloud=cloud), since)
