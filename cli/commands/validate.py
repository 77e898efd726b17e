"""Check a project file, and name every fault at once.

Its studio file is checked too, and whether the policies of its profile refuse what it chooses. Exit code 2 when there is any.
Nothing is asked of a cloud.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Target


def command(target: Target = None) -> Answer:
    from datetime import UTC, datetime

    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.verdict import refuse_choices

    deployment = open_project(target)
    refuse_choices(deployment.project, deployment.path, datetime.now(UTC).date())
    name, path = deployment.project.project, str(deployment.path)
    return Answer({"project": name, "file": path, "valid": True}, say(f"{path}: project {name} is valid."))
