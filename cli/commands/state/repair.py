"""Make a damaged state usable again.

Nothing is thrown away: damaged files are set aside beside the good ones. What the mended state no longer knows still exists
in the cloud.
"""

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.arguments import OfStudio, Target


def command(target: Target = None, studio: OfStudio = False) -> Answer:
    from soundstage.cli.state_folder import state_of
    from soundstage.stacks.engines.mending import repair

    folder, stack = state_of(target, studio=studio)
    done = repair(folder, str(stack))
    words = [*done, "Run `workstation preview --refresh` to see what differs."] if done else ["Nothing was wrong."]
    return Answer(subject(stack) | {"folder": str(folder), "done": done}, say("\n".join(words)))
