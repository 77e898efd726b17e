"""Make a damaged state usable again.

Nothing is deleted: damaged files are renamed and stay beside the good ones. Resources that the repaired state no longer lists
still exist in the cloud.
"""

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.arguments import OfStudio, Target


def command(target: Target = None, studio: OfStudio = False) -> Answer:
    from soundstage.cli.state_folder import state_of
    from soundstage.engines.embedded.repair import repair

    folder, stack = state_of(target, studio=studio)
    done = repair(folder, str(stack))
    words = (
        [*done, "Run `workstation preview --refresh` to see what differs."]
        if done
        else ["The state is in order: there was nothing to repair."]
    )
    return Answer(subject(stack) | {"folder": str(folder), "done": done}, say("\n".join(words)))
