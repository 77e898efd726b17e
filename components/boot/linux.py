"""The boot script of a Linux workstation.

`linux.sh` is the script as a person would write it; the facts stand before it as quoted shell variables and are nowhere
else part of the text. cloud-init runs it at every start (Amazon EC2 User Guide "Run commands at launch"; cloud-init
"User data formats", read 2026-11), so that a changed setting needs a restart and no new machine.
"""

import hashlib
import json
import shlex
from functools import cache
from importlib.resources import files
from typing import Final

from soundstage.components.boot.activities import patterns
from soundstage.components.boot.display import dcv_conf, permissions
from soundstage.components.boot.facts import DATA_VOLUME_TAG, OWN_DISK_TAG, SCRATCH_VOLUME_TAG, BootFacts
from soundstage.components.boot.software import software

STEPS: Final = (
    # The idle watch comes first: a machine on which everything else fails must still stop by itself.
    *("account", "idle_watch", "hold_updates", "gpu_driver", "scratch_disk", "data_disk", "media_drive"),
    *("install_display", "display"),
)
"""Functions of `linux.sh`, in their order."""
PERMISSIONS_FILE = "/etc/dcv/soundstage.perm"
_CLOUD_CONFIG = """\
#cloud-config
cloud_final_modules: [[scripts-user, always]]
"""


def linux_script(facts: BootFacts) -> str:
    """User data for EC2: a cloud-init archive of a setting ("at every start") and the script. Pure; holds no secret."""
    script = shell_script(facts)
    # Derived from the text, so that no fact can hold the boundary and begin a part of its own.
    boundary = f"soundstage-{hashlib.sha256(script.encode()).hexdigest()[:16]}"
    lines = [f'Content-Type: multipart/mixed; boundary="{boundary}"', "MIME-Version: 1.0", ""]
    for kind, body in (("cloud-config", _CLOUD_CONFIG), ("x-shellscript", script)):
        lines += [f"--{boundary}", f'Content-Type: text/{kind}; charset="utf-8"', "", body]
    lines += [f"--{boundary}--", ""]
    return "\n".join(lines)


def shell_script(facts: BootFacts) -> str:
    """The script alone."""
    dcv = software()["dcv_linux"]
    settings = {"stop_after_minutes": facts.stop_after_minutes, "patterns": patterns(facts.keep_while)}
    variables = {
        "PROJECT": facts.project,
        "PERSON": facts.user,
        "BUCKET": facts.bucket,
        "PREFIX": facts.prefix,
        "GPU": _yes(facts.gpu),
        "WEB": _yes(facts.web),
        "DATA_VOLUME": _yes(facts.data_volume),
        "DATA_TAG": DATA_VOLUME_TAG,
        "SCRATCH_VOLUME": _yes(facts.scratch_volume),
        "SCRATCH_TAG": SCRATCH_VOLUME_TAG,
        "DCV_URL": dcv["url"],
        "DCV_SHA256": dcv["sha256"],
        "DCV_CONF": dcv_conf(facts, PERMISSIONS_FILE),
        "DCV_PERMISSIONS": permissions(facts.profile),
        "IDLE_SETTINGS": json.dumps(settings),
        "IDLE_WATCH": _source("idle_watch.py"),
        "PASSWORD_COMMAND": _source("linux_password.sh"),
    }
    steps = list(STEPS)
    if facts.disks:
        variables |= {"OWN_DISKS": " ".join(name for name, _ in facts.disks), "OWN_DISK_TAG": OWN_DISK_TAG}
        steps.insert(steps.index("media_drive"), "own_disks")
    if facts.commands:
        variables["OWN_COMMANDS"] = "\n".join(facts.commands)
        steps.append("own_commands")
    header = [f"# Soundstage: workstation {_comment(facts.workstation)}, project {_comment(facts.project)}"]
    header += [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    # Comments are for readers of this repository; user data has 16 KiB.
    own = _source("linux_own.sh") if facts.disks or facts.commands else ""
    text = own + _source("linux.sh").replace("@STEPS@", " ".join(steps))
    body = [line for line in text.splitlines() if line and not line.lstrip().startswith("# ")]
    return "\n".join(["#!/bin/bash", *header, *body, ""])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _comment(text: str) -> str:
    """Text that cannot end the comment it stands in."""
    return "".join(character if character.isprintable() else "?" for character in text)


@cache
def _source(name: str) -> str:
    return (files("soundstage.components.boot") / name).read_text("utf-8")
