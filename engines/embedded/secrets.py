"""Secrets at rest, in the form that the genuine engine's passphrase provider reads and writes.

AES-256-GCM under a key that PBKDF2 makes from a passphrase: SHA-256, 1,000,000 rounds, 8 bytes of salt
(pulumi/pulumi `pkg/secrets/passphrase/manager.go` and `sdk/go/common/resource/config/crypt.go`, read 2026-11).
The key is derived only when a secret is met, because that takes about half a second.

The passphrase is, in this order: `$SOUNDSTAGE_PASSPHRASE`; the file `passphrase` in the stack's folder;
`$PULUMI_CONFIG_PASSPHRASE`; or else a random one, which is written to that file (0600).
"""

import base64
import contextlib
import functools
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import StateError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN, UNKNOWN_SENTINEL, Secret, Value
from soundstage.core.values import from_json as decode_value

_ROUNDS: Final = 1_000_000
_PROOF: Final = "pulumi"
"""What the genuine engine encrypts beside the salt, to tell a wrong passphrase from a right one."""
KEY_FILE: Final = "passphrase"
NEXT_KEY_FILE: Final = "passphrase.next"
"""The passphrase that a rotation is about to use; gone when it has ended."""


class Vault:
    """Encrypts and decrypts the secrets of one stack.

    `proof` is Pulumi's `v1:<salt>:v1:<nonce>:<ciphertext>`; empty until the first secret is sealed. `words` is a passphrase
    instead of the one that is found in `folder` or the environment.
    """

    def __init__(self, folder: Path, proof: str = "", words: str | None = None) -> None:
        self._folder = folder
        self._words = words
        self.proof = proof
        self._sealed: dict[str, str] = {}

    def provider(self) -> dict[str, Any] | None:
        """The `secrets_providers` entry of a deployment; none while the stack holds no secret."""
        return {"type": "passphrase", "state": {"salt": self.proof}} if self.proof else None

    def seal(self, value: Value) -> Any:
        """JSON for a state file: every secret encrypted."""
        if isinstance(value, Secret):
            return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": self.encrypt(json.dumps(self.seal(value.value)))}
        if value is UNKNOWN:
            return UNKNOWN_SENTINEL
        if isinstance(value, dict):
            return {key: self.seal(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.seal(item) for item in value]
        return value

    def unseal(self, document: Any) -> Value:
        """The value that `seal`, or the genuine engine, wrote. Also reads `pulumi stack export --show-secrets`."""
        if isinstance(document, list):
            return [self.unseal(item) for item in document]
        if not isinstance(document, dict):
            return decode_value(document)
        if document.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            if "ciphertext" in document:
                return Secret(self.unseal(json.loads(self.decrypt(document["ciphertext"]))))
            if "plaintext" in document:
                return Secret(self.unseal(json.loads(document["plaintext"])))
        return {key: self.unseal(item) for key, item in document.items()}

    def encrypt(self, text: str) -> str:
        """The ciphertext of a text; always the same one for the same text."""
        if text not in self._sealed:
            self._sealed[text] = _encrypt(self._key(), text)
        return self._sealed[text]

    def decrypt(self, ciphertext: str) -> str:
        """The text of a ciphertext. Raises `StateError` when the passphrase is not the right one."""
        text = _decrypt(self._key(), ciphertext)
        self._sealed[text] = ciphertext
        return text

    def _key(self) -> bytes:
        if not self.proof:
            salt = secrets.token_bytes(8)
            key = _derive(self._passphrase(make=True), salt)
            self.proof = f"v1:{base64.b64encode(salt).decode()}:{_encrypt(key, _PROOF)}"
            return key
        if not self.proof.startswith("v1:"):
            raise StateError(
                "The secrets of this stack were encrypted in a way that this version does not know.",
                "Use the version of Soundstage or Pulumi that wrote them.",
            )
        if opening := _opening(self._passphrase(make=False), self.proof):
            return opening
        raise StateError(
            "The passphrase is not the one that this stack's secrets were encrypted with.",
            f"Set SOUNDSTAGE_PASSPHRASE to it, or put the right file back as {self._folder / KEY_FILE}.",
        )

    def _passphrase(self, *, make: bool) -> str:
        return passphrase(self._folder, make=make) if self._words is None else self._words


_VARIABLES: Final = ("SOUNDSTAGE_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE")


def given_passphrase() -> str | None:
    """The passphrase in the environment; None without one. Raises `StateError` when it is empty."""
    name = next((name for name in _VARIABLES if name in os.environ), None)
    return _not_empty(os.environ[name], f"{name} is") if name else None


def opens(words: str, proof: str) -> bool:
    """Whether a passphrase is the one of a `proof`."""
    return _opening(words, proof) is not None


def _opening(words: str, proof: str) -> bytes | None:
    _, _, rest = proof.partition(":")
    salt, _, sealed = rest.partition(":")
    with contextlib.suppress(StateError, ValueError):
        key = _derive(words, base64.b64decode(salt))
        if _decrypt(key, sealed) == _PROOF:
            return key
    return None


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


@functools.lru_cache(maxsize=8)
def _derive(words: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", words.encode(), salt, _ROUNDS, 32)


def _encrypt(key: bytes, text: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _decrypt(key: bytes, ciphertext: str) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        version, nonce, sealed = ciphertext.split(":")
        if version == "v1":
            return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
    except (InvalidTag, ValueError, AttributeError):
        pass
    raise StateError("A secret in the state cannot be decrypted.", "Run `workstation state verify`.")


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
