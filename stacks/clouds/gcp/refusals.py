"""Why Identity-Aware Proxy makes no connection, in words that say what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from soundstage.core.errors import CloudError, PreflightRefused, SessionError, SoundstageError
from soundstage.sessions.iap.frames import Close
from soundstage.sessions.iap.relay import Port, Refused

_SWITCHED_OFF: Final = ("SERVICE_DISABLED", "accessNotConfigured", "it is disabled")
_GONE: Final = (Close.NO_MACHINE, Close.NO_MACHINE_ANY_MORE, HTTPStatus.NOT_FOUND)
_NOT_ALLOWED: Final = (Close.NOT_ALLOWED, HTTPStatus.FORBIDDEN)
_WHAT: Final[Mapping[int, str]] = {22: "SSH", 3389: "RDP", 8443: "the display"}


def explained(error: SoundstageError, port: Port, machine: str, allows: str) -> SoundstageError:
    """The error as one for a person. `machine` is what people call it, `allows` how somebody is let in."""
    if not isinstance(error, Refused):
        return error
    place = f"port {port.number} of {machine}" + (f" ({_WHAT[port.number]})" if port.number in _WHAT else "")
    if error.code == HTTPStatus.UNAUTHORIZED:
        return PreflightRefused(
            "Google Cloud does not accept the credentials (401).",
            "Sign in again (`gcloud auth application-default login`), then run this again.",
        )
    if any(word in error.reason for word in _SWITCHED_OFF):
        return CloudError(
            f"Nobody comes in to {machine}: the API of Identity-Aware Proxy is switched off in the project {port.project}.",
            f"Run `gcloud services enable iap.googleapis.com --project {port.project}`, and this again after a minute.",
        )
    if error.code in _NOT_ALLOWED:
        return SessionError(
            f"Your Google account may not reach {place} through Identity-Aware Proxy.",
            f"{allows} Which account is signed in? `gcloud auth list` shows it.",
        )
    if error.code == Close.NOTHING_ANSWERS:
        return SessionError(
            f"Nothing answers on {place} through Identity-Aware Proxy.",
            "Either the firewall keeps Identity-Aware Proxy out: `workstation drift` shows whether a rule was changed, and `workstation up` "
            f"puts it back. Or the machine is still starting, or its image has no program there: `workstation logs {machine}` shows it.",
        )
    if error.code in _GONE:
        return SessionError(
            f"Identity-Aware Proxy finds no machine {port.instance} in {port.zone} of the project {port.project}.",
            "`workstation status` shows which machines there are. Is `account` in studio.yaml the right project of Google Cloud?",
        )
    if error.code == Close.FORBIDDEN_BY_ORGANISATION:
        return SessionError(
            f"A policy of your organisation forbids to reach {place} through Identity-Aware Proxy: {error.reason}",
            "Ask whoever administers the organisation in Google Cloud.",
        )
    return error
