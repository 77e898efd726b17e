"""Project files, state files and command lines of any kind, at the command's door: words and an exit code, nothing else.

What is tried is generated (hypothesis); 300 of each here, 10,000 in `make soak`. Attacks with a name have a row of their own.
"""

import contextlib
import io
import json
import os
import shutil
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundstage.cli.main import main
from soundstage.stacks.engines import checkpoint

MANY = 10_000 if os.environ.get("SOUNDSTAGE_SOAK") else 300
TRIED: dict[str, int] = {"project files": 0, "state files": 0, "command lines": 0}
_QUICK = settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck), database=None)
_CODES = {0, 1, 2, 3, 4, 5}
_LINES = 60
"""More than any refusal needs: one line per fault, of which a file of 200 characters cannot have many."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a project; everything else that appears in it was not asked for."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(folder / "home"))
        patch.setenv("NO_COLOR", "1")
        patch.chdir(folder)
        (folder / "teaser.yaml").write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
        yield folder


def typed(*arguments: str) -> tuple[int, str]:
    """Type a command line. Returns its exit code and everything that it printed."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue() + err.getvalue()


def assert_polite(code: int, printed: str) -> None:
    assert code in _CODES, printed
    assert "Traceback" not in printed
    assert "inside Soundstage" not in printed, printed
    raw = [sign for sign in printed if sign not in "\n\t" and (ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0)]
    assert raw == [], f"a terminal would obey {raw!r}"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


PIECES = (
    *(
        "project",
        "teaser",
        "workstations",
        "edit-1",
        "for",
        "editing",
        "owner",
        "budget",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "-",
    ),
    *("\n  ", "!!python/object/apply:os.system", "&a", "*a", "<<", "\x1b[31m", "../../etc", "$(id)", "`id`", "\u202e"),
    "\u0456a",
)
words = st.sampled_from(PIECES)
project_files = st.one_of(
    st.binary(max_size=200), st.lists(words, max_size=30).map(lambda parts: "".join(parts).encode())
)


@given(content=project_files)
@_QUICK
def test_any_project_file(folder: Path, content: bytes) -> None:
    TRIED["project files"] += 1
    file = folder / "any.yaml"
    file.write_bytes(content)
    before = files(folder)
    for command in ("validate", "status"):
        assert_polite(*typed(command, "any.yaml"))
    assert files(folder) == before


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
resources = st.fixed_dictionaries(
    {},
    optional={
        "urn": st.sampled_from(["urn:pulumi:teaser::soundstage::aws:ec2/vpc:Vpc::a", "", "../x", "urn:"]) | json_values,
        "type": st.sampled_from(["aws:ec2/vpc:Vpc", "pulumi:pulumi:Stack", "x"]) | json_values,
        "custom": json_values,
        "id": json_values,
        "inputs": json_values,
        "outputs": json_values,
        "parent": json_values,
        "dependencies": json_values,
        "propertyDependencies": json_values,
    },
)
states = st.one_of(
    st.binary(max_size=200),
    json_values.map(as_json),
    st.lists(resources, max_size=4).map(
        lambda found: as_json({"version": 3, "deployment": {"manifest": {}, "resources": found}})
    ),
    st.lists(json_values, max_size=3).map(
        lambda found: as_json(
            {"version": 3, "deployment": {"resources": []}, "soundstage": {"serial": 1, "pending": found}}
        )
    ),
)


@given(content=states)
@_QUICK
def test_any_state_file(folder: Path, content: bytes) -> None:
    TRIED["state files"] += 1
    state = folder / "home" / "studios" / "home" / "soundstage" / "teaser" / checkpoint.CHECKPOINT_FILE
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_bytes(content)
    before = files(folder)
    for command in (("state", "verify", "teaser.yaml"), ("down", "teaser.yaml"), ("outputs", "teaser.yaml")):
        assert_polite(*typed(*command))
    assert files(folder) == before
    assert state.read_bytes() == content


arguments = st.lists(
    st.sampled_from(
        ["up", "down", "status", "state", "verify", "check", "outputs", "--json", "--debug", "--only", "--"]
    )
    | st.sampled_from(
        ["../../etc/passwd", "/dev/null", "teaser.yaml", "-x", "--engine", "pulumi", "--parallel", "-1", "~"]
    )
    | st.text(alphabet=string.printable + "éі\u202e\x1b", max_size=12),
    max_size=6,
).filter(lambda words: not {"--yes", "-y"} & set(words) and "start" not in words)


@given(line=arguments)
@_QUICK
def test_any_command_line(folder: Path, line: list[str]) -> None:
    TRIED["command lines"] += 1
    state = folder / "home" / "studios"
    if state.exists():
        shutil.rmtree(state)
    harmless = [word for word in line if word not in ("up", "init", "install", "preview", "adopt")]
    before = files(folder)
    code, printed = typed(*harmless)
    assert code in _CODES
    assert "inside Soundstage" not in printed, printed
    if "--debug" not in harmless:
        assert "Traceback" not in printed
    assert files(folder) == before


ATTACKS = {
    "path traversal in the name": "project: ../../../tmp/evil\n",
    "absolute path in the name": "project: /etc/cron.d/evil\n",
    "shell in the name": "project: '$(touch pwned)'\n",
    "shell in the user": "project: a\nworkstations:\n  edit-1: {for: editing, user: 'ana; touch pwned'}\n",
    "newline in the user": 'project: a\nworkstations:\n  edit-1: {for: editing, user: "ana\\nroot"}\n',
    "terminal escape in the client": 'project: a\nclient: "\\e]0;pwned\\a\\e[2J"\n',
    "right-to-left override in the owner": 'project: a\nowner: "\\u202Emoc.elpmaxe@ana"\n',
    "python tag": "project: !!python/object/apply:os.system ['touch pwned']\n",
    "homoglyph of another project": "project: te\u0430ser\n",
    "billion laughs": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nproject: *c\n",
    "deep nesting": "project: " + "[" * 5000 + "\n",
    "the whole internet": "project: a\naccess: {via: allowlist, from: [0.0.0.0/0]}\n",
    "key twice": "project: a\nproject: b\n",
    "null byte": "project: a\0b\n",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_by_project_file_is_refused_and_does_nothing(attack: str, folder: Path) -> None:
    (folder / "attack.yaml").write_text(ATTACKS[attack])
    before = files(folder)
    code, printed = typed("up", "attack.yaml", "--yes")
    assert_polite(code, printed)
    assert code == 2, printed
    assert len(printed.splitlines()) < _LINES
    assert files(folder) == before


def test_what_was_tried_is_counted(record_property: Callable[[str, object], None]) -> None:
    for kind, number in TRIED.items():
        record_property("count", (f"{kind} tried", number))
