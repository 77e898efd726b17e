"""What machines execute, as files: a change to a boot script shows as a difference here.

To accept a change: `SNAPSHOTS=write python -m pytest tests/components/test_boot_snapshots.py`.
"""

import os
from pathlib import Path

import pytest

from soundstage.components.boot.facts import LONGEST_USER_DATA, BootFacts
from soundstage.components.boot.script import boot_script
from soundstage.core.errors import ArgumentError

FOLDER = Path(__file__).parent / "snapshots" / "boot"
ALL_ACTIVITIES = ("render", "transcode", "upload")
CASES = {
    "linux-editing-studio-session": (
        "linux",
        BootFacts(
            "teaser", "edit-1", "ana", "studio", "session", 30, ALL_ACTIVITIES, bucket="home-media-teaser-0a1b2c3d"
        ),
    ),
    "linux-vfx-content-vpn": (
        "linux",
        BootFacts(
            "feature",
            "vfx-1",
            "bo",
            "content",
            "vpn",
            60,
            ("render", "MyRenderer"),
            bucket="home-media-feature-1a2b3c4d",
            prefix="footage/",
            scratch_volume=True,
        ),
    ),
    "linux-audio-baseline-allowlist": (
        "linux",
        BootFacts("teaser", "mix-1", "cy", "baseline", "allowlist", 30, (), gpu=False, data_volume=False, web=True),
    ),
    "windows-color-content-session": (
        "windows",
        BootFacts(
            "feature", "grade-1", "di", "content", "session", 30, ALL_ACTIVITIES, bucket="home-media-feature-1a2b"
        ),
    ),
    "linux-own-disks-and-commands": (
        "linux",
        BootFacts(
            "teaser",
            "edit-1",
            "ana",
            "studio",
            "session",
            30,
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
            30,
            disks=(("cache", "h"), ("stills", "n")),
            commands=("New-Item -ItemType Directory -Force H:\\stills", "net use P: \\\\files\\projects"),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_boot_script_is_as_recorded(case: str) -> None:
    script = boot_script(*CASES[case])
    path = FOLDER / f"{case}.txt"
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(script)
    assert path.read_text() == script


def test_no_recorded_script_is_left_without_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_boot_script_leaves_room_in_the_user_data(case: str) -> None:
    assert len(boot_script(*CASES[case]).encode()) < LONGEST_USER_DATA - 512


def test_a_script_that_ec2_would_refuse_is_refused_before() -> None:
    facts = BootFacts("teaser", "edit-1", "ana", "studio", "session", 30, tuple(f"process-{n}" for n in range(400)))
    with pytest.raises(ArgumentError, match="longer than EC2 accepts"):
        boot_script("linux", facts)
