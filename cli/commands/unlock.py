"""Release a lock that a dead command left behind.

Shows who holds the project, from where and since when, and asks. While a command really runs, releasing its lock lets two
commands change the same things at once: stop that one first.
"""

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Target, Yes


def command(target: Target = None, yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.notice import notice
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.unlocking import pulumi_stack, told

    deployment = open_project(target, allow_expired=True)
    engine = pulumi_stack(deployment)
    if engine is None:
        words = "A lock of the embedded engine goes with the command that holds it: there is nothing to release."
        return Answer({"released": []}, say(words))
    holders = engine.holders(deployment.cloud.client)
    words = told(deployment.stack, holders)
    if holders == []:
        return Answer({"released": []}, say(words))
    notice(words)
    confirm(f"Release the lock of {deployment.stack}?", yes=yes)
    engine.cancel()
    return Answer({"released": [str(holder) for holder in holders or ()]}, say(f"{deployment.stack} is free."))
