"""Give a project another name, and delete nothing for it.

The file, the commands, every table and message have the new name. What is in the cloud keeps the name that it was made with, which is
shown first: buckets, roles and log groups cannot be renamed, and budget and bills go by the tags. No machine stops. When it was
interrupted, the same command continues where it stopped.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import NamedTarget, Yes

NewName = Annotated[str, typer.Argument(metavar="NEW", show_default=False, help="The name that it gets.")]


def command(target: NamedTarget, new: NewName, yes: Yes = False) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.renaming import rename_document, rename_preview, rename_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.notice import notice, write
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.renaming.renaming import carry_out, moved_already, plan_rename

    deployment = open_project(moved_already(target, new), allow_expired=True)
    wanted = plan_rename(deployment, new)
    if not wanted.is_done:
        write(rename_preview(wanted, stderr()))
        confirm(f"Call {wanted.old} {new} from now on?", yes=yes)
        with journaled(deployment, "rename", say=notice, asks=True) as note:
            note.detail = f"{wanted.old} is called {new}"
            if wanted.key == "called":  # of what was never made there is no history
                note.begin()
            carry_out(wanted)
    return Answer(rename_document(wanted), lambda screen: rename_text(wanted, screen))
