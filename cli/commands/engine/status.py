"""Show which parts of the Pulumi engine are installed.

With the address of every missing file, for a machine without internet. Exit code 1 when a part is missing or has another version.
"""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from dataclasses import asdict

    from soundstage.cli.display.engine import parts_text
    from soundstage.core.home import state_home
    from soundstage.engines.pulumi.install import archives, by_hand
    from soundstage.engines.pulumi.versions import parts

    home = state_home()
    found = parts(home)
    faulty = any(part.fault for part in found)
    missing = by_hand(home, archives()) if faulty else []
    document = {"parts": [asdict(part) for part in found], "by_hand": missing}
    return Answer(document, lambda screen: parts_text(found, missing, screen), exit_code=1 if faulty else 0)
