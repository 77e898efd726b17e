"""The part of `resize` that shows, asks and does it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundstage.plan.plan import PreviewResult
    from soundstage.stacks.clouds.base import Machine
    from soundstage.stacks.resizing.resizing import Resizing


def resized(wanted: "Resizing", *, yes: bool, wait: bool, retry_for: float) -> "Machine | None":
    """Write the file and bring the project up; returns the machine as it is then, and None where there is none now."""
    from soundstage.cli.display.previews import step_groups, steps, up_preview_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.going_up import GoingUp
    from soundstage.cli.notice import notice
    from soundstage.stacks.journal.keeping import journaled

    asked, (before, after) = wanted.asked, wanted.told

    def draw(preview: "PreviewResult") -> str:
        text = up_preview_text(preview, asked, stderr())
        return text if before == after else f"{text}\n{wanted.machine}: now {before}; then {after}."

    question = f"Make {wanted.machine} a {wanted.after}?"
    with (
        journaled(asked, "resize", [wanted.machine], say=notice, asks=True) as note,
        GoingUp(question, draw, steps, step_groups, yes=yes) as shown,
    ):
        note.detail = f"{wanted.before} to {wanted.after}"

        def agree(preview: "PreviewResult") -> bool:
            answer = note.once_agreed(shown.agree)(preview)
            wanted.write()
            return answer

        asked.up(agree, wait=wait, retry_for=retry_for, on_preview=shown.show, on_event=shown)
    return next((one for one in asked.machines() if one.name == wanted.machine), None)
