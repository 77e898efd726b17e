"""Show whether the studio's own stack is up, and its outputs."""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, EngineName, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, engine: EngineName = None) -> Answer:
    from soundstage.cli.display.results import outputs_text
    from soundstage.components.values import masked
    from soundstage.stacks.deployment import open_studio

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    name, outputs = deployment.studio.studio, masked(deployment.engine.outputs())
    standing = deployment.standing()
    words = {"kept": "down, and its logs are kept", "down": "not up"}.get(standing, standing)
    is_up = standing == "up"
    head = f"Studio {name} is {words}." + ("" if is_up else f" `{deployment.command('up')}` brings it up.")
    return Answer(
        {"studio": name, "up": is_up, "state": str(standing), "outputs": outputs if is_up else {}},
        lambda screen: "\n".join(
            filter(None, [screen.paint(head, "bold"), outputs_text(outputs, screen) if is_up else ""])
        ),
    )
