"""Delete everything in it.

Projects that were up on it are gone; `workstation up PROJECT --refresh` makes them again.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Yes


def command(yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.simulator import process
    from soundstage.stacks.home import state_home

    confirm("Delete everything in the simulated cloud?", yes=yes)
    process.reset(state_home())
    return Answer({"reset": True}, say("The simulated cloud is empty."))
