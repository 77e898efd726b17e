"""The programs that the part with Selkies puts on a machine: who is let in to the display, and that no older token stays."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from soundstage.images.recipes import shipped

TOKENS = ("a" * 40, "B-_" + "c" * 45)


def content_of(path: str) -> str:
    """What the recipe writes into a file."""
    files = (entry.file for entry in shipped().named("edit-linux-selkies").steps)
    return next(file.content for file in files if file and file.path == path)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "soundstage-display-auth"
    path.write_text(content_of("/usr/local/sbin/soundstage-display-auth"))
    folder = tmp_path / "run" / "soundstage-display"
    folder.mkdir(parents=True)
    (folder / "master").write_text("secret")
    (folder / "tokens.json").write_text("{}")
    (tmp_path / "sleep").write_text(f'#!/bin/sh\necho "$1" >>{tmp_path}/slept\n')
    (tmp_path / "systemctl").write_text("#!/bin/sh\n")
    (tmp_path / "systemd-run").write_text(
        f'#!/bin/sh\ncat {folder}/tokens.json >{tmp_path}/before\necho "$*" >>{tmp_path}/started\n'
    )
    for name in ("sleep", "systemctl", "systemd-run"):
        (tmp_path / name).chmod(0o755)
    return path


def let_in(program: Path, token: str) -> int:
    done = subprocess.run(
        ["bash", str(program)], input=token, text=True, env={"SOUNDSTAGE_ROOT": str(program.parent), "PATH": f"{program.parent}:/usr/bin:/bin"},
        capture_output=True, check=False, timeout=30,
    )  # fmt: skip
    return done.returncode


def test_a_token_lets_in_until_there_is_another(program: Path) -> None:
    table = program.parent / "run" / "soundstage-display" / "tokens.json"
    for token in TOKENS:
        assert let_in(program, f"{token}\n") == 0
        assert json.loads(table.read_text()) == {token: {"role": "controller"}}
        assert stat.S_IMODE(table.stat().st_mode) == 0o640, "Selkies refuses a table that others may write to"


def test_a_token_was_told_before_the_display_knew_it(program: Path) -> None:
    """Selkies 2.1.0 looks at its table every two seconds: the browser that opened at once was turned away."""
    assert let_in(program, TOKENS[0]) == 0
    assert float((program.parent / "slept").read_text()) > 2.0


def test_what_takes_a_token_back_is_there_before_the_token(program: Path) -> None:
    assert let_in(program, TOKENS[0]) == 0
    assert (program.parent / "started").read_text().split()[-1] == "/usr/local/sbin/soundstage-display-over"
    assert (program.parent / "before").read_text() == "{}"
    (program.parent / "systemd-run").write_text("#!/bin/sh\nexit 1\n")
    assert let_in(program, TOKENS[1]) != 0
    assert TOKENS[1] not in (program.parent / "run" / "soundstage-display" / "tokens.json").read_text()


@pytest.mark.parametrize(
    ("seen", "looks"), [([], 6), ([3], 63), ([3, 40], 100)], ids=["nobody came", "came and left", "came back"]
)
def test_a_token_counted_until_somebody_else_connected(program: Path, seen: list[int], looks: int) -> None:
    """It is taken back a minute after it was given, or ten minutes after the last look that found somebody at the display."""
    assert let_in(program, TOKENS[0]) == 0
    place, slept = program.parent, program.parent / "slept"
    slept.unlink()
    there = "|".join(map(str, seen)) or "never"
    (place / "ss").write_text(f'#!/bin/sh\ncase $(wc -l <{slept}) in {there}) echo "ESTAB" ;; esac\n')
    (place / "ss").chmod(0o755)
    environment = {"SOUNDSTAGE_ROOT": str(place), "PATH": f"{place}:/usr/bin:/bin"}
    over = content_of("/usr/local/sbin/soundstage-display-over")
    subprocess.run(["bash", "-c", over], env=environment, check=True, timeout=60)
    table = place / "run" / "soundstage-display" / "tokens.json"
    assert json.loads(table.read_text()) == {}
    assert stat.S_IMODE(table.stat().st_mode) == 0o640
    assert slept.read_text().split() == ["10"] * looks


@pytest.mark.parametrize("token", ["", "short", 'quote"' + "a" * 40, "space " + "a" * 40])
def test_what_is_no_token_changes_nothing(program: Path, token: str) -> None:
    assert let_in(program, token) != 0
    assert (program.parent / "run" / "soundstage-display" / "tokens.json").read_text() == "{}"


def test_root_wrote_into_a_folder_of_the_persons_where_a_link_leads_to_any_file(tmp_path: Path) -> None:
    """Whoever has the desktop may do nothing as root: what starts the display keeps the folder root's, and lets the person read."""
    text = content_of("/usr/local/sbin/soundstage-display")
    for name in ("/run/soundstage-display", "/run/user", "/etc/soundstage"):
        text = text.replace(name, f"{tmp_path}{name}")
    assert f"{tmp_path}/run/soundstage-display" in text
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name in ("openssl", "chown", "chgrp", "setpriv", "getent", "id"):
        (stubs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/calls\n[ {name} != id ] || echo 1000\n')
        (stubs / name).chmod(0o755)
    for name, content in {"person": "ana", "display.pem": "certificate", "display.key": "key"}.items():
        (tmp_path / "etc" / "soundstage").mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / "soundstage" / name).write_text(content)
    (tmp_path / "run" / "user" / "1000" / "gdm").mkdir(parents=True)
    (tmp_path / "run" / "user" / "1000" / "gdm" / "Xauthority").touch()
    path = f"{stubs}:/usr/bin:/bin"
    subprocess.run(["bash", "-c", text], check=True, timeout=30, env={"PATH": path}, stdin=subprocess.DEVNULL)
    folder = tmp_path / "run" / "soundstage-display"
    called = (tmp_path / "calls").read_text()
    assert f"chgrp -R 1000 {folder}\n" in called
    assert "chown" not in called
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    files = {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}
    assert files == dict.fromkeys(("display.key", "display.pem", "master", "tokens.json"), 0o640)


def test_selkies_and_all_that_it_needs_are_known_by_their_checksums() -> None:
    lines = content_of("/opt/soundstage/selkies/requirements.txt").splitlines()
    assert any(line.startswith("selkies==2.1.0 ") for line in lines)
    assert all("==" in line and len(line.partition("--hash=sha256:")[2]) == 64 for line in lines)
