"""Finish what a killed command left unfinished.

Finds the operations that were started and not confirmed, asks the cloud how each ended, and records it. The next
`up` or `down` does this by itself, unless the cloud cannot tell: then this says how to find out, and --made and --not-made
take the answer.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Made, NotMade, Target


def command(target: Target = None, made: Made = None, not_made: NotMade = False) -> Answer:
    from soundstage.cli.stack_answers import recovered
    from soundstage.stacks.deployment import open_project

    return recovered(open_project(target, allow_expired=True), made or [], not_made=not_made)
