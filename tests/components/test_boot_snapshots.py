"""What machines execute, as files: a change to a boot script shows as a difference here.

To accept a change: `SNAPSHOTS=write python -m pytest tests/components/test_boot_snapshots.py`.
"""

import base64
import gzip
import hashlib
import os
import re
from difflib import unified_diff
from pathlib import Path

import pytest

from soundstage.components.boot.facts import LONGEST_USER_DATA, BootFacts
from soundstage.components.boot.script import boot_script
from soundstage.components.boot.windows import common_part, powershell
from soundstage.core.errors import ArgumentError

FOLDER = Path(__file__).parent / "snapshots" / "boot"
CASES = {
    "linux-editing-studio-session": (
        "linux",
        BootFacts("teaser", "edit-1", "ana", "studio", "session", bucket="home-media-teaser-0a1b2c3d"),
    ),
    "linux-vfx-content-vpn": (
        "linux",
        BootFacts(
            "feature",
            "vfx-1",
            "bo",
            "content",
            "vpn",
            bucket="home-media-feature-1a2b3c4d",
            prefix="footage/",
            scratch_volume=True,
        ),
    ),
    "linux-audio-baseline-allowlist": (
        "linux",
        BootFacts("teaser", "mix-1", "cy", "baseline", "allowlist", gpu=False, data_volume=False, web=True),
    ),
    "windows-color-content-session": (
        "windows",
        BootFacts("feature", "grade-1", "di", "content", "session", bucket="home-media-feature-1a2b"),
    ),
    "linux-own-disks-and-commands": (
        "linux",
        BootFacts(
            "teaser",
            "edit-1",
            "ana",
            "studio",
            "session",
            disks=(("cache", "h"), ("stills", "n")),
            commands=("install -d -o ana /mnt/cache/stills", "echo 'done' >/run/own"),
        ),
    ),
    "windows-own-disks-and-commands": (
        "windows",
        BootFacts(
            "teaser",
            "edit-1",
            "ana",
            "studio",
            "session",
            disks=(("cache", "h"), ("stills", "n")),
            commands=("New-Item -ItemType Directory -Force H:\\stills", "net use P: \\\\files\\projects"),
        ),
    ),
}


WHOLE = {"linux": "linux-editing-studio-session", "windows": "windows-color-content-session"}
"""The case of each system that is recorded whole; the others are recorded as what differs from it."""


def unpacked(os: str, facts: BootFacts) -> str:
    """What the machine executes, as a person can read it."""
    return powershell(facts) if os == "windows" else gzip.decompress(boot_script(os, facts)).decode()


def shown(case: str) -> str:
    system, facts = CASES[case]
    text, whole = unpacked(system, facts), unpacked(*CASES[WHOLE[system]])
    if case == WHOLE[system]:
        return text
    return "".join(unified_diff(whole.splitlines(True), text.splitlines(True), WHOLE[system], case, n=0))


@pytest.mark.parametrize("case", CASES)
def test_a_boot_script_is_as_recorded(case: str) -> None:
    text = shown(case)
    path = FOLDER / f"{case}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text)
    assert path.read_text() == text


def test_no_recorded_script_is_left_without_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_boot_script_leaves_room_in_the_user_data(case: str) -> None:
    assert len(boot_script(*CASES[case])) < LONGEST_USER_DATA - 512


def test_what_machines_have_in_common_is_packed_into_the_windows_script() -> None:
    facts = CASES["windows-color-content-session"][1]
    text = boot_script("windows", facts).decode()
    head, common = re.findall(r"'([A-Za-z0-9+/=]{99,})'", text)
    parts = [gzip.decompress(base64.b64decode(part)) for part in (head, common)]
    assert b"".join(parts).decode() == powershell(facts)
    assert parts[1] == common_part()


@pytest.mark.parametrize("os", WHOLE)
def test_a_script_that_ec2_would_refuse_is_refused_before(os: str) -> None:
    chaos = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(100))
    facts = BootFacts("teaser", "edit-1", "ana", "studio", "session", commands=(chaos,))
    with pytest.raises(ArgumentError, match="longer than EC2 accepts"):
        boot_script(os, facts)
