"""Encrypt the secrets in a project's state with another key.

The new passphrase comes from --passphrase-file, from SOUNDSTAGE_NEW_PASSPHRASE or from the terminal, and is never an argument.
Without one, a passphrase that Soundstage keeps in a file is replaced by a new random one. The old one decrypts the state until the
new state is written; when it was interrupted, the same command continues.
"""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Target, Yes
from soundstage.cli.rotated import ForgetOld, PassphraseFile, Way


def command(
    target: Target = None,
    way: Way = "passphrase",
    passphrase_file: PassphraseFile = None,
    forget_old: ForgetOld = False,
    yes: Yes = False,
) -> Answer:
    from soundstage.cli.rotated import rotated
    from soundstage.stacks.deployment import open_project

    project = open_project(target, allow_expired=True)
    return rotated(
        subject(project.stack), project.cloud, project.studio, [project.stack], way, passphrase_file, forget=forget_old, yes=yes
    )  # fmt: skip
