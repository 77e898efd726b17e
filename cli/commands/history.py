"""Show who did what to a project, when, and how it ended.

Every command that changes something adds an entry, kept beside the project's state, and `down` leaves them. Where a machine stopped
itself, the reason that its idle guard told is shown among them.

What somebody did in the console is not in it: the account's audit trail tells of that.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Since, Target


def command(target: Target = None, since: Since = "30d") -> Answer:
    from soundstage.cli.stack_answers import history
    from soundstage.stacks.deployment import open_project

    return history(open_project(target, allow_expired=True), since)
