"""`workstation diagram`, as typed."""

import json
from pathlib import Path

import pytest

from soundstage.cli.display.screen import Screen
from soundstage.cli.drawings import drawn, format_of
from soundstage.cli.main import main
from soundstage.core.errors import UsageError
from soundstage.plan.diagram import Format
from soundstage.plan.plan import Plan

PROJECT = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved preview, of nothing."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(Plan("soundstage", "teaser", ()).to_json()))
    return file


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("name", "begins"), [("it.svg", "<?xml"), ("it.html", "<!doctype html>"), ("it.mmd", "flowchart")]
)
def test_the_ending_of_the_file_says_what_is_written(
    name: str, begins: str, capsys: pytest.CaptureFixture[str], saved: Path, tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "diagram", "--plan", str(saved), "-o", str(tmp_path / name))
    assert code == 0
    assert out == f"{tmp_path / name}: written.\n"
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_pipe_gets_svg_and_a_terminal_gets_words(capsys: pytest.CaptureFixture[str], saved: Path) -> None:
    assert run(capsys, "diagram", "--plan", str(saved))[1].startswith("<?xml")
    assert run(capsys, "diagram", "--plan", str(saved), "--format", "mermaid")[1].startswith("flowchart")
    answer = drawn(Plan("soundstage", "teaser", ()), {}, None, None)
    assert answer.text(Screen(live=True)).startswith("Project teaser\n")
    asked = drawn(Plan("soundstage", "teaser", ()), {}, format_of(None, Format.SVG), None)
    assert asked.text(Screen(live=True)).startswith("<?xml")


def test_a_project_is_drawn_without_an_account(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = tmp_path / "teaser.yaml"
    project.write_text(PROJECT)
    code, out, _ = run(capsys, "diagram", str(project), "--json")
    document = json.loads(out)
    assert (code, document["project"], document["format"]) == (0, "teaser", "svg")
    assert "Private network" in document["diagram"]
    code, out, _ = run(capsys, "diagram", str(project), "--state", "--format", "mermaid")
    assert code == 0
    assert "There is nothing in it." in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "it.png"], "known endings: .svg"),
        (["-o", "it"], "known endings: .svg"),
        (["--format", "pdf"], "'svg', 'mermaid', 'html'"),
        (["teaser"], "--plan is given together with a project"),
        (["--state"], "--plan is given together with a project"),
    ],
)
def test_what_cannot_be_drawn_exits_2_and_says_why(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str], saved: Path
) -> None:
    code, out, err = run(capsys, "diagram", "--plan", str(saved), *words)
    assert (code, out) == (2, "")
    assert told in err


def test_a_file_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str], saved: Path, tmp_path: Path) -> None:
    (tmp_path / "it.svg").mkdir()
    code, _, err = run(capsys, "diagram", "--plan", str(saved), "-o", str(tmp_path / "it.svg"))
    assert code == 2
    assert "cannot be written" in err


def test_a_format_that_is_named_wins_over_the_ending() -> None:
    assert format_of(Path("it.txt"), Format.MERMAID) == "mermaid"
    with pytest.raises(UsageError):
        format_of(Path("it.txt"), None)
