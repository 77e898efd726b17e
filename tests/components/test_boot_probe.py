"""What the probe sees, with programs that stand in for a machine's own; whole machines are in tests/boot."""

import json
import re
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.boot import probe
from soundstage.components.boot.expected import IMAGE_PATHS, Expected, document
from soundstage.components.boot.report import CHECKS, Result, read
from soundstage.components.boot.sources import source
from soundstage.images.recipes import parts

BARE = Expected(machine="edit-1", project="teaser", clock_seconds=0)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing but what a test puts there is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(probe, "EXPECTED", tmp_path / "expected.json")
    monkeypatch.setattr(probe, "REPORT", tmp_path / "ready.json")
    monkeypatch.setattr(probe, "IMAGE", tmp_path / "image.json")
    monkeypatch.setattr(probe, "RUN", tmp_path / "run")
    monkeypatch.setattr(probe, "PATIENT_UNTIL", 0.0)
    (tmp_path / "run" / "steps").mkdir(parents=True)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def seen(name: str, expected: Expected, **promised: object) -> dict[str, str]:
    """A check's result. `promised` is what the image says."""
    return next(each for each in probe.look({**json.loads(document(expected)), **promised}) if each["name"] == name)


def test_the_checks_are_those_that_the_report_describes() -> None:
    assert [check.__name__ for check in probe.CHECKS] == list(CHECKS)


@pytest.mark.parametrize(
    ("answer", "branch", "result", "wrong"),
    [
        ("echo 'NVIDIA L4, 595.91.07'", "595", "ok", ""),
        ("echo 'NVIDIA L4, 595.91.07'", "", "ok", ""),
        ("echo 'NVIDIA L4, 580.10.1'", "595", "failed", "The driver is 580.10.1; the image promises branch 595."),
        ("echo 'No devices were found'", "", "failed", "The driver is installed and finds no GPU."),
        (
            "exit 9",
            "",
            "failed",
            "nvidia-smi --query-gpu=name,driver_version --format=csv,noheader failed with status 9.",
        ),
    ],
)
def test_a_driver(programs: Path, answer: str, branch: str, result: str, wrong: str) -> None:
    program(programs, "nvidia-smi", answer)
    told = seen("driver", replace(BARE, gpu=True), driver_branch=branch)
    assert (told["result"], told["wrong"]) == (result, wrong)


@pytest.mark.parametrize("said", ["NVIDIA-SMI has failed.", "NVIDIA-SMI has failed.\nIs it loaded?", "{secret}"])
def test_what_a_program_says_is_the_log_of_its_check_and_names_no_file(
    programs: Path, tmp_path: Path, said: str
) -> None:
    """A single line was taken for the path of a log: it was lost, or what lies there was sent instead."""
    secret = tmp_path / "secret"
    secret.write_text("a client's name")
    line = said.format(secret=secret)
    program(programs, "nvidia-smi", f"echo '{line}' >&2; exit 9")
    assert seen("driver", replace(BARE, gpu=True))["log"] == line


LICENSED = "echo '    vGPU Software Licensed Product'; echo '        License Status : Licensed (Expiry: N/A)'"


@pytest.mark.parametrize(
    ("licence", "answer", "result"),
    [
        (True, LICENSED, "ok"),
        (True, "echo '        License Status : Unlicensed'", "failed"),
        (True, "echo nothing of the kind", "failed"),
        (False, "exit 9", "not-applicable"),
        (None, "exit 9", "not-applicable"),
    ],
)
def test_an_image_with_the_workstation_driver_needs_its_licence(
    programs: Path, licence: bool | None, answer: str, result: str
) -> None:
    program(programs, "nvidia-smi", answer)
    promised = {} if licence is None else {"licence": licence}
    assert seen("licence", replace(BARE, gpu=True), **promised)["result"] == result
    assert seen("licence", BARE, **promised)["result"] == "not-applicable"


def test_the_branch_that_an_image_promised_was_never_compared(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody told the probe which one it is."""
    (tmp_path / "expected.json").write_text(document(replace(BARE, gpu=True)))
    (tmp_path / "image.json").write_text('{"driver_branch": "595", "licence": true}')
    program(programs, "nvidia-smi", "echo 'NVIDIA L4, 580.10.1'")
    monkeypatch.setattr(sys, "argv", ["soundstage-probe", "boot"])
    assert probe.main() == 1
    failures = [failure.wrong for failure in read((tmp_path / "ready.json").read_text()).failures]
    assert failures[0] == "The driver is 580.10.1; the image promises branch 595."
    assert "The driver has no licence for virtual workstations." in failures


@pytest.mark.parametrize(("part", "path"), [("gpu-grid-linux", IMAGE_PATHS[0]), ("gpu-grid-windows", IMAGE_PATHS[1])])
def test_a_part_promises_the_branch_that_it_installs(part: str, path: str) -> None:
    found = parts()[part]
    (promise,) = [entry.file for entry in found.steps if entry.file and entry.file.path == path]
    version = found.downloads["grid"].version
    assert json.loads(promise.content) == {"driver_branch": version.partition(".")[0], "licence": True}
    assert (str(probe.IMAGE), re.findall(r"\$Image = '(.*)'", source("windows_probe.ps1"))[0]) == IMAGE_PATHS


def test_a_driver_that_is_not_installed(programs: Path) -> None:
    assert seen("driver", replace(BARE, gpu=True))["wrong"] == "nvidia-smi is not installed."


def test_a_desktop_that_the_processor_draws(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "of_screen", lambda: {"PATH": str(programs)})
    program(programs, "glxinfo", "echo 'OpenGL renderer string: llvmpipe (LLVM 17)'")
    told = seen("renderer", replace(BARE, gpu=True, display=True))
    assert (told["result"], told["seen"]) == ("failed", "llvmpipe (LLVM 17)")


def test_a_disk_that_is_not_mounted(programs: Path) -> None:
    program(programs, "findmnt", "echo / overlay overlay")
    told = seen("data", replace(BARE, data="/data"))
    assert (told["result"], told["wrong"]) == ("failed", "Nothing is mounted at /data.")


def test_a_disk_that_is_too_slow(programs: Path, tmp_path: Path) -> None:
    program(programs, "findmnt", f"echo {tmp_path} /dev/nvme1n1 ext4")
    told = seen("data", replace(BARE, data=str(tmp_path), data_floor=10_000_000))
    assert (told["result"], "at least 10000000 are expected" in told["wrong"]) == ("failed", True)
    assert not (tmp_path / ".soundstage-probe").exists()


def test_a_link_planted_where_the_speed_is_measured_is_not_followed(programs: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("rushes")
    (tmp_path / ".soundstage-probe").symlink_to(precious)
    program(programs, "findmnt", f"echo {tmp_path} /dev/nvme1n1 ext4")
    assert seen("data", replace(BARE, data=str(tmp_path), data_floor=1))["result"] == "ok"
    assert precious.read_text() == "rushes"


@pytest.fixture
def drive(programs: Path, tmp_path: Path) -> Path:
    """A folder that stands in for the media drive, with one large file."""
    for name in ("find", "dd"):
        (programs / name).symlink_to(str(shutil.which(name, path="/usr/bin:/bin")))
    folder = tmp_path / "media"
    (folder / "footage").mkdir(parents=True)
    with (folder / "footage" / "a day.mov").open("wb") as file:
        file.truncate(9 << 20)
    program(programs, "findmnt", f"echo {folder} mountpoint-s3 fuse")
    return folder


def test_a_drive_is_measured_with_a_large_file(drive: Path) -> None:
    told = seen("media", replace(BARE, media=str(drive), media_floor=1))
    assert (told["result"], "MB/s" in told["seen"]) == ("ok", True)
    told = seen("media", replace(BARE, media=str(drive), media_floor=10_000_000))
    assert (told["result"], "at least 10000000 are expected" in told["wrong"]) == ("failed", True)


def test_a_file_that_was_archived_makes_no_drive_wrong(drive: Path) -> None:
    """Mountpoint for Amazon S3 shows what Glacier holds without any permission, and cannot read it before it is restored."""
    (drive / "footage" / "a day.mov").chmod(0)
    told = seen("media", replace(BARE, media=str(drive), media_floor=10_000_000))
    assert (told["result"], told["wrong"]) == ("ok", "")
    assert "no file large enough to measure" in told["seen"]


def test_a_bucket_of_very_many_small_files_makes_no_drive_wrong(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*command: str, **options: Any) -> str:
        if "-size" in command:
            raise probe.Wrong("find did not answer within 30 seconds.")
        return real(*command, **options)

    real = probe.answer
    monkeypatch.setattr(probe, "answer", answer)
    assert seen("media", replace(BARE, media=str(drive)))["result"] == "ok"


def test_a_drive_that_cannot_be_listed_is_wrong(drive: Path, programs: Path) -> None:
    (programs / "find").unlink()
    program(programs, "find", "echo 'Input/output error' >&2; exit 1")
    told = seen("media", replace(BARE, media=str(drive)))
    assert (told["result"], told["seen"]) == ("failed", "Input/output error")


def test_a_check_that_breaks_hides_no_other(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> str:
        raise RuntimeError("surprise")

    broken.__name__ = "driver"
    monkeypatch.setattr(probe, "CHECKS", (broken, probe.space))
    first, second = probe.look(json.loads(document(BARE)))
    assert (first["result"], first["wrong"]) == ("failed", "The check itself failed: RuntimeError: surprise")
    assert second["name"] == "space"


def test_what_it_writes_is_a_report(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "expected.json").write_text(document(BARE))
    (tmp_path / "run" / "phases").write_text("tools begins 1.0\ntools 0 1.5\ndisplay begins 2.0\ndisplay 3 4.0\n")
    (tmp_path / "run" / "steps" / "display").write_text("no \x1b[31mlicence\n")
    monkeypatch.setattr("sys.argv", ["soundstage-probe", "boot"])
    assert probe.main() == 1
    report = read((tmp_path / "ready.json").read_text())
    assert read(capsys.readouterr().out) == report
    assert [(phase.name, phase.seconds, phase.result) for phase in report.phases[:2]] == [
        ("tools", 0.5, Result.OK),
        ("display", 2.0, Result.FAILED),
    ]
    assert report.phases[1].log == "no \x1b[31mlicence\n"
    assert not report.ready


def test_on_the_way_it_looks_at_nothing_and_says_what_is_being_done(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "expected.json").write_text(document(BARE))
    (tmp_path / "run" / "phases").write_text("tools begins 1.0\ntools 0 1.5\ninstall_display begins 2.0\n")
    monkeypatch.setattr("sys.argv", ["soundstage-probe", "progress"])
    assert probe.main() == 0
    report = read((tmp_path / "ready.json").read_text())
    assert (report.ended, report.doing, report.checks) == (None, "install_display", ())


def test_every_field_of_what_is_expected_is_told() -> None:
    assert set(asdict(Expected())) == set(json.loads(document(Expected())))
