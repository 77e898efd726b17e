"""Save what it holds and stop it.

The next start continues from there.
"""

from soundstage.cli.answer import Answer, say


def command() -> Answer:
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    stopped = process.stop(state_home())
    words = (
        "The simulated cloud has stopped; what it holds is kept." if stopped else "The simulated cloud was not running."
    )
    return Answer({"running": False, "stopped": stopped}, say(words))
