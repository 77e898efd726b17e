"""Remove all faults."""

from soundstage.cli.answer import Answer, say


def command() -> Answer:
    from soundstage.simulator import process
    from soundstage.stacks.home import state_home

    home = state_home()
    if process.running(home):
        process.clear_faults(home)
    return Answer({"faults": []}, say("No faults are set."))
