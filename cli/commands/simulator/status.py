"""Show whether it runs, where, and what it holds."""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from dataclasses import asdict

    from soundstage.cli.display.simulator import status_text
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    status = process.status(state_home())
    return Answer(asdict(status), lambda screen: status_text(status, screen))
