"""Get the Pulumi command and its AWS plugin.

The pinned versions are downloaded into Soundstage's own folder and their published checksums verified. What is there already
is left alone. Without internet: `workstation engine status` says which file to bring and where it goes.
"""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from dataclasses import asdict

    from soundstage.cli.display.engine import Download, parts_text
    from soundstage.stacks.engines.install import archives, install
    from soundstage.stacks.engines.versions import parts
    from soundstage.stacks.home import state_home

    home = state_home()
    with Download() as download:
        install(home, archives(), download)
    found = parts(home)
    return Answer([asdict(part) for part in found], lambda screen: parts_text(found, [], screen))
