"""The words of `components.choices` are those that the arguments take, and a type checker sees them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from soundstage.components import aws, choices
from soundstage.components.package.schema import words

MISSPELT = """
from soundstage.components.aws import StudioNetworkArgs

wrong: StudioNetworkArgs = {"project": "teaser", "zone": "contnet"}
right: StudioNetworkArgs = {"project": "teaser", "zone": "content"}
"""


def literals() -> dict[str, list[str]]:
    """What a type checker reads: each alias and its words."""
    tree = ast.parse(Path(choices.__file__).read_text())
    return {
        node.target.id: [item.value for item in ast.walk(node.value) if isinstance(item, ast.Constant)]
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }


def test_a_type_checker_sees_the_words_that_the_tables_hold() -> None:
    assert {name: set(found) for name, found in literals().items()} == {
        each.name: set(each.words) for each in (*words(), *words("gcp"))
    }


def test_every_word_is_a_string_at_run_time() -> None:
    """Pulumi's analyser reads the annotations there, and knows no `Literal`."""
    assert {getattr(choices, name) for name in literals()} == {str}


def test_what_a_table_decides_is_annotated_with_its_words() -> None:
    """An argument that takes words and is a bare `str` lets an editor pass what `up` refuses."""
    sources = "\n".join(path.read_text() for path in Path(aws.__file__).parent.parent.rglob("*.py"))
    for each in words():
        assert re.search(rf"\bchoices\.{each.name}\b", sources), each.name


@pytest.mark.slow
def test_a_misspelt_choice_passed_the_type_checker(tmp_path: Path, repository: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(MISSPELT)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(repository / "pyproject.toml"), str(program)],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 'TypedDict item "zone" has type "Literal' in done.stdout
    assert "Found 1 error" in done.stdout
