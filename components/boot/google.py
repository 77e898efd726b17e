"""The startup script of a workstation on Google Cloud, and the metadata in which its idle guard reads when to stop.

The scripts are `google_linux.sh` and `google_windows.ps1`; the facts stand before them, quoted. GPU driver and display come with the
image: which display is on Google Cloud in the place of Amazon DCV, which is free on EC2 alone, is decided by the image's recipe.
"""

import json
import shlex
from collections.abc import Sequence
from typing import Final

from soundstage.components.boot import linux
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.idle_tags import idle_tags
from soundstage.components.boot.rules import rules
from soundstage.components.boot.sources import bare, program, script, source
from soundstage.components.boot.windows import bare as bare_powershell
from soundstage.components.boot.windows import quoted
from soundstage.components.labels import OURS
from soundstage.components.tags import PREFIX
from soundstage.core.errors import ArgumentError

LONGEST_VALUE: Final = 256 * 1024
"""Bytes of one value of a machine's metadata (Compute Engine, "About VM metadata", read 2026-11)."""
STARTUP_KEYS: Final = {"linux": "startup-script", "windows": "windows-startup-script-ps1"}
"""Where the guest agent looks for what it runs at every start."""
_IN_OTHER_WORDS: Final = {
    "AWS takes": "Google takes",
    "Save your work now: it stops then, and starts again later.": "Save your work now: it stops then, and somebody has to start it again.",
}
"""What the guard says of the cloud that takes a spot machine back."""
_LAST_PART: Final = 'if __name__ == "__main__":\n'


def startup_script(os: str, facts: BootFacts) -> str:
    """The script of a machine. `os` is `linux` or `windows`. Pure; holds no secret. Raises `ArgumentError` when Google would refuse its
    length."""
    text = _windows(facts) if os == "windows" else _linux(facts)
    excess = len(text.encode()) - LONGEST_VALUE
    if excess > 0:
        raise ArgumentError(
            f'The startup script of "{facts.workstation}" is {excess} bytes longer than Google Cloud accepts.',
            "Keep boot_commands short: let them fetch a longer script, from the media bucket for example, and run it.",
        )
    return text


def idle_metadata(stop_after_minutes: int, keep_while: Sequence[str], warn_minutes: int) -> dict[str, str]:
    """The metadata in which a machine reads, once a minute, when it must stop itself."""
    tags = idle_tags(stop_after_minutes, keep_while, warn_minutes)
    return {OURS + key.removeprefix(PREFIX): text for key, text in tags.items()}


def idle_program() -> str:
    """The idle guard as a machine of Google Cloud runs it."""
    text = linux.idle_program().replace(_LAST_PART, program("idle_google.py") + _LAST_PART)
    for of_aws, of_google in _IN_OTHER_WORDS.items():
        text = text.replace(of_aws, of_google)
    return text


def _linux(facts: BootFacts) -> str:
    variables = {
        "PROJECT": facts.project,
        "BUCKET": facts.bucket,
        "PREFIX": facts.prefix,
        "DATA_DISK": "yes" if facts.data_volume else "no",
        "OWN_COMMANDS": "\n".join(facts.commands),
        "PERSON": facts.user,
        "LOGIN": bare(source("login.sh")),
        "GUARD_RULES": json.dumps(rules(), separators=(",", ":")),
        "IDLE_WATCH": f"#!/usr/bin/python3 -I\n{idle_program()}",
        "SPOT_WATCH": f"#!/usr/bin/python3 -I\n{program('spot_google.py')}",
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(["#!/bin/bash", *lines, bare(script("google_linux.sh"))])


def _windows(facts: BootFacts) -> str:
    lines = [
        f"$OwnCommands = {quoted(chr(10).join(facts.commands))}",
        f"$DataDisk = ${str(facts.data_volume).lower()}",
    ]
    return "\n".join([*lines, bare_powershell(source("google_windows.ps1"))])
