"""Stands for the genuine engine with one stack whose state holds secrets under a passphrase.

The form is that of `soundstage.engines.pulumi.sealed`; `tests/parity/test_rotation_on_the_genuine_engine.py` has the engine itself.
"""

import base64
import copy
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.engines.base import StackName
from soundstage.engines.pulumi import backups
from soundstage.engines.pulumi.sealed import SealedState, _derive

ROUNDS = 1_000
"""A thousandth of the rounds: the keys protect nothing here. Patched in as `sealed._ROUNDS`."""


def encrypt(key: bytes, text: str) -> str:
    nonce = secrets.token_bytes(12)
    closed = AESGCM(key).encrypt(nonce, text.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(closed).decode()}"


def key_and_proof(words: str) -> tuple[bytes, str]:
    salt = secrets.token_bytes(8)
    key = _derive(words, salt)
    return key, f"v1:{base64.b64encode(salt).decode()}:{encrypt(key, 'pulumi')}"


def seal(key: bytes, value: Any) -> dict[str, Any]:
    return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": encrypt(key, json.dumps(value))}


class SealedStack:
    """One stack of the genuine engine, with four secrets, one of which holds another."""

    url = "file:///nowhere"

    def __init__(self, words: str, stack: StackName) -> None:
        self.stack = stack
        self._put(words)

    def _put(self, words: str) -> None:
        key, proof = key_and_proof(words)
        one, two = seal(key, {"inner": seal(key, "hush")}), seal(key, "quiet")
        self.document: dict[str, Any] = {
            "version": 3,
            "deployment": {
                "secrets_providers": {"type": "passphrase", "state": {"salt": proof}},
                "resources": [
                    {"urn": "one", "inputs": {"word": one}, "outputs": {"word": one}},
                    {"urn": "two", "inputs": {"word": two}, "outputs": {"word": two}},
                ],
            },
        }

    @property
    def proof(self) -> str:
        return self.sealed().proof

    def sealed(self) -> SealedState:
        return SealedState(self.export())

    def old_copies(self) -> list[str] | None:
        return backups.old_copies(self.url, self.stack, None)

    def forget(self, copies: list[str]) -> None:
        backups.forget(self.url, copies, None)

    def stacks(self) -> list[StackName]:
        return [self.stack]

    def export(self) -> dict[str, Any]:
        return copy.deepcopy(self.document)

    def change_secrets(self, way: str, words: str = "") -> None:
        assert way == "passphrase"
        self._put(words)
