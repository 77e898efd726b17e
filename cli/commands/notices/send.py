"""Tell what happened in the studio's projects since last time.

Machines that stopped and why, spot machines that the cloud took back, idle guards that are silent, failed snapshots, budgets, last days. For a
job that runs every few minutes. Nothing is told twice; in the studio's quiet hours only what cannot wait.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Cloud, CloudName, StudioFile


def command(studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED) -> Answer:
    from datetime import UTC, datetime

    from soundstage.cli.display.notices import round_document, round_text
    from soundstage.stacks.notices.of_studio import send_all
    from soundstage.stacks.studio_deployment import open_studio

    home = open_studio(studio, cloud=cloud)
    done = send_all(home, datetime.now(UTC))
    failed = bool(done.unread) or bool(done.sent.by_email and done.sent.by_chat)
    return Answer(subject(home.stack) | round_document(done), lambda screen: round_text(done, screen), int(failed))
