"""Start it in the background.

Other commands start it when they need it.
"""

from soundstage.cli.answer import Answer, say


def command() -> Answer:
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    endpoint = process.ensure(state_home())
    return Answer(
        {"running": True, "url": endpoint.url, "pid": endpoint.pid},
        say(
            f"The simulated cloud answers at {endpoint.url} (process {endpoint.pid}).\n"
            'Point any AWS tool at it with: eval "$(workstation simulator env)"'
        ),
    )
