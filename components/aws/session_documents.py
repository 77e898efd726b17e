"""The session documents of a project: the ways into its machines, and nothing besides them.

AWS Systems Manager User Guide, "Session document schema" (schema 1.0), read 2026-11. What a document does not declare as a parameter
a caller cannot change: the port and the program are written in it. None of them logs what goes through: a login's answer is secret,
and pictures and files are not text.
"""

import json
from typing import Any, Final

from soundstage.components.boot.login import DISPLAY, KEY, NO_KEY, PROGRAM, SSH, WINDOWS_COMMAND
from soundstage.components.ports import DISPLAYS

LOCAL_PORT: Final = r"^(0|[1-9][0-9]{0,4})$"
"""A port on the person's own computer; 0 lets the plugin choose one."""
_SSH_PORT: Final = 22


def display_session() -> str:
    """Forwards the port of the display."""
    local = _text("Port on this computer; 0 for any", LOCAL_PORT, "0")
    return _document(
        "Forwards the port of the display, and no other",
        "Port",
        {"localPortNumber": local},
        {
            "portNumber": str(DISPLAYS["dcv"][0].number),
            "type": "LocalPortForwarding",
            "localPortNumber": "{{ localPortNumber }}",
        },
    )


def ssh_session() -> str:
    """Leads to the machine's SSH server, in which a key counts only after the machine's program has let it in."""
    return _document("Leads to SSH, and no other port", "Port", {}, {"portNumber": str(_SSH_PORT)})


def login_session() -> str:
    """Runs exactly one program of the machine's, as root or SYSTEM: the one that lets its person in for a minute. Only the public half of a key
    is handed to it, for parameters stand in the audit trail."""
    asked = "{{ way }} {{ key }}"
    return _document(
        "Runs the program that lets the machine's person in, and no other",
        "NonInteractiveCommands",
        {
            "way": _text("What to let in to", f"^({DISPLAY}|{SSH})$", DISPLAY),
            "key": _text("The public half of a key that is used once", f"^({NO_KEY}|{KEY})$", NO_KEY),
        },
        {
            "linux": {"commands": f"{PROGRAM} {asked}", "runAsElevated": True},
            "windows": {"commands": f"{WINDOWS_COMMAND} {asked}", "runAsElevated": True},
        },
    )


def _text(description: str, pattern: str, default: str | None = None) -> dict[str, str]:
    about = {"type": "String", "description": description, "allowedPattern": pattern}
    return about if default is None else {**about, "default": default}


def _document(description: str, type: str, parameters: dict[str, Any], properties: dict[str, Any]) -> str:
    content: dict[str, Any] = {
        "schemaVersion": "1.0",
        "description": description,
        "sessionType": type,
        "parameters": parameters,
        "properties": properties,
    }
    return json.dumps({name: value for name, value in content.items() if value}, separators=(",", ":"))
