"""Release a lock that a killed command left.

Shows who holds the project, from where and since when, and asks. While a command really runs, releasing its lock lets two
commands change the same things at once: stop that one first.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Target, Yes


def command(target: Target = None, yes: Yes = False) -> Answer:
    from soundstage.cli.stack_answers import unlocked
    from soundstage.stacks.deployment import open_project

    return unlocked(open_project(target, allow_expired=True), yes=yes)
