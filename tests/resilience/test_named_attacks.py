"""Attacks that have a name, one row each: by a project file, by a file that is none, by the name of a file."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from door import MOST_LINES, assert_polite, files, typed

from soundstage.plan.plan import Plan

GOOD = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"
PWNED = "touch pwned"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not list(tmp_path.rglob("pwned*"))


def machine(field: str) -> str:
    return f"project: a\nworkstations:\n  edit-1: {{for: editing, {field}}}\n"


ATTACKS: dict[str, str | bytes] = {
    # Paths
    "path traversal in the project's name": "project: ../../../tmp/pwned\n",
    "absolute path in the project's name": "project: /etc/cron.d/pwned\n",
    "home folder in the project's name": "project: ~root\n",
    "dots as the project's name": "project: ..\n",
    "device of Windows as the project's name": "project: 'con:'\n",
    "path traversal in a machine's name": "project: a\nworkstations:\n  ../../pwned: {for: editing}\n",
    "path traversal in the image": machine("image: ../../pwned"),
    # Shells and boot scripts
    "shell in the project's name": f"project: '$({PWNED})'\n",
    "shell in a machine's name": f"project: a\nworkstations:\n  '`{PWNED}`': {{for: editing}}\n",
    "shell in the user": machine(f"user: 'ana; {PWNED}'"),
    "quote in the user": machine(f"user: \"ana' || {PWNED} || '\""),
    "newline in the user": machine('user: "ana\\nroot"'),
    "option as the user": machine("user: '-rf'"),
    "superuser as the user": machine("user: root"),
    "shell in a program's name": machine(f"idle: {{keep_while: ['a; {PWNED}']}}"),
    "pattern in a program's name": machine("idle: {keep_while: ['.*']}"),
    "heredoc in the owner": "project: a\nowner: |\n  EOF\n  touch pwned\n",
    "PowerShell in the user": machine("os: windows, user: '$(New-Item pwned)'"),
    "template in the client": "project: a\nclient: '{{7*7}}'\n",
    "format string in the client": "project: a\nclient: '%n%n%s'\n",
    # Terminals and logs
    "terminal escape in the client": 'project: a\nclient: "\\e]0;pwned\\a\\e[2J"\n',
    "raw terminal escape": b"project: a\nclient: '\x1b[2J'\n",
    "escape of eight bits": "project: a\nclient: '\x9b31m'\n",
    "new line of a log in the owner": 'project: a\nowner: "ana\\n2026-11-21 INFO deleted nothing"\n',
    "carriage return in the owner": 'project: a\nowner: "ana\\rroot"\n',
    "right-to-left override in the owner": 'project: a\nowner: "\\u202Emoc.elpmaxe@ana"\n',
    "isolate in a comment": "project: a # \u2066 hidden\n",
    "escape in a key": 'project: a\n"\\e[2J": 1\n',
    # YAML
    "python tag": f"project: !!python/object/apply:os.system ['{PWNED}']\n",
    "own tag": "project: !project a\n",
    "anchor": "project: &a a\nclient: *a\n",
    "merge key": "project: a\n<<: {client: x}\n",
    "billion laughs": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nproject: *c\n",
    "key twice": "project: a\nproject: b\n",
    "machine twice": "project: a\nworkstations:\n  edit-1: {for: editing}\n  edit-1: {for: vfx}\n",
    "two documents": "project: a\n---\nproject: b\n",
    "directive": "%YAML 9.9\n---\nproject: a\n",
    "list as a key": "project: a\n? [a, b]\n: 1\n",
    "number as a key": "project: a\n1: 2\n",
    "huge number": machine("disk_gib: " + "9" * 5000),
    "huge exponent": "project: a\nbudget: {monthly_usd: 1e999}\n",
    "not a number": "project: a\nbudget: {monthly_usd: .nan}\n",
    "infinity": "project: a\nbudget: {monthly_usd: .inf}\n",
    "negative number": machine("disk_gib: -1"),
    "octal": machine("disk_gib: 0144"),
    "sexagesimal": machine("disk_gib: 1:40"),
    "true for a number": machine("disk_gib: true"),
    "date that is none": "project: a\nexpires: 2026-02-30\n",
    "date with a time": "project: a\nexpires: 2027-01-01T00:00:00Z\n",
    "far date": "project: a\nexpires: 99999-01-01\n",
    "Norway": "project: no\n",
    "deep nesting": "project: " + "[" * 5000 + "\n",
    "deep mapping": "{a: " * 5000,
    "endless line": "project: " + "a" * 200_000 + "\n",
    "too large": b"#" * (300 << 10),
    "a million keys": "\n".join(f"k{number}: 1" for number in range(30_000)),
    # Bytes
    "null byte": "project: a\0b\n",
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-16 without a mark": GOOD.encode("utf-16-le"),
    "UTF-32": GOOD.encode("utf-32"),
    "Latin-1": "project: a\nclient: é\n".encode("latin-1"),
    "half a character": b"project: a\nclient: \xed\xa0\x80\n",
    "overlong slash": b"project: ..\xc0\xaf\n",
    "mark in the middle": "project: a\ufeff\n",
    "nothing": b"",
    "an executable": b"\x7fELF\x02\x01\x01" + bytes(100),
    # Other people's names
    "homoglyph of another project": "project: te\u0430ser\n",
    "homoglyph of a client": "project: a\nclient: n\u043erthlight\n",
    "full-width letters": "project: \uff54\uff45\uff41\uff53\uff45\uff52\n",
    "invisible character": "project: tea\u200bser\n",
    "capitals": "project: Teaser\n",
    # Networks
    "the whole internet": "project: a\naccess: {via: allowlist, from: [0.0.0.0/0]}\n",
    "the whole internet in halves": "project: a\naccess: {via: allowlist, from: [0.0.0.0/1, 128.0.0.0/1]}\n",
    "address of the metadata service": "project: a\naccess: {via: allowlist, from: [169.254.169.254/32]}\n",
    "number as an address": "project: a\naccess: {via: allowlist, from: [2130706433]}\n",
    "octal address": "project: a\naccess: {via: allowlist, from: [0177.0.0.1/32]}\n",
    "unknown key": "project: a\n__proto__: {}\n",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_by_project_file_is_refused_and_does_nothing(attack: str, folder: Path) -> None:
    content = ATTACKS[attack]
    (folder / "attack.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    before = files(folder)
    code, printed = typed("up", "attack.yaml", "--yes")
    assert_polite(code, printed, what=attack)
    assert code == 2, printed
    assert len(printed.splitlines()) < 2 * MOST_LINES
    assert len(printed) < 30_000
    assert files(folder) == before


def test_a_mark_at_the_beginning_is_no_attack(folder: Path) -> None:
    (folder / "windows.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert typed("validate", "windows.yaml")[0] == 0


ODDITIES: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": lambda path: path.mkdir(),
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "link to itself": lambda path: path.symlink_to(path),
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "memory of a process": lambda path: path.symlink_to("/proc/self/mem"),
    "secret of the machine": lambda path: path.symlink_to("/etc/passwd"),
    "very deep JSON": lambda path: path.write_bytes(b"[" * 200_000),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "nothing": lambda path: path.write_bytes(b""),
}
PLACES = (
    ("validate", "it"),
    ("up", "it", "--yes"),
    ("up", "teaser.yaml", "--yes", "--plan", "it"),
    ("check", "--plan", "it"),
    ("check", "--plan", "plan.json", "--config", "it"),
    ("check", "--plan", "plan.json", "--baseline", "it"),
    ("studio", "up", "it", "--yes"),
)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
@pytest.mark.parametrize("oddity", ODDITIES)
def test_a_file_that_is_none_is_refused_at_once(oddity: str, place: tuple[str, ...], folder: Path) -> None:
    (folder / "teaser.yaml").write_text(GOOD)
    (folder / "plan.json").write_text(json.dumps(Plan("soundstage", "teaser", ()).to_json()))
    ODDITIES[oddity](folder / "it.yaml")
    before = files(folder)
    code, printed = typed(*(word.replace("it", "it.yaml") if word == "it" else word for word in place))
    assert_polite(code, printed, what=(oddity, place))
    harmless = "--config" in place and oddity == "nothing"  # an empty policy file is one without waivers
    assert code == (0 if harmless else 2), printed
    assert "root:" not in printed
    assert len(printed) < 2_000
    assert files(folder) == before


STATES: dict[str, Callable[[Path], object]] = {
    name: ODDITIES[name] for name in ODDITIES if name != "secret of the machine"
}


@pytest.mark.parametrize("name", ["state.db", "state.json"])
@pytest.mark.parametrize("oddity", STATES)
def test_a_state_that_is_no_file_is_told_and_can_be_repaired(oddity: str, name: str, folder: Path) -> None:
    (folder / "teaser.yaml").write_text(GOOD)
    stack = folder / "home" / "studios" / "home" / "soundstage" / "teaser"
    stack.mkdir(parents=True)
    STATES[oddity](stack / name)
    for command in (("state", "verify"), ("down", "--yes"), ("outputs",)):
        assert_polite(*typed(*command, "teaser.yaml"), what=(oddity, command))
    code, printed = typed("state", "repair", "teaser.yaml")
    assert_polite(code, printed, what=oddity)
    assert code == 0, printed
    assert typed("state", "verify", "teaser.yaml")[0] == 0


NAMES = (
    "\x1b[2Jpwn.yaml",
    "a\nready: all is well.yaml",
    "\u202egnp.yaml",
    "a\rb.yaml",
    "\udcff.yaml",
    "-rf.yaml",
    "$(id).yaml",
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("content", [GOOD, "project: a\nowner: 1\n"], ids=["good", "faulty"])
def test_the_name_of_a_file_commands_neither_terminal_nor_log(name: str, content: str, folder: Path) -> None:
    (folder / name).write_text(content)
    for command in (("validate",), ("state", "verify"), ("down",), ("unlock",), ("outputs", "--json")):
        code, printed = typed(*command, "--", name)
        assert_polite(code, printed, what=(command, name))
        assert "\nready:" not in printed


def test_a_folder_full_of_hostile_names_is_listed_politely(folder: Path) -> None:
    (folder / "projects").mkdir()
    for name in NAMES:
        (folder / "projects" / name.replace("/", "")).write_text(GOOD)
    for line in (("status", "nothing"), ("validate", "-rg"), ("up", "--yes")):
        code, printed = typed(*line)
        assert_polite(code, printed, what=line)
        assert code == 2
        assert "\nready:" not in printed
