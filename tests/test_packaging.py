"""What is installed is what is in the folders: nothing left behind, nothing else on top."""

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "cli",
    "components",
    "core",
    "engines",
    "images",
    "plan",
    "policies",
    "pricing",
    "projectfile",
    "providers",
    "sessions",
    "simulator",
    "stacks",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from the files that git knows, in a clean copy."""
    root = Path(__file__).resolve().parent.parent
    copy = tmp_path_factory.mktemp("source")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
    archive = subprocess.run(
        ["tar", "--null", "-T", "-", "-cf", "-"], cwd=root, input=listed, check=True, capture_output=True
    )
    subprocess.run(["tar", "-xf", "-"], cwd=copy, input=archive.stdout, check=True)
    out = tmp_path_factory.mktemp("wheel")
    program = f"import setuptools.build_meta as backend; backend.build_wheel({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


@pytest.mark.slow
def test_the_wheel_holds_exactly_the_folders_files(wheel: zipfile.ZipFile, repository: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.split()
    expected = {f"soundstage/{name}" for name in listed} | {"soundstage/__init__.py", "soundstage/py.typed"}
    held = {name for name in wheel.namelist() if not re.match(r"soundstage-[^/]+\.dist-info/", name)}
    assert held == expected


@pytest.mark.slow
def test_the_wheel_has_one_top_level_name_and_one_command(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"soundstage"}
    entry_points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(entry_points).decode().split() == [
        "[console_scripts]", "workstation", "=", "soundstage.cli.main:main",
    ]  # fmt: skip


def test_every_room_is_linked_for_type_checkers(repository: Path) -> None:
    for room in ROOMS:
        link = repository / ".namespace" / "soundstage" / room
        assert link.is_symlink(), f"{room} has no link under .namespace"
        assert link.resolve() == repository / room
        assert (repository / room / "py.typed").exists(), f"{room}/py.typed is missing"


def test_an_installed_command_pointed_to_pages_that_no_wheel_holds() -> None:
    """Whatever a person reads of the installed package names no page of the repository."""
    rooms = [ROOT / room for room in ROOMS]
    texts = [file for room in rooms for file in room.rglob("*") if file.suffix in (".yaml", ".md", ".txt")]
    assert [str(file) for file in texts if "docs/" in file.read_text("utf-8") and file.name != "frameworks.yaml"] == []
    said = [
        f"{file}: {node.value[:60]!r}"
        for room in rooms
        for file in room.rglob("*.py")
        for node in _strings(ast.parse(file.read_text("utf-8")))
        if re.search(r"\bdocs/[\w/-]+\.md", node.value)
    ]
    assert said == []


def _strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every string of a module that is not a docstring."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


def test_an_older_pip_installs_what_the_lock_file_names(repository: Path) -> None:
    """Before 23.3 pip takes `google-api-core[grpc]` for a package without a version where the lock names none but the bare one."""
    lock = (repository / "requirements.lock").read_text("utf-8")
    locked = [Requirement(found) for found in re.findall(r"^(\S+(?: \S+)*?==[^\s;]+)", lock, re.MULTILINE)]
    held = {(canonicalize_name(each.name), extra) for each in locked for extra in each.extras}
    missing = set()
    for each in locked:
        try:
            wanted = [Requirement(line) for line in requires(each.name) or ()]
        except PackageNotFoundError:  # for another platform
            continue
        for requirement in wanted:
            chosen = any(
                requirement.marker is None or requirement.marker.evaluate({"extra": extra})
                for extra in ("", *each.extras)
            )
            if chosen:
                missing |= {(canonicalize_name(requirement.name), extra) for extra in requirement.extras} - held
    assert not missing
