"""Get the Pulumi command and its AWS plugin.

The pinned versions are downloaded into Soundstage's own folder and unpacked when their SHA-256 matches the one that GitHub publishes.
What is there already is not changed. Without internet: `workstation engine status` says which files are needed and where they go.
Exit code 1 when a version is missing or does not match afterwards.
"""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from dataclasses import asdict

    from soundstage.cli.display.engine import Download, parts_text
    from soundstage.core.home import state_home
    from soundstage.engines.pulumi.install import archives, install
    from soundstage.engines.pulumi.versions import parts

    home = state_home()
    with Download() as download:
        install(home, archives(), download)
    found = parts(home)
    faulty = any(part.fault for part in found)
    document = {"parts": [asdict(part) for part in found], "by_hand": []}
    return Answer(document, lambda screen: parts_text(found, [], screen), exit_code=1 if faulty else 0)
