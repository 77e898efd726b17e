"""Take down what is past its day, and park what is due.

For a job that runs every night. Of all projects of this folder, or those that are named: one whose `expires:` is over is taken down, with
its media and a last snapshot of each work disk kept, or parked with --park; machines that were stopped for `park_after_days` are parked.
Nothing that is in use is touched without --force: a session, work that the idle guard sees, keep-awake, or a guard that tells nothing.

Exit codes: 0 what was due is done, or nothing was · 1 something failed, or a file could not be looked at · 4 something that is due was
left because it is in use. With --dry-run nothing is done and the codes are the same.
"""

from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Yes

Projects = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROJECT...",
        autocompletion=completion.project_names,
        show_default=False,
        help="Project files, or names of some in projects/. Left out: all of them.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what is due.")]
ByPark = Annotated[bool, typer.Option("--park", help="Park what is past its day, and do not take it down.")]
InUse = Annotated[bool, typer.Option("--force", help="Also what is in use: unsaved work is lost.")]


def command(
    target: Projects = None, dry_run: DryRun = False, by_park: ByPark = False, force: InUse = False, yes: Yes = False
) -> Answer:
    from soundstage.cli.display.expire import expire_document, expire_text
    from soundstage.cli.expiring import carried_out
    from soundstage.core.errors import UsageError
    from soundstage.projectfile.project_paths import project_files, project_path
    from soundstage.stacks.expiring.expire import look

    paths = list(dict.fromkeys(map(project_path, target))) if target else project_files()
    if not paths:
        raise UsageError("There is no project here.", "Run this in the folder that has `projects/`, or name a file.")
    found = look(paths, "park" if by_park else "down")
    outcomes = carried_out(found, dry_run=dry_run, force=force, yes=yes)
    code = 1 if found.faults or "failed" in outcomes else 4 if "in use" in outcomes else 0
    return Answer(expire_document(found, outcomes), lambda screen: expire_text(found, outcomes, screen), exit_code=code)
