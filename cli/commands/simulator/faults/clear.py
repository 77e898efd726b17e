"""Remove all faults."""

from soundstage.cli.answer import Answer, say


def command() -> Answer:
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    home = state_home()
    if process.running(home):
        process.clear_faults(home)
    return Answer({"faults": []}, say("No faults are set."))
