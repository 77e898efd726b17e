"""Where Soundstage keeps what it must remember: the state of stacks and the simulated cloud."""

import os
from pathlib import Path

from soundstage.components.errors import StateError


def state_home() -> Path:
    """`$SOUNDSTAGE_HOME`, else `$XDG_STATE_HOME/soundstage`, else `~/.local/state/soundstage`; made 0700 when missing."""
    folder = _choose()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode & 0o777
        if mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise StateError(
            f"The state folder {folder} cannot be used: {error.strerror}.",
            "Set SOUNDSTAGE_HOME to a folder that you own.",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StateError(
            f"The state folder {folder} is read-only.",
            f"Run `chmod u+rwx {folder}` or set SOUNDSTAGE_HOME to a folder that you own.",
        )
    return folder


def _choose() -> Path:
    if named := os.environ.get("SOUNDSTAGE_HOME"):
        return Path(named).expanduser().absolute()
    if named := os.environ.get("XDG_STATE_HOME"):
        return Path(named).expanduser().absolute() / "soundstage"
    homeless = StateError(
        "There is no HOME, so there is no place for the state.", "Set SOUNDSTAGE_HOME to a folder that you own."
    )
    # An empty HOME would mean the root folder to pathlib.
    if os.environ.get("HOME") == "":
        raise homeless
    try:
        person = Path.home()
    except RuntimeError as error:
        raise homeless from error
    return person / ".local" / "state" / "soundstage"
