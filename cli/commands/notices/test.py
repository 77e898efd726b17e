"""Send a notice now, and say by which ways it arrived.

To every e-mail address of the studio's topic, and to the chat. Ends with 1 where a way is closed.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Cloud, CloudName, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.display.notices import tried_document, tried_text
    from soundstage.stacks.notices.of_studio import topic_of, try_out
    from soundstage.stacks.studio_deployment import open_studio

    home = open_studio(studio, cloud=cloud)
    topic_of(home)
    tried = try_out(home, datetime.now(UTC))
    return Answer(
        subject(home.stack) | tried_document(tried), lambda screen: tried_text(tried, screen), 0 if tried.arrived else 1
    )
