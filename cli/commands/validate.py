"""Check a project file, and name every fault at once.

Its studio file is checked too, and whether the policies of its profile refuse what it chooses. Exit code 2 when there is any.
Then what each machine is and costs an hour is shown. Nothing is asked of a cloud.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Target


def command(target: Target = None) -> Answer:
    from datetime import UTC, datetime

    from soundstage.pricing.machines import priced_words
    from soundstage.projectfile.catalogues import catalogue_of
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.verdict import refuse_choices

    deployment = open_project(target)
    refuse_choices(deployment.project, deployment.path, datetime.now(UTC).date())
    project, path = deployment.project, str(deployment.path)
    region, family = project.region, catalogue_of(project.region).family
    machines = [
        f"{name}: {priced_words(one.machine_type(region), region, one.os, one.purchase, family)}."
        for name, one in project.workstations.items()
    ]
    words = "\n".join([f"{path}: project {project.title} is valid.", *machines])
    return Answer({"project": project.project, "file": path, "valid": True}, say(words))
