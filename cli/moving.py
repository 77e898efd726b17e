"""The part of `move` that shows, asks and does it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundstage.stacks.clouds.base import Machine
    from soundstage.stacks.deployment import Deployment
    from soundstage.stacks.parking.moving import Moving


def moved(deployment: "Deployment", wanted: "Moving", *, yes: bool, retry_for: float) -> "Machine":
    """Move the machine, unless it is there already, and return it as it is then."""
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.parking import park_preview
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.steps import components
    from soundstage.cli.display.tree import changing
    from soundstage.cli.notice import notice, write
    from soundstage.cli.progress import Progress
    from soundstage.core.errors import SoundstageError
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.parking.moving import back_in_zone
    from soundstage.stacks.parking.parking import park
    from soundstage.stacks.parking.waking import parked_now

    name = wanted.machine
    if not wanted.is_there:
        if wanted.parking:
            write(park_preview(wanted.parking, deployment.project.title, stderr(), comes_back=True))
        where = f" from {wanted.before}" if wanted.before else ""
        confirm(f"Move {name}{where} to {wanted.zone}?", yes=yes)
        try:
            with journaled(deployment, "move", [name], say=notice) as note:
                note.detail = f"to {wanted.zone}"
                if wanted.parking:
                    with Progress(changing(wanted.parking.plan), groups=components(wanted.parking.plan)) as progress:
                        park(deployment, wanted.parking, on_event=progress)
                _come_back(back_in_zone(wanted), retry_for)
        except SoundstageError:
            if name in parked_now(deployment):
                notice(
                    f"{name} is parked, and its disks are kept. The same command goes on; "
                    f"`{deployment.command('start')} {name}` brings it back in a zone that has room."
                )
            raise
    return next(one for one in deployment.machines() if one.name == name)


def _come_back(asked: "Deployment", retry_for: float) -> None:
    """The second half, which was agreed to with the first."""
    from soundstage.cli.display.previews import step_groups, steps, up_preview_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.going_up import GoingUp
    from soundstage.stacks.parking.waking import wake

    with GoingUp("", lambda preview: up_preview_text(preview, asked, stderr()), steps, step_groups, yes=True) as shown:
        wake(asked, confirm=shown.agree, retry_for=retry_for, on_preview=shown.show, on_event=shown)
