"""Take the studio's own stack down.

Log archives and the keys that decrypt them are kept. Take its projects down first: they write their logs to it.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Cloud, CloudName, EngineName, StudioFile, Yes


def command(
    studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, yes: Yes = False, engine: EngineName = None
) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.results import down_document, studio_down_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.steps import components
    from soundstage.cli.display.teardown import going, teardown
    from soundstage.cli.notice import notice, write
    from soundstage.cli.progress import Progress
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.studio_deployment import open_studio

    deployment = open_studio(studio, cloud=cloud, engine=engine)
    plan = deployment.preview_down()
    write(teardown(plan, stderr()))
    if total := len(going(plan)):
        confirm(f"Take studio {deployment.studio.studio} down?", yes=yes)
        with (
            journaled(deployment, "studio down", say=notice),
            Progress(total, groups=components(plan)) as progress,
        ):
            deployment.down(on_event=progress)
    return Answer(
        subject(deployment.stack) | down_document(plan),
        lambda screen: studio_down_text(plan, deployment.elsewhere(), screen),
    )
