"""Delete everything in it.

The projects and studios that were up on it are gone, and forgotten; `workstation up` makes them anew. What the genuine Pulumi
engine built there, it still remembers: `workstation up PROJECT --refresh` makes that again.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Yes


def command(yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.simulator import process
    from soundstage.stacks.forgetting import forget_embedded
    from soundstage.stacks.home import state_home

    confirm("Delete everything in the simulated cloud?", yes=yes)
    process.reset(state_home())
    forgotten = forget_embedded(state_home())
    return Answer({"reset": True, "forgotten": forgotten}, say("The simulated cloud is empty."))
