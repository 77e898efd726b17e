"""Say whether the state can be used, and what is wrong with it.

Exit code 1 when anything is. Changes nothing.
"""

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.arguments import OfStudio, Target


def command(target: Target = None, studio: OfStudio = False) -> Answer:
    from soundstage.cli.state_folder import state_of
    from soundstage.engines.embedded.repair import verify

    folder, stack = state_of(target, studio=studio)
    problems = verify(folder)
    words = [*problems, "Repair it with `workstation state repair`, or go back with `workstation state restore`."]
    return Answer(
        subject(stack) | {"folder": str(folder), "problems": problems},
        say("\n".join(words) if problems else f"The state of {stack} is in order."),
        exit_code=1 if problems else 0,
    )
