"""The session document that reaches a machine's display, and no other port of it."""

import json
from typing import Any, Final

from soundstage.components.ports import DISPLAYS

LOCAL_PORT: Final = r"^(0|[1-9][0-9]{0,4})$"
"""A port on the person's own computer; 0 lets the plugin choose one."""


def display_session() -> str:
    """The document in JSON. The port of the machine is written in it: a parameter of the caller's cannot change it.

    AWS Systems Manager User Guide, "Session document schema" (schema 1.0, `sessionType` `Port`), read 2026-11.
    """
    document: dict[str, Any] = {
        "schemaVersion": "1.0",
        "description": "Forwards the port of the display, and no other",
        "sessionType": "Port",
        "parameters": {
            "localPortNumber": {
                "type": "String",
                "description": "Port on this computer; 0 for any",
                "allowedPattern": LOCAL_PORT,
                "default": "0",
            }
        },
        "properties": {
            "portNumber": str(DISPLAYS["dcv"][0].number),
            "type": "LocalPortForwarding",
            "localPortNumber": "{{ localPortNumber }}",
        },
    }
    return json.dumps(document, separators=(",", ":"))
