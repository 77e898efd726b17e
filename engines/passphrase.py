"""The passphrase of a stack's secrets: where it is found, and how the file with it is changed.

It is, in this order: `$SOUNDSTAGE_PASSPHRASE`; the file `passphrase` in the stack's folder; `$PULUMI_CONFIG_PASSPHRASE`; or else a
random one, which is written to that file (0600).
"""

import os
import secrets
from pathlib import Path
from typing import Final

from soundstage.core.errors import StateError

KEY_FILE: Final = "passphrase"
NEXT_KEY_FILE: Final = "passphrase.next"
"""The passphrase that a rotation is about to use; gone when it has ended."""
_VARIABLES: Final = ("SOUNDSTAGE_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE")


def given_passphrase() -> str | None:
    """The passphrase in the environment; None without one. Raises `StateError` when it is empty."""
    name = next((name for name in _VARIABLES if name in os.environ), None)
    return _not_empty(os.environ[name], f"{name} is") if name else None


def has_passphrase(folder: Path) -> bool:
    """Whether there is a passphrase for the stack kept in `folder`, in one of the places given above."""
    return any(name in os.environ for name in _VARIABLES) or (folder / KEY_FILE).exists()


def passphrase(folder: Path, *, make: bool) -> str:
    """The passphrase of the stack kept in `folder`, found in the order given above.

    With `make`, a random one is written to the file where there is none; without it, that is a `StateError`.
    """
    file = folder / KEY_FILE
    if "SOUNDSTAGE_PASSPHRASE" in os.environ:
        return _not_empty(os.environ["SOUNDSTAGE_PASSPHRASE"], "SOUNDSTAGE_PASSPHRASE is")
    if (folder / NEXT_KEY_FILE).exists():
        raise StateError(
            f"The passphrase in {file} was being changed when the command was cut short.",
            "Run the same `rotate-secrets` again: it finds out which one holds.",
        )
    if file.exists():
        return _read_key_file(file)
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return _not_empty(os.environ["PULUMI_CONFIG_PASSPHRASE"], "PULUMI_CONFIG_PASSPHRASE is")
    if make:
        return _write_key_file(file)
    raise StateError(
        f"The stack holds secrets, and the file with their passphrase is gone: {file}.",
        "Put the file back, or set SOUNDSTAGE_PASSPHRASE.",
    )


def _not_empty(words: str, what: str) -> str:
    if not words.strip():
        raise StateError(
            f"{what} empty; an empty passphrase is not allowed.",
            "Give it a value, or unset it to let a random one be kept in a file.",
        )
    return words


def _read_key_file(file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            raise StateError(f"Others can read the passphrase in {file}.", f"Run `chmod 600 {file}`.")
        return _not_empty(file.read_text().strip(), f"{file} is")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"The passphrase in {file} cannot be read: {error}.", "Put the right file back.") from error


def _write_key_file(file: Path, words: str | None = None) -> str:
    words = words or random_passphrase()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, words.encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise StateError(
            f"The passphrase for the stack's secrets cannot be written to {file}: {error.strerror}.",
            "Make room or change the folder's permissions, or set SOUNDSTAGE_PASSPHRASE.",
        ) from error
    return words


def random_passphrase() -> str:
    """256 bits, in letters that any shell takes."""
    return secrets.token_urlsafe(32)


class KeyFile:
    """The file with the passphrase of the stack kept in `folder`, while the passphrase is being changed.

    The next one is written beside the present one, the state is encrypted with it, and then it takes the present one's
    place: whichever step a death follows, the passphrase that opens the state is in one of the two files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file, self._next = folder / KEY_FILE, folder / NEXT_KEY_FILE

    @property
    def in_use(self) -> bool:
        """Whether the stack's passphrase is in the file, and not in the environment."""
        return "SOUNDSTAGE_PASSPHRASE" not in os.environ and self.file.exists()

    def present(self) -> str:
        """The passphrase that the file has. Raises `StateError` when it has none, or others can read it."""
        return _read_key_file(self.file)

    def announced(self) -> str | None:
        """The next passphrase of a change that was cut short; None when there was none."""
        return _read_key_file(self._next) if self._next.exists() else None

    def announce(self, words: str) -> None:
        """Write the next passphrase down."""
        self._next.unlink(missing_ok=True)
        _write_key_file(self._next, words)

    def settle(self) -> None:
        """Let the next passphrase be the present one."""
        self._next.replace(self.file)

    def drop(self) -> None:
        """Forget a next passphrase that nothing was encrypted with."""
        self._next.unlink(missing_ok=True)
