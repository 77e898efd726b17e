"""What recipes have a machine execute: valid to a genuine bash, and the sealing as a snapshot, so that a diff shows it."""

import os
import subprocess
from pathlib import Path

import pytest

from soundstage.images.apply import steps_of
from soundstage.images.bill import inventory
from soundstage.images.recipes import shipped
from soundstage.images.seal import SEALED, seal

LINUX = sorted(name for name, one in shipped().by_name.items() if one.os == "linux")
SNAPSHOTS = Path(__file__).with_name("snapshots")


class _Nothing(dict[str, str]):
    """Answers nothing to every question, so that every step has something to do."""

    def __missing__(self, _key: str) -> str:
        return ""


@pytest.mark.parametrize("name", LINUX)
def test_every_question_and_command_of_a_recipe_is_valid_bash(name: str) -> None:
    recipe = shipped().named(name)
    texts = [check.run for check in recipe.checks]
    for titled in steps_of(recipe, lambda source: source.url or "", {}):
        texts += titled.step.questions(recipe.system).values()
        commands = titled.step.commands(_Nothing(), recipe.system)
        assert commands, titled.title
        texts += [command.text for command in commands]
    texts += [inventory("debian"), inventory("redhat"), SEALED, seal("debian").text]
    for text in texts:
        done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{text}"


@pytest.mark.parametrize(("system", "file"), [("debian", "seal-linux.sh"), ("windows", "seal-windows.ps1")])
def test_what_is_taken_out_of_a_machine_before_its_image_is_made(system: str, file: str) -> None:
    """`UPDATE_SNAPSHOTS=1 pytest tests/images/test_scripts.py` writes them anew."""
    text = seal(system).text + "\n"  # type: ignore[arg-type]
    path = SNAPSHOTS / file
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text
