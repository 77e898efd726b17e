"""Encrypts the secrets of a state anew. Works on the JSON of the state, whichever engine wrote it, so nothing else changes."""

import json
from collections.abc import Callable
from typing import Any

from soundstage.core.errors import StateError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.engines.embedded.secrets import Vault


def proof_of(deployment: dict[str, Any]) -> str:
    """What tells the right passphrase of a deployment; empty when it holds no secret or a cloud's key encrypts them."""
    provider = deployment.get("secrets_providers") or {}
    state = provider.get("state") or {}
    return str(state.get("salt", "")) if provider.get("type") == "passphrase" else ""


def resealed(document: dict[str, Any], old: Vault, new: Vault) -> dict[str, Any]:
    """A state's document (with its `deployment`) whose secrets `old` opens, with all of them sealed by `new`.

    Raises `StateError` when `old` does not open one of them.
    """

    def change(secret: dict[str, Any]) -> dict[str, Any]:
        # A secret may hold secrets.
        inner = _each_secret(json.loads(old.decrypt(_ciphertext(secret))), change)
        return {**secret, "ciphertext": new.encrypt(json.dumps(inner))}

    changed: dict[str, Any] = _each_secret(document, change)
    if provider := new.provider():
        changed["deployment"]["secrets_providers"] = provider
    return changed


def opened(document: Any, vault: Vault) -> Any:
    """The document with every secret in clear, to be compared and never to be written. Raises `StateError` likewise."""
    return _each_secret(document, lambda secret: opened(json.loads(vault.decrypt(_ciphertext(secret))), vault))


def count_secrets(document: Any) -> int:
    """How many secrets a document shows; those inside other secrets do not."""
    count = 0

    def note(secret: dict[str, Any]) -> dict[str, Any]:
        nonlocal count
        count += 1
        return secret

    _each_secret(document, note)
    return count


def _ciphertext(secret: dict[str, Any]) -> str:
    if not isinstance(secret.get("ciphertext"), str):
        raise StateError("A secret in the state is damaged.", "Run `workstation state verify`.")
    return str(secret["ciphertext"])


def _each_secret(value: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    if isinstance(value, list):
        return [_each_secret(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
        return change(value)
    return {key: _each_secret(item, change) for key, item in value.items()}
