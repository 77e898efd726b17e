"""Show the faults that are set, and what is left of each."""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from dataclasses import asdict

    from soundstage.cli.display.simulator import faults_text
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    home = state_home()
    rules = process.list_faults(home) if process.running(home) else ()
    return Answer({"faults": [asdict(rule) for rule in rules]}, lambda screen: faults_text(rules, screen))
