"""Show whether the studio's own stack is up, and its outputs."""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, engine: EngineName = None) -> Answer:
    from soundstage.cli.display.results import studio_status_document, studio_status_text
    from soundstage.stacks.studio_deployment import open_studio

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    standing, shared = deployment.standing(), deployment.shared()
    outdated = deployment.outdated(shared) if shared else ""
    return Answer(
        studio_status_document(deployment, standing, outdated=bool(outdated)),
        lambda screen: studio_status_text(deployment, standing, outdated, screen),
    )
