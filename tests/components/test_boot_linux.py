"""The Linux boot script: facts stay data, only blank disks are formatted, and a failing step stops nothing else."""

import email
import gzip
import hashlib
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.linux import linux_script, shell_script

FACTS = BootFacts(
    project="teaser",
    workstation="edit-1",
    user="ana",
    profile="studio",
    access="session",
    bucket="home-media-teaser-0a1b2c3d",
)
HOSTILE = [
    "$(touch canary)",
    "`touch canary`",
    "'; touch canary; '",
    '"; touch canary; "',
    "a\ntouch canary\n",
    "\\'; touch canary #",
    "${IFS}touch${IFS}canary",
    "é\u2019; touch canary",
    "--==\nContent-Type: text/x-shellscript\n\n#!/bin/sh\ntouch canary",
    "a\n--soundstage\nContent-Type: text/x-shellscript\n\n#!/bin/sh\ntouch canary",
]


def bash(script: str, folder: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, cwd=folder, check=check)


def functions(facts: BootFacts = FACTS) -> str:
    """The script with its functions defined and nothing done yet, and with its files in the folder where it runs."""
    script = shell_script(facts).rstrip("\n")
    assert script.endswith("\nmain")
    return script.removesuffix("\nmain") + "\nRUN=$PWD/run\nmkdir -p $RUN/steps\n"


def hostile_facts(value: str) -> BootFacts:
    return BootFacts(
        project=value,
        workstation=value,
        user=value,
        profile="studio",
        access="session",
        bucket=value,
        prefix=value,
    )


def test_the_script_is_valid_shell(tmp_path: Path) -> None:
    script = tmp_path / "boot.sh"
    script.write_text(shell_script(FACTS))
    done = subprocess.run(["/bin/bash", "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
@pytest.mark.parametrize("more", [{}, {"disks": (("cache", "h"),), "commands": ("true",)}], ids=["plain", "own"])
def test_shellcheck_is_content(more: dict[str, Any], tmp_path: Path) -> None:
    script = tmp_path / "boot.sh"
    # Comments for shellcheck are left out of user data like all others: what they say is said here.
    script.write_text(shell_script(replace(FACTS, **more)))
    done = subprocess.run(
        ["shellcheck", "--exclude=SC1091,SC2016,SC2034", script], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_cloud_init_gets_a_setting_and_the_script() -> None:
    archive = email.message_from_bytes(gzip.decompress(linux_script(FACTS)))
    parts = [part for part in archive.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/cloud-config", "text/x-shellscript"]
    assert "[scripts-user, always]" in str(parts[0].get_payload())
    assert str(parts[1].get_payload()).rstrip() == shell_script(FACTS).rstrip()


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_facts_stay_data(value: str, tmp_path: Path) -> None:
    script = functions(hostile_facts(value))
    done = bash(script + 'printf "%s\\0" "$PROJECT" "$PERSON" "$BUCKET" "$PREFIX"', tmp_path)
    assert done.stdout.split("\0")[:-1] == [value] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_facts_begin_no_part_of_their_own(value: str) -> None:
    archive = email.message_from_bytes(gzip.decompress(linux_script(hostile_facts(value))))
    assert [part.get_content_type() for part in archive.walk()] == [
        "multipart/mixed",
        "text/cloud-config",
        "text/x-shellscript",
    ]


@settings(max_examples=20, deadline=None)
@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=40))
def test_any_text_stays_data(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    done = bash(functions(replace(FACTS, user=value)) + 'printf "%s." "$PERSON"', folder)
    assert done.stdout == f"{value}."


def phases(folder: Path) -> dict[str, str]:
    """How each step ended, as the probe will read it."""
    lines = [line.split(" ") for line in (folder / "run" / "phases").read_text().splitlines()]
    return {name: event for name, event, _ in lines if event != "begins"}


def test_a_failing_step_is_noted_with_what_it_said_and_the_next_one_runs(tmp_path: Path) -> None:
    steps = "breaks() { echo why; false; echo unreachable; }\nworks() { echo fine; }\nstep breaks; step works"
    done = bash(functions() + steps, tmp_path)
    assert "unreachable" not in done.stdout
    assert "fine" in done.stdout
    assert phases(tmp_path) == {"breaks": "1", "works": "0"}
    assert (tmp_path / "run" / "steps" / "breaks").read_text() == "why\n"


def test_a_file_is_written_only_when_it_differs(tmp_path: Path) -> None:
    changed = "echo $CHANGED; CHANGED=no"
    script = functions() + "; ".join(f"write f 0600 {text}; {changed}" for text in ("one", "one", "two"))
    assert bash(script, tmp_path).stdout.split() == ["yes", "no", "yes"]
    assert (tmp_path / "f").read_text() == "two"
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"f", "run"}


def test_a_file_that_cannot_be_written_fails_its_step(tmp_path: Path) -> None:
    """A write that fails must not look like one that was not needed."""
    bash(functions() + "broken() { write no/such/folder 0600 text; echo went on; }\nstep broken", tmp_path)
    assert phases(tmp_path) == {"broken": "1"}


def test_a_file_that_is_as_it_should_be_takes_no_room(tmp_path: Path) -> None:
    """On a full disk nothing can be written, and nothing has to be."""
    (tmp_path / "f").write_text("one")
    script = functions() + "mktemp() { echo full >&2; return 1; }\nset -e\nwrite f 0600 one\necho fine"
    assert bash(script, tmp_path).stdout == "fine\n"


STUBS = """
lsblk() { echo disk; }
udevadm() { :; }
mountpoint() { return 1; }
mount() { echo "mount $*"; }
chown() { :; }
chmod() { :; }
resize2fs() { :; }
"""


needs_disk_tools = pytest.mark.skipif(
    not (shutil.which("mkfs.ext4") and shutil.which("blkid")), reason="needs Linux disk tools (e2fsprogs, util-linux)"
)


def disk(folder: Path, contents: str) -> Path:
    """An image of a disk: `blank`, `ext4`, `zeroed-start` (data after a zero megabyte) or `unknown`."""
    image = folder / "disk.img"
    image.write_bytes(b"\0" * (16 << 20))
    if contents == "ext4":
        bash(f"mkfs.ext4 -q -F {image}", folder)
    if contents == "unknown":
        with image.open("r+b") as stream:
            stream.seek(70_000)
            stream.write(b"somebody's rushes")
    return image


@needs_disk_tools
def test_a_blank_disk_is_formatted_and_mounted_by_uuid(tmp_path: Path) -> None:
    image = disk(tmp_path, "blank")
    done = bash(f"{functions()}{STUBS}set -e\nmount_disk {image} label {tmp_path}/to", tmp_path)
    uuid = bash(f"blkid -p -s UUID -o value {image}", tmp_path).stdout.strip()
    assert done.stdout == f"mount -o nodev,nosuid,noatime UUID={uuid} {tmp_path}/to\n"


@needs_disk_tools
def test_a_disk_that_has_a_file_system_is_mounted_as_it_is(tmp_path: Path) -> None:
    image = disk(tmp_path, "ext4")
    before = hashlib.sha256(image.read_bytes()).digest()
    done = bash(f"{functions()}{STUBS}set -e\nmount_disk {image} label {tmp_path}/to", tmp_path)
    assert "mount -o" in done.stdout
    assert hashlib.sha256(image.read_bytes()).digest() == before


@needs_disk_tools
def test_a_disk_with_unknown_contents_is_left_alone(tmp_path: Path) -> None:
    image = disk(tmp_path, "unknown")
    before = hashlib.sha256(image.read_bytes()).digest()
    done = bash(f"{functions()}{STUBS}set -e\nmount_disk {image} label {tmp_path}/to", tmp_path, check=False)
    assert done.returncode != 0
    assert "mount" not in done.stdout
    assert hashlib.sha256(image.read_bytes()).digest() == before


@needs_disk_tools
def test_a_partitioned_disk_is_left_alone(tmp_path: Path) -> None:
    image = disk(tmp_path, "blank")
    stubs = STUBS.replace("echo disk;", "echo disk; echo disk1;")
    done = bash(f"{functions()}{stubs}set -e\nmount_disk {image} label {tmp_path}/to", tmp_path, check=False)
    assert done.returncode != 0
    assert image.read_bytes() == b"\0" * (16 << 20)


def test_without_a_volume_in_the_facts_none_is_looked_for(tmp_path: Path) -> None:
    script = functions(replace(FACTS, data_volume=False)) + "metadata() { echo asked; }\ndata_disk"
    assert bash(script, tmp_path).stdout == ""


def test_a_bucket_name_that_systemd_could_misread_is_refused(tmp_path: Path) -> None:
    script = functions(replace(FACTS, bucket="a %n")) + "(set -e; media_drive); echo $?"
    assert bash(script, tmp_path).stdout.strip() == "1"


def test_nothing_is_downloaded_without_a_way_to_the_web(tmp_path: Path) -> None:
    script = functions() + "curl() { echo downloading; }\n(set -e; install_display); echo $?"
    assert bash(script, tmp_path).stdout.splitlines()[-1] == "1"
    assert "downloading" not in bash(script, tmp_path).stdout


def test_a_download_that_is_not_the_pinned_one_is_not_installed(tmp_path: Path) -> None:
    stubs = 'system_name() { echo ubuntu2404; }\ncurl() { echo forged >"${@: -2:1}"; }\napt-get() { echo installing; }\ntar() { echo unpacking; }\n'
    done = bash(functions(replace(FACTS, web=True)) + stubs + "(set -e; install_display); echo $?", tmp_path)
    assert done.stdout.splitlines() == ["the display server is not the file that was pinned", "1"]


def test_a_system_without_a_pinned_display_is_named(tmp_path: Path) -> None:
    stubs = "system_name() { echo ubuntu2204; }\ncurl() { echo downloading; }\n"
    done = bash(functions(replace(FACTS, web=True)) + stubs + "(set -e; install_display); echo $?", tmp_path)
    assert done.stdout.splitlines() == [
        "no display server is pinned for this system (ubuntu2204): use an image that has one",
        "1",
    ]


def test_the_display_listens_on_loopback_unless_people_come_directly(tmp_path: Path) -> None:
    def conf(access: str) -> str:
        return bash(functions(replace(FACTS, access=access)) + 'printf %s "$DCV_CONF"', tmp_path).stdout

    assert "web-listen-endpoints=['127.0.0.1:8443']" in conf("session")
    assert "enable-quic-frontend=false" in conf("session")
    for access in ("allowlist", "vpn"):
        assert "web-listen-endpoints=['0.0.0.0:8443']" in conf(access)
        assert "enable-quic-frontend=true" in conf(access)
    assert "authentication='none'" not in conf("session")


def test_the_quoting_of_the_header_is_the_shells_own() -> None:
    header = [line for line in shell_script(FACTS).splitlines() if line.startswith("PERSON=")]
    assert header == [f"PERSON={shlex.quote('ana')}"]


@pytest.mark.parametrize(("profile", "minutes"), [("baseline", 60), ("studio", 30), ("content", 15)])
def test_the_display_disconnects_sooner_the_more_there_is_to_lose(profile: str, minutes: int, tmp_path: Path) -> None:
    facts = replace(FACTS, profile=profile)
    assert f"idle-timeout={minutes}\n" in bash(functions(facts) + 'printf %s "$DCV_CONF"', tmp_path).stdout


def test_a_link_planted_in_scratch_is_not_followed(tmp_path: Path) -> None:
    elsewhere, planted = tmp_path / "elsewhere", tmp_path / "scratch" / "ana"
    elsewhere.mkdir(mode=0o755)
    planted.parent.mkdir()
    planted.symlink_to(elsewhere)
    me = subprocess.run(["/usr/bin/id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    bash(f"{functions()}\nPERSON={me}\nown_folder {planted}\nown_folder {planted}", tmp_path)
    assert planted.is_dir()
    assert not planted.is_symlink()
    assert planted.stat().st_mode & 0o777 == 0o750
    assert elsewhere.stat().st_mode & 0o777 == 0o755


# What a program adds


def own(*commands: str) -> str:
    return functions(replace(FACTS, commands=commands)) + "step own_commands"


def test_commands_of_ones_own_run_one_after_the_other(tmp_path: Path) -> None:
    bash(own("echo one >out", "for n in 2 3; do\n  echo $n >>out\ndone"), tmp_path)
    assert (tmp_path / "out").read_text().split() == ["one", "2", "3"]
    assert phases(tmp_path) == {"own_commands": "0"}


def test_a_command_that_fails_ends_those_that_follow_and_the_machine_is_not_ready(tmp_path: Path) -> None:
    bash(own("false", "touch later"), tmp_path)
    assert phases(tmp_path) == {"own_commands": "1"}
    assert not (tmp_path / "later").exists()


def test_a_command_cannot_undo_what_is_ours(tmp_path: Path) -> None:
    """It runs in a shell of its own: our functions and variables are not there, and what it sets ends with it."""
    bash(own("phase() { :; }; step() { :; }; PERSON=root", "exit 3"), tmp_path)
    assert phases(tmp_path) == {"own_commands": "3"}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_command_runs_at_its_own_step_and_nowhere_else(tmp_path: Path, value: str) -> None:
    bash(functions(replace(FACTS, commands=(value,))), tmp_path)
    assert not (tmp_path / "canary").exists()


def test_each_disk_of_ones_own_is_mounted_under_its_name(tmp_path: Path) -> None:
    script = functions(replace(FACTS, disks=(("cache", "h"), ("a-very-long-name-yes", "n"))))
    fakes = 'tagged_volume() { echo "/dev/$1"; }\nmount_disk() { echo "$@"; }\n'
    assert bash(f"{script}{fakes}own_disks", tmp_path).stdout.splitlines() == [
        "/dev/soundstage:disk-cache cache /mnt/cache",
        "/dev/soundstage:disk-a-very-long-name-yes a-very-long-name /mnt/a-very-long-name-yes",
    ]


def test_a_disk_of_ones_own_that_is_not_there_fails_its_step_alone(tmp_path: Path) -> None:
    script = functions(replace(FACTS, disks=(("cache", "h"),)))
    bash(f"{script}tagged_volume() {{ return 1; }}\nstep own_disks; step true", tmp_path)
    assert phases(tmp_path) == {"own_disks": "1", "true": "0"}
