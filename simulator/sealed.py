"""What the simulated cloud keeps on disk, encrypted and authenticated.

The snapshot is a pickle: whoever can exchange it runs code. The journal holds what was sent to the cloud, secrets
included. Both are sealed with AES-256-GCM under a key that lies beside them and that only its owner may read; a file
that was written by anyone else, moved from another place or altered does not open.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from soundstage.core.errors import SimulatorError

_KEY_BYTES = 32
_NONCE_BYTES = 12
SEALED_MORE = _NONCE_BYTES + 16
"""Bytes that the sealed form has besides the content: the nonce, and the tag of AES-GCM."""
RESET = "Run `workstation simulator reset` to begin with an empty simulated cloud."


class Seal:
    """Seals and opens byte strings. `place` says what the bytes are and where they belong; both sides must agree."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, content: bytes, place: str) -> bytes:
        """The sealed form of `content`: a fresh nonce and the ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for `place`; `SimulatorError` when it was not sealed with this key for this place."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SimulatorError(
                f"The simulated cloud's {place} was altered or belongs to another one; it was not opened.", RESET
            ) from error


def own_key(path: Path) -> bytes:
    """The key at `path`, made when missing. It must belong to this user and be readable by nobody else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        write_private(path, os.urandom(_KEY_BYTES))
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise SimulatorError(f"The simulated cloud's key {path} cannot be read: {error.strerror}.", RESET) from error
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(file.fileno())
        key = file.read(_KEY_BYTES + 1)
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
        raise SimulatorError(
            f"The simulated cloud's key {path} can be read or written by others; it is not used.",
            f"If you trust it, run `chmod 600 {path}`. {RESET}",
        )
    if len(key) != _KEY_BYTES:
        raise SimulatorError(f"The simulated cloud's key {path} is damaged.", RESET)
    return key


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step, readable by its owner only, on disk before the call returns."""
    write_pieces(path, (content,))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """The same, of what is never in memory at once."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
