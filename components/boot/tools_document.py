"""The document of Systems Manager that brings a machine the tools which are too long for its user data.

User data has 16 KiB, and a document 64 KiB (AWS Systems Manager quotas, read 2026-11). A machine reads it at each start with the
permission that Session Manager's agent has anyway, over the endpoint that sessions take; another content needs no other user data, so
that no machine stops for it. It is a document of the kind that runs commands, because only those can be changed: run on a machine, it
does nothing. It brings the probe, and what lets people in.
"""

import base64
import json
from collections.abc import Mapping
from typing import Final

from soundstage.components.boot import windows as powershell
from soundstage.components.boot.sources import bare, program, source
from soundstage.components.boot.squeeze import gzipped

LARGEST: Final = 64 * 1024
"""Bytes of a document (AWS Systems Manager quotas, read 2026-11)."""


def tools(*, windows: bool) -> Mapping[str, str]:
    """Names of files and what is in them."""
    if windows:
        return {
            "probe.ps1": powershell.bare(source("windows_probe.ps1")),
            "login.ps1": powershell.bare(source("login.ps1")),
        }
    return {
        "soundstage-probe": f"#!/usr/bin/python3 -I\n{program('probe.py')}",
        "soundstage-login": bare(source("login.sh")),
    }


def packed(*, windows: bool) -> bytes:
    """The tools as one text, before it is squeezed."""
    return json.dumps(tools(windows=windows), separators=(",", ":")).encode()


def tools_document(*, windows: bool) -> str:
    """The content of the document, in the JSON of Systems Manager."""
    text = base64.b64encode(gzipped(packed(windows=windows))).decode()
    # Run as a command, either does nothing.
    action, line = ("aws:runPowerShellScript", f"# {text}") if windows else ("aws:runShellScript", f": {text}")
    step = {"action": action, "name": "tools", "inputs": {"runCommand": [line]}}
    return json.dumps(
        {
            "schemaVersion": "2.2",
            "description": "Tools of a workstation, which it reads at its start",
            "mainSteps": [step],
        }
    )
