"""A control character is refused wherever it stands, with its line and key, also where an escape wrote it."""

from pathlib import Path

import pytest

from soundstage.cli.main import main
from soundstage.core.errors import SpecError
from soundstage.projectfile.spec import load_project, load_studio


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('project: a\nclient: "north\\x07light"\n', "client"),
        ('project: a\nbudget: {emails: ["ana\\u202e@x.example"]}\n', "budget.emails[0]"),
        ('project: a\nworkstations:\n  "edit\\x1b": {for: vfx}\n', "workstations.edit\\x1b"),
    ],
)
def test_an_escaped_control_character_in_a_project_file(text: str, key: str, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as refused:
        load_project(file)
    fault = refused.value.faults[0]
    assert (fault.key, fault.line) == (key, text.rstrip().count("\n") + 1)
    assert "holds the invisible character U+" in fault.problem


def test_a_backend_with_a_control_character_passed(tmp_path: Path) -> None:
    file = tmp_path / "studio.yaml"
    file.write_text('studio: home\nstate:\n  backend: "file:///tmp/a\\x01b"\n')
    with pytest.raises(SpecError) as refused:
        load_studio(file)
    assert [(fault.key, fault.line) for fault in refused.value.faults] == [("state.backend", 3)]


def test_a_control_character_in_an_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "tea\x1bser"]) == 2
    said = capsys.readouterr().err
    assert "U+001B" in said
    assert "\x1b" not in said
