"""Asks before orphans are deleted: once for what only costs, and a second time for what may hold somebody's work."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from soundstage.cli.confirm import agreed, confirm
from soundstage.cli.notice import notice, write

if TYPE_CHECKING:
    from soundstage.stacks.orphans.finding import Orphan
    from soundstage.stacks.orphans.looking import Found
    from soundstage.stacks.studio_deployment import StudioDeployment


def cleaned(
    studio: "StudioDeployment", found: "Found", named: Collection[str], *, with_work: bool, yes: bool
) -> "list[Orphan]":
    """Ask, look again, and delete what is still an orphan. Returns what was deleted."""
    import sys

    from soundstage.cli.display.orphans import orphans_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.progress import Progress
    from soundstage.core.errors import Interrupted
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.orphans.looking import clean, look

    plain, all_of_them = found.to_clean(work=False), found.to_clean(work=True)
    work = [one for one in all_of_them if one not in plain]
    if not all_of_them or (yes and not plain and not with_work):
        return []
    write(orphans_text(found, [], stderr(), cleaning=True))
    if plain:
        confirm(f"Delete {_counted(plain)}?", yes=yes)
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    if work and not yes and (with_work or at_terminal):
        question = f"Delete {_counted(work)}{' too' if plain else ''}? They may hold somebody's work, and cannot be brought back."
        with_work = agreed(question, hint="Add `--yes` to do it without being asked.")
        if not plain and not with_work:
            raise Interrupted("Nothing was changed.")
    chosen = plain + (work if with_work else [])
    if not chosen:
        return []
    with journaled(studio, "orphans --clean", say=notice) as note, Progress(len(chosen)) as progress:
        deleted = clean(studio, chosen, look(studio, found.regions, named), on_event=progress)
        note.detail = ", ".join(one.thing.id for one in deleted)
    return deleted


def _counted(chosen: "list[Orphan]") -> str:
    kinds = sorted({str(one.thing.kind) for one in chosen})
    counts = [(kind, sum(one.thing.kind == kind for one in chosen)) for kind in kinds]
    usd = sum(one.monthly_usd or 0 for one in chosen)
    plural = {"address": "addresses"}
    words = [f"{number} {kind if number == 1 else plural.get(kind, f'{kind}s')}" for kind, number in counts]
    return f"{', '.join(words)} ({usd:.2f} USD a month)"
