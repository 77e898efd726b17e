"""The boot script of a Linux workstation.

`linux.sh` is the script as a person would write it; the facts stand before it as quoted shell variables and are nowhere
else part of the text. cloud-init runs it at every start (Amazon EC2 User Guide "Run commands at launch"; cloud-init
"User data formats", read 2026-11), so that a changed setting needs a restart and no new machine.
"""

import json
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Final

from soundstage.components.boot.display import dcv_conf, permissions
from soundstage.components.boot.expected import document, of_machine
from soundstage.components.boot.facts import DATA_VOLUME_TAG, OWN_DISK_TAG, SCRATCH_VOLUME_TAG, BootFacts
from soundstage.components.boot.login import SSHD_CONFIG
from soundstage.components.boot.rules import rules
from soundstage.components.boot.software import software
from soundstage.components.boot.sources import bare, program, script, source
from soundstage.components.boot.squeeze import gzipped

STEPS: Final = (
    *(
        "hold_updates",
        "account",
        "idle_watch",
        "clock",
        "ssh_server",
        "gpu_driver",
        "install_display",
        "screen",
        "display",
    ),
    *("media_drive", "scratch_disk", "data_disk"),
)
"""Functions of `linux.sh`, in their order."""
_FIRST_PART: Final = "from soundstage.components.boot.idle_decision import decide, patterns\n"
PERMISSIONS_FILE = "/etc/dcv/soundstage.perm"
_HELD: Final = """\
Unattended-Upgrade::Package-Blacklist { "linux-"; "nvidia-"; "libnvidia-"; "nice-"; "gdm3"; "xserver-xorg"; };
Unattended-Upgrade::Automatic-Reboot "false";
"""
_HOLD: Final = '[ ! -d /etc/apt/apt.conf.d ] || printf %s "$1" >/etc/apt/apt.conf.d/52soundstage'
_CLOUD_CONFIG: Final = f"""\
#cloud-config
bootcmd: {json.dumps([["sh", "-c", _HOLD, "hold", _HELD]])}
cloud_final_modules: [[scripts-user, always]]
"""
"""`bootcmd` runs before anything can be updated, the script at the end of every start (cloud-init "Module reference", read 2026-11)."""


def linux_script(facts: BootFacts) -> bytes:
    """User data for EC2, which cloud-init unpacks: a gzip file of an archive of settings and the script. Pure; holds no secret."""
    head = _facts(facts)
    boundary = "soundstage"
    while f"--{boundary}" in head:  # no fact may begin a part of its own
        boundary += "-"
    lines = [f'Content-Type: multipart/mixed; boundary="{boundary}"', "MIME-Version: 1.0", ""]
    for kind, text in (("cloud-config", _CLOUD_CONFIG), ("x-shellscript", head)):
        lines += [f"--{boundary}", f'Content-Type: text/{kind}; charset="utf-8"', "", text]
    return gzipped("\n".join(lines).encode()) + gzipped(common_part(facts, boundary))


def common_part(facts: BootFacts, boundary: str = "soundstage") -> bytes:
    """What machines of one kind have in common: the end of the archive."""
    return f"{_body(tuple(_steps(facts)), own=_has_own(facts))}\n--{boundary}--\n".encode()


def shell_script(facts: BootFacts) -> str:
    """The script alone."""
    return _facts(facts) + _body(tuple(_steps(facts)), own=_has_own(facts))


def idle_program() -> str:
    """The idle guard as a machine runs it: one file."""
    return program("idle_decision.py") + program("idle_watch.py").replace(_FIRST_PART, "")


def _has_own(facts: BootFacts) -> bool:
    return bool(facts.disks or facts.commands)


def _steps(facts: BootFacts) -> list[str]:
    return [*STEPS, *(["own_disks"] if facts.disks else []), *(["own_commands"] if facts.commands else [])]


def _facts(facts: BootFacts) -> str:
    """What each machine has of its own."""
    variables = {
        "PROJECT": facts.project,
        "PERSON": facts.user,
        "BUCKET": facts.bucket,
        "PREFIX": facts.prefix,
        "GPU": _yes(facts.gpu),
        "WEB": _yes(facts.web),
        "DATA_VOLUME": _yes(facts.data_volume),
        "SCRATCH_VOLUME": _yes(facts.scratch_volume),
        "LOG_GROUP": facts.log_group,
        "TOOLS_DOCUMENT": facts.tools_document,
        "EXPECTED": document(of_machine(facts)),
        "DCV_CONF": dcv_conf(facts, PERMISSIONS_FILE),
        "DCV_PERMISSIONS": permissions(facts.profile),
    }
    if facts.disks:
        variables["OWN_DISKS"] = " ".join(name for name, _ in facts.disks)
    if facts.commands:
        variables["OWN_COMMANDS"] = "\n".join(facts.commands)
    header = ["#!/bin/bash"]
    header += [f"# Soundstage: workstation {_comment(facts.workstation)}, project {_comment(facts.project)}"]
    return "\n".join([*header, *_assigned(variables), ""])


@cache
def _body(steps: tuple[str, ...], *, own: bool) -> str:
    dcv = software()["dcv_linux"]
    constants = {
        "DATA_TAG": DATA_VOLUME_TAG,
        "SCRATCH_TAG": SCRATCH_VOLUME_TAG,
        "DCV_URL": dcv["url"],
        "DCV_SHA256": "\n".join(f"{system} {sum}" for system, sum in dcv["sha256"].items()),
        "GUARD_RULES": json.dumps(rules(), separators=(",", ":")),
        "IDLE_WATCH": idle_program(),
        "SHIP": program("ship.py"),
        "SSHD_CONFIG": SSHD_CONFIG,
    }
    if own:
        constants["OWN_DISK_TAG"] = OWN_DISK_TAG
    text = (source("linux_own.sh") if own else "") + script("linux.sh").replace("@STEPS@", " ".join(steps))
    return "\n".join([*_assigned(constants), bare(text)])


def _assigned(variables: Mapping[str, str]) -> list[str]:
    return [f"{name}={shlex.quote(value)}" for name, value in variables.items()]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _comment(text: str) -> str:
    """Text that cannot end the comment it stands in."""
    return "".join(character if character.isprintable() else "?" for character in text)
