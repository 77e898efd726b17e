"""The settings file of a stack (`Pulumi.STACK.yaml`): what a machine notes of how the stack's secrets are encrypted."""

import json
from collections.abc import Mapping
from typing import Any


def settings_of(deployment: Mapping[str, Any]) -> str:
    """The text of the file, as an exported deployment (its `deployment` part) has it; empty while nothing is on record."""
    provider = deployment.get("secrets_providers") or {}
    state = provider.get("state") or {}
    settings = {
        "cloud": {"secretsprovider": state.get("url"), "encryptedkey": state.get("encryptedkey")},
        "passphrase": {"encryptionsalt": state.get("salt")},
    }.get(provider.get("type", ""))
    if not settings or not deployment.get("resources"):
        return ""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
