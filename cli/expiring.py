"""Does what is due, after a question, and says of each project how it ended."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from soundstage.cli.confirm import confirm
from soundstage.cli.notice import notice, write

if TYPE_CHECKING:
    from soundstage.stacks.expiring.expire import Looked

Outcome: TypeAlias = Literal["due", "done", "in use", "failed"]


def carried_out(found: "Looked", *, dry_run: bool, force: bool, yes: bool) -> list[Outcome]:
    """How each of `found.due` ended, in their order. A project that fails hides no other; its error is said."""
    from soundstage.cli.display.expire import expire_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.progress import Progress
    from soundstage.core.errors import Interrupted, SoundstageError
    from soundstage.stacks.expiring.expire import carry_out

    outcomes: list[Outcome] = ["in use" if one.in_use and not force else "due" for one in found.due]
    todo = [number for number, outcome in enumerate(outcomes) if outcome == "due"]
    if dry_run or not todo:
        return outcomes
    if not yes:
        write(expire_text(found, outcomes, stderr()))
    confirm(f"Do this for {len(todo)} project{'s' if len(todo) > 1 else ''}?", yes=yes)
    for number in todo:
        one = found.due[number]
        notice(f"{one.title}: {one.what}, {one.reason}")
        try:
            with Progress() as progress:
                carry_out(one, notice, progress)
        except Interrupted:
            raise
        except SoundstageError as error:
            notice(f"{one.title}: {error.message} {error.hint}".rstrip(), "bold")
            outcomes[number] = "failed"
        else:
            outcomes[number] = "done"
    return outcomes
