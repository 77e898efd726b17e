"""Show whether the studio's own stack is up, and its outputs."""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, engine: EngineName = None) -> Answer:
    from soundstage.cli.display.results import outputs_text
    from soundstage.components.values import masked
    from soundstage.stacks.deployment import open_studio

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    name, outputs = deployment.studio.studio, masked(deployment.engine.outputs())
    is_up = deployment.engine.exists()
    head = f"Studio {name} is {'up' if is_up else 'not up. `workstation studio up` brings it up'}."
    return Answer(
        {"studio": name, "up": is_up, "outputs": outputs},
        lambda screen: "\n".join(filter(None, [screen.paint(head, "bold"), outputs_text(outputs, screen)])),
    )
