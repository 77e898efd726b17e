"""Rebuild a lost state from what exists in the cloud.

For when the state of a project is gone and no backup is left: finds in the cloud what the project file describes, by its tags
and names, and records it again. What is missing is made, as `up` does. Nothing is deleted, and nothing is made twice.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Target, Yes


def command(target: Target = None, yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.notice import notice
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.state.adoption import adopt

    deployment = open_project(target)
    name = deployment.project.project
    confirm(f"Record again what {deployment.project.title} has in the cloud, and make what is missing?", yes=yes)
    with journaled(deployment, "adopt", say=notice), Progress() as progress:
        adopted = adopt(deployment, on_event=progress)
    words = f"{deployment.project.title}: {len(adopted.taken)} resources recorded again, {adopted.made} made."
    return Answer(
        {"project": name, "taken": list(adopted.taken), "made": adopted.made, "outputs": adopted.result.outputs_json()},
        say(words),
    )
