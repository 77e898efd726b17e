"""The documentation cannot lag: generated pages are as the code would write them, and links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*.md"),
        *(ROOT / "examples").glob("*/*.md"),
    ]
)
SCRIPTS = sorted((ROOT / "docs").glob("generate_*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_pages_are_up_to_date(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_named_a_test_that_was_gone(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.(?:py|yaml))", page.read_text())
    assert [path for path in named if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_example_of_a_project_file_held_what_validate_refuses(page: Path, tmp_path: Path) -> None:
    from soundstage.projectfile.spec import load_project

    blocks = re.findall(r"^```yaml\n(project: .*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "example.yaml").write_text(block)
        load_project(folder / "example.yaml")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    from soundstage.cli.folder import FolderGroup

    text = page.read_text()
    blocks = "\n".join(re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace(
        "\\\n", " "
    )
    lines = [line.strip().removeprefix("$ ") for line in blocks.splitlines()] + re.findall(
        r"`(workstation [^`]+)`", text
    )
    unknown = []
    for line in (line for line in lines if line.startswith("workstation ")):
        command = FolderGroup()
        ours = line.split("#")[0].split(" -- ")[0]  # what comes after runs on a machine
        for word in ours.split()[1:]:
            if isinstance(command, FolderGroup) and re.fullmatch(r"[a-z-]+", word) and not word.startswith("-"):
                if word not in command.list_commands(None):  # type: ignore[arg-type]
                    unknown.append(line)
                    break
                command = command.load(word)  # type: ignore[assignment]
            elif word.startswith("--") and not isinstance(command, FolderGroup):
                known = {
                    option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
                }
                if word.partition("=")[0] not in known | {"--help", "--json", "--debug"}:
                    unknown.append(line)
    assert unknown == []
