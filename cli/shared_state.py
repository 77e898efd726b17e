"""Gives a studio a place for its state, step by step, as `studio init --state` shows it."""

from pathlib import Path

from soundstage.cli.answer import Answer, say


def share(
    path: Path,
    text: str,
    where: str,
    secrets: str,
    cloud: str,
    *,
    is_there: bool = False,
    force: bool = False,
    yes: bool,
) -> Answer:
    """Make the place, move the studio's state there, and let the file at `path`, which says `text` now (`is_there`) or gets it, name it."""
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.display.tree import changing, tree
    from soundstage.cli.new_file import write_new
    from soundstage.cli.notice import write
    from soundstage.cli.progress import Progress
    from soundstage.core import yamlfile
    from soundstage.projectfile.spec import read_studio
    from soundstage.projectfile.studio_text import meant, with_state
    from soundstage.stacks.state.shared import SharedState
    from soundstage.stacks.target import studio_cloud

    studio = read_studio(text, str(path))
    state = meant(where, secrets, studio, lambda: studio_cloud(cloud, studio).account_id)
    shared = with_state(text, state, str(path))
    studio = read_studio(shared, str(path))
    sharing = SharedState(studio, path, cloud)
    settled, moved = sharing.check(), None
    if not settled:
        with Progress(preview=True) as progress:
            plan = sharing.preview(on_event=progress)
        if plan is not None:
            write(tree(plan, stderr()))
        confirm(f"Keep the state of studio {studio.studio} in {studio.state.backend}?", yes=yes)
    # Written before anything is made: from here on no other command takes the studio for one that keeps its state elsewhere.
    if is_there:
        yamlfile.refuse_changed(path, text)
    write_new(path, shared, force=force or is_there)
    if not settled:
        with Progress(changing(plan) if plan is not None else 0) as progress:
            moved = sharing.move(on_event=progress)
    left = sharing.left_behind()
    document = {
        "studio": studio.studio, "file": str(path), "backend": studio.state.backend,
        "moved": None if moved is None else len(moved), "to_move": left, "missing": sharing.missing,
    }  # fmt: skip
    return Answer(
        document,
        say("\n".join(_told(studio.studio, studio.state.backend or "", document["moved"], left, sharing.missing))),
    )


def _told(studio: str, backend: str, moved: object, left: list[str], missing: list[str]) -> list[str]:
    from soundstage.cli.display.text import spoken

    how = "" if moved is None else f": {moved} resources moved, nothing to change"
    words = [f"Studio {studio} keeps its state in {backend}{how}."]
    if missing:
        words.append(f"The bucket is made. This store does not support: {spoken(missing)}. See its documentation.")
    if left:
        words += [
            "The state of these projects is still in a folder on this machine. Move it with:",
            *(f"  {command}" for command in left),
        ]
    return [
        *words,
        "Next: give your colleagues this studio.yaml, access to the backend, and the passphrase or the right to use the key.",
    ]
