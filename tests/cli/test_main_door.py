"""The one door: whatever happens inside, a person gets words, a script gets one document and a code."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import soundstage.cli.commands.version as version_command
from soundstage.cli.folder import FolderGroup
from soundstage.cli.main import main
from soundstage.core import errors
from soundstage.core.asked import COMMAND
from soundstage.core.errors import (
    CloudError,
    Drifted,
    EngineError,
    Fault,
    Interrupted,
    OperationError,
    PolicyRefused,
    PreflightRefused,
    SoundstageError,
    SpecError,
    StateLocked,
    UsageError,
)

Workstation = Callable[..., Any]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `workstation version` fail with an error."""

    def fail_with(error: BaseException) -> None:
        def command() -> None:
            raise error

        monkeypatch.setattr(version_command, "command", command)

    return fail_with


ERRORS = [
    (OperationError("The disk is full.", "Make room."), 1, "error: The disk is full.\nMake room.\n"),
    (CloudError("No capacity.", action="ec2:RunInstances", code="Full"), 1, "error: No capacity.\n"),
    (StateLocked("ana holds it."), 1, "error: ana holds it.\n"),
    (EngineError("Too old."), 1, "error: Too old.\n"),
    (UsageError("No such project.", "Make one."), 2, "error: No such project.\nMake one.\n"),
    (SpecError([Fault("a.yaml", 3, "size", "is unknown")]), 2, "error: a.yaml:3: size: is unknown\n"),
    (
        SpecError([Fault("a.yaml", 3, "size", "is unknown"), Fault("a.yaml", 4, "os", "is unknown")]),
        2,
        "error: 2 faults. Nothing was changed.\na.yaml:3: size: is unknown\na.yaml:4: os: is unknown\n",
    ),
    (PolicyRefused("Open to the world."), 3, "refused: Open to the world.\n"),
    (PreflightRefused("No credentials."), 4, "refused: No credentials.\n"),
    (Drifted("One resource differs."), 5, "drift: One resource differs.\n"),
    (Interrupted("Nothing was changed."), 130, "Nothing was changed.\n"),
    (PermissionError(errno.EACCES, "Permission denied", "/a/file"), 1, "error: /a/file: Permission denied.\n"),
]


@pytest.mark.parametrize(("error", "code", "words"), ERRORS, ids=lambda value: type(value).__name__)
def test_each_error_has_its_words_and_its_code(
    error: BaseException, code: int, words: str, failing: Callable[[BaseException], None], workstation: Workstation
) -> None:
    failing(error)
    assert (workstation("version").code, workstation("version").err, workstation("version").out) == (code, words, "")


def test_every_error_class_has_a_label_test() -> None:
    """A new exit code needs a row above."""
    codes = {
        one.exit_code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, SoundstageError)
    }
    assert codes == {code for _, code, _ in ERRORS}


def test_with_json_a_failure_is_one_document_too(
    failing: Callable[[BaseException], None], workstation: Workstation
) -> None:
    failing(CloudError("No capacity.", "Wait.", action="ec2:RunInstances", code="InsufficientInstanceCapacity"))
    ran = workstation("version", "--json")
    assert ran.code == 1
    assert ran.document == {
        "error": {
            "kind": "CloudError", "message": "No capacity.", "hint": "Wait.", "exit_code": 1,
            "action": "ec2:RunInstances", "code": "InsufficientInstanceCapacity",
        }
    }  # fmt: skip


def test_with_json_every_fault_of_a_file_is_told(
    failing: Callable[[BaseException], None], workstation: Workstation
) -> None:
    failing(
        SpecError(
            [
                Fault("a.yaml", 3, "size", "is unknown", value=["big"], nearest="medium"),
                Fault("a.yaml", 0, "", "is empty"),
            ]
        )
    )
    faults = workstation("version", "--json").document["error"]["faults"]
    assert [(fault["line"], fault["key"], fault["value"], fault["nearest"]) for fault in faults] == [
        (3, "size", "['big']", "medium"),
        (0, "", None, ""),
    ]


def test_with_json_a_secret_stood_in_the_value_of_a_fault(
    failing: Callable[[BaseException], None], workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse")
    failing(SpecError([Fault("a.yaml", 3, "backend", "is unknown", value="s3://correct horse")]))
    assert "horse" not in workstation("version", "--json").out


def test_the_name_of_a_command_was_kept_for_whoever_used_the_library_afterwards(workstation: Workstation) -> None:
    COMMAND.set("")
    assert workstation("version").code == 0
    assert COMMAND.get() == ""


def test_an_unforeseen_error_is_owned_up_to_without_a_traceback(
    failing: Callable[[BaseException], None], workstation: Workstation
) -> None:
    failing(KeyError("surprise"))
    ran = workstation("version")
    assert ran.code == 1
    assert "Something went wrong inside Soundstage: KeyError: 'surprise'" in ran.err
    assert "Traceback" not in ran.err
    assert "--debug" in ran.err


def test_debug_shows_the_traceback_with_secrets_masked(
    failing: Callable[[BaseException], None], workstation: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse battery")
    failing(ValueError("cannot decrypt with 'correct horse battery'"))
    ran = workstation("--debug", "version")
    assert "Traceback" in ran.err
    assert "correct horse" not in ran.err
    assert "[secret]" in ran.err


def test_ctrl_c_is_130_and_says_how_to_go_on(
    failing: Callable[[BaseException], None], workstation: Workstation
) -> None:
    failing(KeyboardInterrupt())
    ran = workstation("version")
    assert ran.code == 130
    assert ran.err == "Stopped. What is finished is saved. The same command continues.\n"
    assert "Traceback" not in ran.err


def test_an_error_cannot_command_the_terminal(
    failing: Callable[[BaseException], None], workstation: Workstation
) -> None:
    failing(UsageError("No project \x1b]0;owned\x07.", "\x9b31m"))
    assert workstation("version").err == "error: No project \\x1b]0;owned\\x07.\n\\x9b31m\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["verson"], "Did you mean 'version'?"),
        (["version", "--x"], "No such option: --x"),
        (["simulator", "strat"], "Did you mean 'start'"),
        (["simulator", "faults", "add"], "OPERATION"),
        (["up", "--parallel", "many"], "--parallel"),
        (["up", "--parallel", "0"], "--parallel"),
        (["version", "extra"], "extra"),
    ],
)
def test_a_wrong_command_line_is_2_and_names_what_is_wrong(
    line: list[str], words: str, workstation: Workstation
) -> None:
    ran = workstation(*line)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "--help`." in ran.err
    assert len(ran.err.splitlines()) <= 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            ["keep-awake", "teaser", "edit-1", "2h"],
            "in this order: `workstation keep-awake TIME MACHINE --project PROJECT`",
        ),
        (["rename", "teaser", "trailer", "2"], "in this order: `workstation rename PROJECT NEW`"),
        (["list", "teaser"], "`workstation list` takes options alone"),
    ],
)
def test_a_word_too_many_was_told_without_the_order_of_the_others(
    line: list[str], said: str, workstation: Workstation
) -> None:
    done = workstation(*line)
    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_json_counts_wherever_it_stands(workstation: Workstation) -> None:
    assert workstation("--json", "version").document == workstation("version", "--json").document


def test_json_counts_when_the_line_cannot_be_parsed(workstation: Workstation) -> None:
    assert workstation("verson", "--json").document["error"]["exit_code"] == 2


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["--help"],
        ["-h"],
        ["simulator"],
        ["simulator", "faults", "-h"],
        ["up", "-h"],
        ["help"],
        ["help", "studio", "up"],
    ],
)
def test_help_goes_to_stdout(line: list[str], workstation: Workstation) -> None:
    ran = workstation(*line)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: workstation")


def test_the_version_is_also_given_to_whoever_asks_as_of_other_tools(workstation: Workstation) -> None:
    assert workstation("--version").out == workstation("version").out


def _shell(line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = f"{sys.executable} -m soundstage.cli.main"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace("workstation", command)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_closed_pipe_is_silent() -> None:
    done = _shell("workstation version | true; echo ${PIPESTATUS[0]}")
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_full_disk_under_stdout_is_an_error() -> None:
    done = _shell("workstation version > /dev/full")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_streams_are_survived() -> None:
    assert _shell("workstation version >&-").returncode == 0
    assert _shell("workstation verson 2>&-").returncode == 2


def test_an_encoding_that_cannot_hold_a_name_is_survived() -> None:
    done = _shell("workstation 'proj\u00e9t'", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 2
    assert "proj\\xe9t" in done.stderr


def test_what_a_pipe_gets_is_never_coloured() -> None:
    environment = {"NO_COLOR": "", "TERM": "xterm-256color", "FORCE_COLOR": "1"}
    done = _shell("workstation version; workstation verson", **environment)
    assert "\x1b" not in done.stdout + done.stderr


words = st.sampled_from(
    ["--json", "--debug", "--help", "--yes", "--", "-", "-y", "--only", "--cloud", "--engine=x", "--parallel", "--shell", "fish",
     "validate", "preview", "status", "outputs", "version", "simulator", "studio", "state", "faults", "list", "-h", "\x00", "\x1b[2J"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.lists(words | st.text(max_size=12), max_size=6))
def test_no_command_line_gives_a_traceback(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # Standing in for the real things, so that a random line starts no server and writes no file.
    monkeypatch.setattr("soundstage.simulator.process.ensure", _refuse)
    code = main(line)
    captured = capsys.readouterr()
    assert code in (0, 1, 2, 4, 130)
    assert "Traceback" not in captured.err or "--debug" in line
    assert "Something went wrong inside" not in captured.err
    assert "\x1b" not in captured.out + captured.err
    assert list(tmp_path.iterdir()) == []
    if "--json" in line and "--" not in line and not captured.out.startswith("Usage:"):
        json.loads(captured.out)


def _refuse(_home: Path) -> None:
    raise UsageError("not in this test")


def test_every_command_answers_help(workstation: Workstation) -> None:
    for name in FolderGroup().commands:
        assert workstation(name, "--help").code == 0


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (["down", "", "--yes", "--delete-media"], "What comes after `down` is empty"),
        (["connect", "edit-1", "--project", ""], "What comes after `--project` is empty"),
        (["check", "--plan="], "What `--plan` is to be is empty"),
        ([""], "The first argument is empty"),
    ],
)
def test_a_variable_without_a_value_was_taken_for_a_project(
    line: list[str], what: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects/film.yaml").write_text("project: film\nworkstations:\n  edit-1: {for: editing}\n")
    assert main(line) == UsageError.exit_code
    assert what in capsys.readouterr().err


def test_a_command_for_a_machine_may_have_an_empty_argument(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["ssh", "edit-1", "--", "grep", "", "notes"]) == UsageError.exit_code
    assert "empty" not in capsys.readouterr().err
