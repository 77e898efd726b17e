"""Secrets in a state that the genuine engine wrote, opened with their passphrase.

AES-256-GCM under a key that PBKDF2 makes from a passphrase: SHA-256, 1,000,000 rounds, 8 bytes of salt
(pulumi/pulumi `pkg/secrets/passphrase/manager.go` and `sdk/go/common/resource/config/crypt.go`, read 2026-11).
Works on the JSON of the state. Nothing is encrypted here: only the engine does that.
"""

import base64
import contextlib
import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from soundstage.core.errors import StateError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY

_ROUNDS: Final = 1_000_000
_PROOF: Final = "pulumi"
"""What the genuine engine encrypts beside the salt, to tell a wrong passphrase from a right one."""


@dataclass(frozen=True)
class SealedState:
    """The secrets of one state, as the engine exported it."""

    document: dict[str, Any]

    @property
    def proof(self) -> str:
        """As `proof_of`."""
        return proof_of(self.document["deployment"] or {})

    def opens(self, words: str) -> bool:
        """Whether a passphrase is the one of these secrets."""
        return opens(words, self.proof)

    @property
    def count(self) -> int:
        """As `count_secrets`."""
        return count_secrets(self.document)

    def counted(self) -> int:
        """How many secrets the resources hold, to be compared where a cloud's key closed them."""
        return count_secrets(self.document["deployment"].get("resources"))

    def in_clear(self, words: str) -> Any:
        """The resources with every secret in clear. Raises as `opened`."""
        return opened(self.document["deployment"].get("resources"), words, self.proof)


def proof_of(deployment: dict[str, Any]) -> str:
    """What tells the right passphrase of a deployment, `v1:<salt>:v1:<nonce>:<ciphertext>`; empty when it holds no secret or a
    cloud's key encrypts them."""
    provider = deployment.get("secrets_providers") or {}
    state = provider.get("state") or {}
    return str(state.get("salt", "")) if provider.get("type") == "passphrase" else ""


def opens(words: str, proof: str) -> bool:
    """Whether a passphrase is the one of a `proof`."""
    return _key(words, proof) is not None


def opened(document: Any, words: str, proof: str) -> Any:
    """The document with every secret in clear, to be compared and never to be written.

    Raises `StateError` when `words` is not the passphrase of the `proof`, or a secret is damaged.
    """
    key = _key(words, proof) if proof else b""
    if key is None:
        raise StateError(
            "The passphrase is not the one that this stack's secrets were encrypted with.",
            "Set SOUNDSTAGE_PASSPHRASE to it.",
        )

    def clear(secret: dict[str, Any]) -> Any:
        # A secret may hold secrets.
        return _each_secret(json.loads(_decrypt(key, secret.get("ciphertext"))), clear)

    return _each_secret(document, clear)


def count_secrets(document: Any) -> int:
    """How many secrets a document shows; those inside other secrets do not."""
    count = 0

    def note(secret: dict[str, Any]) -> dict[str, Any]:
        nonlocal count
        count += 1
        return secret

    _each_secret(document, note)
    return count


def _each_secret(value: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    if isinstance(value, list):
        return [_each_secret(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
        return change(value)
    return {key: _each_secret(item, change) for key, item in value.items()}


def _key(words: str, proof: str) -> bytes | None:
    _, _, rest = proof.partition(":")
    salt, _, sealed = rest.partition(":")
    with contextlib.suppress(StateError, ValueError):
        key = _derive(words, base64.b64decode(salt))
        if _decrypt(key, sealed) == _PROOF:
            return key
    return None


@functools.lru_cache(maxsize=8)
def _derive(words: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", words.encode(), salt, _ROUNDS, 32)


def _decrypt(key: bytes, ciphertext: Any) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        version, nonce, sealed = ciphertext.split(":")
        if version == "v1":
            return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
    except (InvalidTag, ValueError, AttributeError):
        pass
    raise StateError("A secret in the state cannot be decrypted.", "Put an earlier copy of the state back.")
