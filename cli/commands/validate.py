"""Check a project file, and name every fault at once.

Its studio file is checked too. Exit code 2 when there is any. Nothing is asked of a cloud.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Target


def command(target: Target = None) -> Answer:
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target)
    name, path = deployment.project.project, str(deployment.path)
    return Answer({"project": name, "file": path, "valid": True}, say(f"{path}: project {name} is valid."))
