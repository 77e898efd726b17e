"""Project files, state files and command lines of any kind, at the command's door: words and an exit code, nothing else.

What is tried is generated (hypothesis); 300 of each here, 10,000 in `make soak`. What has a name is in `test_named_attacks.py`.
"""

import contextlib
import copy
import json
import os
import shutil
import sqlite3
import string
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from door import MOST_LINES, assert_polite, files, typed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.exploring import MANY, SOAK

from soundstage.core.errors import StateError
from soundstage.engines.embedded import repair, store
from soundstage.engines.embedded.state import StackState
from soundstage.projectfile.spec import project_schema
from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

TRIED: Counter[str] = Counter()
_MANY = settings(max_examples=MANY if SOAK else 300, suppress_health_check=list(HealthCheck))
TEASER = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a project; everything else that appears in it was not asked for."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(folder / "home"))
        patch.setenv("HOME", str(folder))
        patch.setenv("NO_COLOR", "1")
        patch.chdir(folder)
        (folder / "teaser.yaml").write_text(TEASER)
        (folder / "home").mkdir(mode=0o700)
        yield folder
        process.stop(folder / "home")  # where a `down` asked it


@pytest.fixture(autouse=True)
def at_home(folder: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test gets a state folder of its own; these share the one that they watch."""
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(folder / "home"))


# Project files

SCHEMA = project_schema()
KEYS = sorted({*SCHEMA["properties"], *(key for part in SCHEMA["$defs"].values() for key in part["properties"])})
NASTY = (
    *("../../etc/cron.d/x", "/etc/passwd", "~root", "C:\\x", "CON", ".", "..", "a/b", "-rf", "--yes"),
    *(
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "a\nb",
        "a\rb",
        "a' || b",
        '"; x',
        "%s%n",
        "{{7*7}}",
        "${HOME}",
    ),
    *("\x1b[2J", "\x1b]0;pwned\x07", "\x9b31m", "\u202eabc", "\u2066a\u2069", "te\u0430ser", "tea\u200bser", "\ufeffa"),
    *("0.0.0.0/0", "::/0", "10.0.0.0/0", "169.254.169.254/32", "x" * 5000, "9" * 400, "1e999", "NaN", "-0", "0x10", ""),
)
SYNTAX = (
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        ", ",
        "#",
        "|\n",
        ">\n",
        "---\n",
        "...\n",
        "%YAML 9\n",
    ),
    *(
        "!!python/object/apply:os.system ",
        "!!binary ",
        "!!set ",
        "!x ",
        "&a ",
        "*a",
        "<<: *a",
        "\ufeff",
        "\x00",
        "'",
        '"',
    ),
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(NASTY)
values = st.recursive(
    scalars | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=10,
)


def _yaml(value: Any) -> bytes:
    return yaml.dump(value, allow_unicode=True).encode("utf-8", "surrogatepass")


def _replaced(top: dict[str, Any], machine: dict[str, Any]) -> bytes:
    """A valid project in which some fields are anything."""
    return _yaml({"project": "a", "workstations": {"edit-1": {"for": "editing", **machine}}, **top})


project_files = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).flatmap(
        lambda text: st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-32", "utf-7"]).map(
            lambda form: text.encode(form, "surrogatepass")
        )
    ),
    st.lists(st.sampled_from((*SYNTAX, *NASTY, *KEYS)), max_size=30).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
    values.map(_yaml),
    st.builds(
        _replaced,
        st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), values, max_size=3),
        st.dictionaries(st.sampled_from(sorted(SCHEMA["$defs"]["Workstation"]["properties"])), values, max_size=3),
    ),
)


@given(content=project_files)
@_MANY
def test_any_project_file(folder: Path, content: bytes) -> None:
    TRIED["project files"] += 1
    (folder / "any.yaml").write_bytes(content)
    before = files(folder)
    for command in (("validate",), ("down", "--json")):
        code, printed = typed(*command, "any.yaml")
        assert_polite(code, printed, what=content)
        assert len(printed.splitlines()) < 2 * MOST_LINES + 2 * len(content)
    assert files(folder) == before


# State files


def _state() -> dict[str, Any]:
    """A state as a command left it: a stack, a component with two children, one of them half-way deleted."""
    urn = "urn:pulumi:teaser::soundstage::"

    def resource(type: str, name: str, **more: Any) -> dict[str, Any]:
        return {
            "urn": f"{urn}{type}::{name}",
            "type": type,
            "custom": ":" in type and not type.startswith("pulumi"),
            **more,
        }

    stack = resource("pulumi:pulumi:Stack", "soundstage-teaser", outputs={"bucket": "home-media-teaser"})
    parent = {"parent": stack["urn"]}
    vpc = resource("aws:ec2/vpc:Vpc", "vpc", id="vpc-1", inputs={"cidrBlock": "10.0.0.0/16"}, outputs={}, **parent)
    subnet = resource(
        "aws:ec2/subnet:Subnet",
        "subnet",
        id="subnet-1",
        inputs={"vpcId": "vpc-1"},
        outputs={"vpcId": "vpc-1"},
        dependencies=[vpc["urn"]],
        propertyDependencies={"vpcId": [vpc["urn"]]},
        protect=True,
        **parent,
    )
    pending = {
        "kind": "deleting",
        "key": 2,
        "record": subnet,
        "seed": "00ff",
        "failed": False,
        "put": {"1": vpc},
        "drop": [2],
        "names": {"a": "b"},
    }
    return {"resource": [stack, vpc, subnet], "pending": [pending], "renamed": [["c", "d"]]}


def _earlier() -> dict[str, Any]:
    """As earlier versions kept it."""
    return {"version": 3, "deployment": {"resources": _state()["resource"]}, "soundstage": {"format": 1, "serial": 7}}


def _database(rows: Any) -> bytes:
    """A database of a state with these rows, as far as they can be rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / store.STATE_FILE
        store.replace(file, ())
        with contextlib.closing(sqlite3.connect(file)) as db, db:
            for table in ("resource", "pending", "renamed"):
                listed = rows.get(table) if isinstance(rows, dict) else None
                for key, value in enumerate(listed if isinstance(listed, list) else []):
                    both = (key, _surrogates(json.dumps(value)))
                    if table == "renamed" and isinstance(value, list) and len(value) == 2:
                        both = tuple(_surrogates(str(one)) for one in value)
                    db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", both)
        return file.read_bytes()


def _surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(NASTY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value of a document stands."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*place, key))


@st.composite
def documents(draw: st.DrawFn, document: Any) -> Any:
    """The document with one to three places taken out, doubled, or holding anything."""
    spoilt = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(_places(spoilt))[1:] or [("version",)]))
        holder = spoilt
        for step in above:
            holder = holder[step]
        match draw(st.sampled_from(["anything", "gone", "doubled"])):
            case "anything":
                holder[last] = draw(json_values)
            case "gone":
                del holder[last]
            case "doubled" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    return spoilt


@st.composite
def torn(draw: st.DrawFn, content: bytes) -> bytes:
    """The content cut, or with some bytes changed or put in."""
    place = draw(st.integers(0, len(content)))
    return (
        content[:place]
        + draw(st.binary(max_size=4))
        + content[place + draw(st.integers(0, 9) | st.just(len(content))) :]
    )


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


databases = st.one_of(
    st.just(_database(_state())),
    documents(_state()).map(_database),
    torn(_database(_state())),
    st.binary(max_size=100),
)
earlier_states = st.one_of(
    st.just(_json(_earlier())),
    documents(_earlier()).map(_json),
    torn(_json(_earlier())),
    json_values.map(_json),
    st.just(b"[" * 100_000),
)
written_states = st.one_of(
    databases.map(lambda content: {store.STATE_FILE: content}),
    earlier_states.map(lambda content: {"state.json": content}),
    st.tuples(databases, st.binary(max_size=100)).map(
        lambda both: {store.STATE_FILE: both[0], f"{store.STATE_FILE}-wal": both[1]}
    ),
)


def _of_the_state(folder: Path) -> set[str]:
    """The files that are there, without those of the simulated cloud, which `down` asks what snapshots stay."""
    cloud = str(Path("home", "simulator"))
    return {file for file in files(folder) if not file.endswith(("-wal", "-shm")) and not file.startswith(cloud)}


@given(written=written_states, reading=st.sampled_from([("down",), ("outputs",), ("state", "export")]))
@_MANY
def test_any_state_file(folder: Path, written: dict[str, bytes], reading: tuple[str, ...]) -> None:
    TRIED["state files"] += 1
    stack = folder / "home" / "studios" / "home" / "soundstage" / "teaser"
    shutil.rmtree(stack, ignore_errors=True)
    stack.mkdir(parents=True)
    for name, data in written.items():
        (stack / name).write_bytes(data)
        (stack / name).chmod(0o600)
    before = _of_the_state(folder)
    for command in (("state", "verify"), reading):
        assert_polite(*typed(*command, "teaser.yaml"), what=(command, written))
    assert _of_the_state(folder) == before
    kept = {name: data for name, data in written.items() if not name.endswith("-wal")}
    assert {name: (stack / name).read_bytes() for name in kept} == kept
    code, printed = typed("state", "repair", "teaser.yaml")
    assert_polite(code, printed, what=written)
    newer = "newer version" in printed
    assert code == (1 if newer else 0), f"{written}\n{printed}"
    if not newer:
        code, printed = typed("state", "verify", "teaser.yaml")
        assert code == 0, f"{written}\n{printed}"
    shutil.rmtree(folder / "home" / "studios")


ANYTHING = (
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    [],
    [None],
    [[1]],
    {},
    {"x": 1},
)


def _replaced_at(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The document with `value` in one place."""
    spoilt = copy.deepcopy(document)
    holder = spoilt
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return spoilt


@pytest.mark.parametrize("file", [store.STATE_FILE, "state.json"])
def test_every_value_of_a_state_may_be_anything(file: str, tmp_path: Path) -> None:
    """Read, verified, repaired and verified again, without the command's door, which costs more than all of these."""
    document = _state() if file == store.STATE_FILE else _earlier()
    write = _database if file == store.STATE_FILE else _json
    for number, (place, value) in enumerate(
        (place, value)
        for place in list(_places(document))[1:]
        for value in (ANYTHING if MANY > 300 else (float("inf"), [None]))
    ):
        folder = tmp_path / str(number)
        folder.mkdir(mode=0o700)
        (folder / file).write_bytes(write(_replaced_at(document, place, value)))
        (folder / file).chmod(0o600)
        TRIED["state files"] += 1
        with contextlib.suppress(StateError):
            StackState(folder, write=False).deployment()
        with contextlib.suppress(store.NewerState):
            assert repair.verify(folder) == repair.verify(folder)
            repair.repair(folder, "soundstage/teaser")
            assert repair.verify(folder) == [], f"{place}: {value!r}"


# Command lines

COMMANDS = (
    *("adopt", "check", "connect", "cost", "doctor", "down", "drift", "export", "move-state", "outputs", "permissions"),
    *(
        "preview",
        "recover",
        "start",
        "status",
        "stop",
        "unlock",
        "up",
        "validate",
        "version",
        "state",
        "studio",
        "engine",
    ),
    *("simulator", "image", "verify", "repair", "restore", "env", "faults", "add", "list", "clear", "reset", "secrets"),
)
OPTIONS = (
    *("--json", "--debug", "--help", "-h", "--only", "--engine", "--parallel", "--plan", "--save-plan", "--refresh"),
    *("--all", "--format", "--output", "-o", "--state", "--profile", "--config", "--baseline", "--write-baseline"),
    *("--policy", "--area", "--framework", "--severity", "--patch", "--list", "--explain", "--strict", "--machine"),
    *("--no-wait", "--back", "--studio", "--made", "--not-made", "--from", "--secrets", "--for", "--cloud", "--region"),
    *(
        "--client",
        "--owner",
        "--force",
        "--account",
        "--alert-email",
        "--kind",
        "--times",
        "--after",
        "--seconds",
        "--",
    ),
    *("--delete-media", "--show-completion", "--nonsense", "-x", "-", "--parallel=-1", "--json=x", "--plan="),
)
TARGETS = (
    *("teaser.yaml", "teaser", "nothing.yaml", ".", "..", "/", "/dev/null", "/dev/zero", "/dev/full", "/proc/self/mem"),
    *(
        "pipe.yaml",
        "folder.yaml",
        "loop.yaml",
        "zero.yaml",
        "teaser.yaml/x",
        "\udcff\udcfe.yaml",
        "te\u0430ser.yaml",
        "-1",
    ),
    *(
        "0",
        "1e400",
        "9" * 400,
        "aws",
        "gcp",
        "embedded",
        "pulumi",
        "json",
        "html",
        "urn:pulumi:teaser::x",
        "a=b",
        "=",
        "a=",
        "é",
    ),
)
words = st.one_of(
    *(st.sampled_from(group) for group in (COMMANDS, OPTIONS, TARGETS, NASTY)),
    st.text(alphabet=string.printable + "éі\u202e\x1b\udc80", max_size=12),
)
command_lines = st.builds(
    lambda command, rest: [*command, *rest],
    st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=2),
    st.lists(words, max_size=5),
)
WORKING = {
    *("up", "start", "stop", "init", "install", "adopt", "reset", "restart"),
    *("preview", "drift", "check", "export", "permissions", "env", "diagram"),
    *("image", "connect", "ssh", "cp", "restore", "starts", "doctor", "quotas", "cost", "clock"),
    *("history", "list", "status", "orphans", "expire", "notices", "park", "interrupt", "move", "rename", "resize"),
}
"""Words with which a command line could start the simulated cloud, to work or to plan: it gets a project that is not there."""


@pytest.fixture(scope="module")
def oddities(folder: Path) -> None:
    """Files that are none."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")


@given(line=command_lines)
@example(line=["permissions", "teaser.yaml"])  # a plan starts the simulated cloud
@example(line=["engine", "env"])  # so does what another tool would need of it
@_MANY
def test_any_command_line(folder: Path, oddities: None, line: list[str]) -> None:
    TRIED["command lines"] += 1
    if WORKING & set(line):
        line = [word for word in line if not word.startswith("teaser")] + ["--", "nothing.yaml"]
    line = [word for word in line if word not in ("init", "install")]
    before = files(folder)
    code, printed = typed(*line)
    assert_polite(code, printed, what=line, debug="--debug" in line)
    assert files(folder) == before, line


def test_what_was_tried_is_counted(record_property: Callable[[str, object], None]) -> None:
    for kind, number in TRIED.items():
        record_property("count", (f"{kind} tried", number))
