"""Put an earlier state back.

The current state becomes a backup. The last ten are kept.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.arguments import OfStudio, Target, Yes

Back = Annotated[int, typer.Option("--back", metavar="N", min=1, max=10, help="How many states to go back.")]


def command(target: Target = None, back: Back = 1, studio: OfStudio = False, yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.state_folder import state_of
    from soundstage.engines.embedded.repair import restore

    folder, stack = state_of(target, studio=studio)
    confirm(f"Replace the state of {stack} with an earlier one?", yes=yes)
    done = restore(folder, str(stack), back)
    words = f"{done}\nRun `workstation preview --refresh` to see what differs."
    return Answer(subject(stack) | {"folder": str(folder), "done": done}, say(words))
