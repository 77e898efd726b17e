"""Where Soundstage keeps what it must remember: the state of stacks and the simulated cloud."""

import contextlib
import os
import pwd
import stat
from pathlib import Path

from soundstage.core.errors import StateError

_ELSEWHERE = "Set SOUNDSTAGE_HOME to a folder that you own."
_OR_ELSEWHERE = "or set SOUNDSTAGE_HOME to a folder that you own."


def state_home() -> Path:
    """`$SOUNDSTAGE_HOME`, else `$XDG_STATE_HOME/soundstage`, else `~/.local/state/soundstage`; made 0700 when missing.

    `StateError` when it cannot be used, or when another user of the machine could have put something into it.
    """
    folder = _choose()
    try:
        make_private(folder)
        _refuse_foreign(folder)
        _close(folder)
    except OSError as error:
        raise StateError(f"The state folder {folder} cannot be used: {error.strerror}.", _ELSEWHERE) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StateError(f"The state folder {folder} is read-only.", f"Run `chmod u+rwx {folder}`, {_OR_ELSEWHERE}")
    return folder


def home_to_read() -> Path:
    """The same folder for whoever only looks at what is on record: nothing is made, and a read-only one will do.

    `StateError` when another user of the machine could have put something into it.
    """
    folder = _choose()
    try:
        if folder.exists():
            _refuse_foreign(folder)
    except OSError as error:
        raise StateError(f"The state folder {folder} cannot be used: {error.strerror}.", _ELSEWHERE) from error
    return folder


def make_private(folder: Path) -> None:
    """Make `folder`, and every folder above it that is missing, for their owner alone. `OSError` when it cannot be made."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # says what is wrong when it is there and no folder


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that belongs to somebody else, or that somebody else could exchange for another."""
    me, owner, linker = os.geteuid(), folder.stat().st_uid, folder.lstat().st_uid
    if owner == me and linker not in (me, 0):
        owner = linker
    if owner != me:
        raise StateError(
            f"The state folder {folder} belongs to {_name(owner)}, and you are {_name(me)}.",
            f"Run this as {_name(owner)}, {_OR_ELSEWHERE}",
        )
    for above in {*folder.parents, *folder.resolve().parents}:
        mode = above.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise StateError(
                f"{above} is world-writable; another user could replace the state folder {folder}.",
                f"Run `chmod o-w {above}`, {_OR_ELSEWHERE}",
            )


def _close(folder: Path) -> None:
    """Let only its owner into `folder`. Where others could write to it, what they left there is refused every time."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & 0o077:
        return
    folder.chmod(0o700)
    if not mode & (stat.S_IWGRP | stat.S_IWOTH):
        return
    for path in folder.rglob("*"):
        if (owner := path.lstat().st_uid) != os.geteuid():
            folder.chmod(mode)
            raise StateError(
                f"The state folder {folder} is open to others, and {path} belongs to {_name(owner)}.",
                f"Delete what is not yours, {_OR_ELSEWHERE}",
            )


def _name(user: int) -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(user).pw_name
    return f"user {user}"


def _choose() -> Path:
    if named := os.environ.get("SOUNDSTAGE_HOME"):
        return Path(named).expanduser().absolute()
    if named := os.environ.get("XDG_STATE_HOME"):
        return Path(named).expanduser().absolute() / "soundstage"
    homeless = StateError("There is no HOME, so there is no place for the state.", _ELSEWHERE)
    # An empty HOME would mean the root folder to pathlib.
    if os.environ.get("HOME") == "":
        raise homeless
    try:
        person = Path.home()
    except RuntimeError as error:
        raise homeless from error
    return person / ".local" / "state" / "soundstage"
