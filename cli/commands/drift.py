"""Show what was changed in the cloud outside Soundstage.

Says in words what was added or removed by hand; a value reads: as recorded → as found. Exit code 5 when there is any. Changes nothing; `workstation up --refresh` puts things
back as the project file says.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


def command(target: Target = None, engine: EngineName = None) -> Answer:
    from soundstage.cli.stack_answers import drifted
    from soundstage.stacks.deployment import open_project

    return drifted(open_project(target, engine=engine, allow_expired=True))
