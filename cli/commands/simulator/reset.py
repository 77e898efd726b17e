"""Delete everything in it.

The projects and studios that were up on it are deleted; `workstation up` makes them again. The Pulumi engine still
has records of what it built there: `workstation up PROJECT --refresh` makes that again.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Yes


def command(yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.core.home import state_home
    from soundstage.simulator import process
    from soundstage.stacks.state.reset import forget_embedded

    confirm("Delete everything in the simulated cloud?", yes=yes)
    process.reset(state_home())
    forgotten = forget_embedded(state_home())
    return Answer({"reset": True, "forgotten": forgotten}, say("The simulated cloud is empty."))
