"""Every command's `--json` is one object of the shape that docs/json.md tells."""

import contextlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from soundstage.cli.folder import FolderGroup
from soundstage.cli.main import main
from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

PAGE: Final = Path(__file__).parents[2] / "docs" / "json.md"
PROJECT: Final = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"
STEPS: Final = (
    "init trailer", "studio init northlight", "validate teaser", "studio up --yes", "doctor teaser", "preview teaser", "check teaser",
    "export teaser", "diagram teaser", "up teaser --yes", "prices --gpu L4", "cost teaser", "list", "status teaser", "keep-awake 2h edit-1 --project teaser", "status teaser --why", "keep-awake --off edit-1 --project teaser", "outputs teaser", "orphans", "expire --dry-run", "history teaser --since 7d", "logs --project teaser", "simulator starts teaser edit-1", "simulator interrupt teaser edit-1",
    "connect edit-1 --no-open --project teaser", "ssh edit-1 true --project teaser", "ssh-config teaser",
    "cp projects/teaser.yaml edit-1:copy.yaml --project teaser", "stop teaser", "start teaser", "drift teaser",
    "snapshots teaser", "restore teaser edit-1 --yes",
    "move teaser edit-1 --zone eu-west-1b --yes", "rename teaser teaser", "resize teaser edit-1 large --yes", "park teaser --yes", "start teaser --yes",
    "image list", "image show edit-linux", "image plan edit-linux", "image bake edit-linux --yes", "image verify edit-linux",
    "image promote edit-linux", "image prune edit-linux --yes", "image share edit-linux 123456789012",
    "permissions teaser", "recover teaser", "unlock teaser", "move-state teaser --engine embedded", "adopt teaser --yes",
    "state verify teaser", "state repair teaser", "state export teaser", "state restore teaser --yes",
    "state rotate-secrets teaser --yes", "studio preview", "studio check", "studio status", "studio history", "studio drift", "studio recover", "studio unlock",
    "studio move-state --engine embedded", "studio rotate-secrets --yes", "notices set-webhook --remove", "notices test", "notices send", "down teaser --yes", "studio down --yes",
    "engine status", "engine install", "engine env", "simulator start", "simulator env", "simulator status", "simulator quotas", "simulator clock --forward 8h", "simulator mail",
    "simulator faults add ec2:RunInstances --kind throttle", "simulator faults list", "simulator faults clear",
    "simulator reset --yes", "simulator stop", "version",
)  # fmt: skip
REFUSED: Final[dict[str, int]] = {
    "image verify": 2, "move-state": 2, "studio move-state": 2, "engine install": 1, "engine status": 1, "simulator interrupt": 2,
}  # fmt: skip
"""What is refused here, or finds something missing: nothing to move to, no engine, no network, no spot machine."""
if not (shutil.which("ssh") and shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")):
    REFUSED |= {"ssh": 1, "cp": 1}


def _commands(group: FolderGroup, words: str = "") -> Iterator[str]:
    for name in group.commands:
        command = group.load(name)
        if isinstance(command, FolderGroup):
            yield from _commands(command, f"{words}{name} ")
        else:
            yield f"{words}{name}"


COMMANDS: Final = sorted(_commands(FolderGroup()))
BY_COMMAND: Final = {
    max((name for name in COMMANDS if step == name or step.startswith(f"{name} ")), key=len): step for step in STEPS
}


def _rows() -> dict[str, list[str]]:
    """The keys of each command, as the page has them."""
    rows = re.findall(r"^\| `([a-z -]+)` \| (`.*`) \|$", PAGE.read_text(), re.MULTILINE)
    return {name: re.findall(r"`([^`]+)`", keys) for name, keys in rows}


def _forms() -> set[str]:
    """The commands that print a form of their own."""
    table = PAGE.read_text().partition("| Command | Form |")[2]
    return {
        name for cell in re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE) for name in re.findall(r"`([^`]+)`", cell)
    }


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, str]]]:
    """The exit code and stdout of each step, in one life of a project."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "projects").mkdir()
    (folder / "projects" / "teaser.yaml").write_text(PROJECT)
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(("AWS_", "PULUMI_", "XDG_")):
                patch.delenv(name)
        patch.setenv("SOUNDSTAGE_HOME", str(folder / "home"))
        patch.setenv("PATH", "/usr/bin:/bin")
        patch.setattr("soundstage.engines.pulumi.install.install", _no_network)
        patch.setattr("soundstage.stacks.entry.background.Running.wait", _ctrl_c)
        patch.chdir(folder)
        try:
            yield {name: _changed_before(name, folder) or _run(step) for name, step in BY_COMMAND.items()}
        finally:
            process.stop(folder / "home", save=False)


def _changed_before(name: str, folder: Path) -> None:
    """A state is kept as it was when a command changes it: without a second one there is none to restore. Nor is there a snapshot of a
    disk that never went."""
    if name == "restore":
        assert _run("down teaser --yes")[0] == 0
        assert _run("up teaser --yes")[0] == 0
    if name == "state restore":
        (folder / "projects" / "teaser.yaml").write_text(f"{PROJECT}client: northern-films\n")
        assert _run("up teaser --yes")[0] == 0


def _ctrl_c(*_: object) -> None:
    raise KeyboardInterrupt


def _no_network(*_: object) -> None:
    raise OSError(101, "Network is unreachable")


def _run(step: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = main([*step.split(), "--json"])
    return code, out.getvalue()


def test_every_command_is_run_and_is_on_the_page() -> None:
    assert sorted(BY_COMMAND) == COMMANDS
    assert sorted(_rows().keys() | _forms()) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_json_was_a_bare_list_or_named_nothing(command: str, printed: dict[str, tuple[int, str]]) -> None:
    code, out = printed[command]
    document: dict[str, Any] = json.loads(out)
    assert isinstance(document, dict)
    assert code == REFUSED.get(command, 0), document
    if "error" in document:
        assert command in REFUSED
        assert document.keys() == {"error"}
        assert {"kind", "message", "hint", "exit_code"} <= document["error"].keys()
    elif command not in _forms():
        assert sorted(document) == sorted(_rows()[command])
        names = {"project": "trailer" if command == "init" else "teaser", "studio": "northlight"}
        about = [key for key in ("project", "studio") if key in document]
        assert [document[key] for key in about] == [names[key] for key in about]


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - _forms()))
def test_a_document_about_a_stack_begins_with_whom_it_is_about(command: str) -> None:
    if not command.startswith(("simulator", "engine", "version", "list", "prices", "expire")):
        assert _rows()[command][0] == (
            "studio" if command.startswith(("studio", "image", "notices", "orphans")) else "project"
        )
