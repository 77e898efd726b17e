"""Show what `studio up` would do, and change nothing.

As `workstation preview` does for a project. The policies are asked too: `workstation studio check` says more.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, Everything, Refresh, StudioFile


def command(
    studio: StudioFile = None,
    cloud: Cloud = CloudName.SIMULATED,
    refresh: Refresh = False,
    everything: Everything = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.display.tree import tree
    from soundstage.cli.progress import Progress
    from soundstage.stacks.studio_deployment import open_studio
    from soundstage.stacks.verdict import verdict

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    with Progress(preview=True) as progress:
        plan = deployment.preview(refresh=refresh, on_event=progress)
    judged = verdict(plan, deployment.path, "studio")
    return Answer(
        lambda: plan.to_json() | {"studio": deployment.studio.studio, "policies": judged.summary()},
        lambda screen: "\n".join([tree(plan, screen, everything=everything), screen.lines(judged.sentence())]),
    )
