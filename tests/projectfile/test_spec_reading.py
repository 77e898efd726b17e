"""A file that is no readable text gives one clear fault, at once, and nothing is followed, opened wide or waited for."""

import errno
import os
import socket
from pathlib import Path

import pytest
import yaml

from soundstage.core import yamlfile
from soundstage.core.errors import SpecError
from soundstage.projectfile.spec import load_project

GOOD = "project: a\n"


def _problem(path: Path) -> str:
    with pytest.raises(SpecError) as refused:
        load_project(path)
    (fault,) = refused.value.faults
    assert str(fault).isprintable()
    return f"{fault.line}: {fault.problem}"


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML's parser in C, and the one in Python that takes its place where there is no C."""
    monkeypatch.setattr(yamlfile, "PARSER", getattr(yaml, request.param))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="workstation init") as refused:
        load_project(tmp_path / "none.yaml")
    assert refused.value.faults[0].problem == "does not exist"
    assert refused.value.exit_code == 2


def test_folder(tmp_path: Path) -> None:
    assert _problem(tmp_path) == "0: is a folder, not a file"


def test_pipe_without_a_writer_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert _problem(tmp_path / "pipe.yaml") == "0: is not an ordinary file (it is a pipe, a device or a socket)"


def test_endless_device() -> None:
    assert _problem(Path("/dev/zero")) == "0: is not an ordinary file (it is a pipe, a device or a socket)"


def test_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.yaml")
        assert "0: cannot be opened" in _problem(Path("s.yaml"))


def test_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert _problem(tmp_path / "loop.yaml") == "0: is a symbolic link that leads to itself"


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:  # root may read whatever its mode says
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    assert _problem(tmp_path / "a.yaml") == "0: is not readable by you; change its permissions"


@pytest.mark.parametrize("name", ["a\0b.yaml", "x" * 300, "a.yaml/b.yaml"])
def test_impossible_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    assert _problem(tmp_path / name).startswith("0: cannot be opened")


def test_name_with_terminal_escapes_is_shown_escaped(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2Ja.yaml"
    path.write_text("project: A\n")
    with pytest.raises(SpecError) as refused:
        load_project(path)
    assert "\\x1b[2Ja.yaml:1: project" in str(refused.value)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (GOOD.encode("utf-16"), "0: is written in UTF-16; save it as UTF-8"),
        (GOOD.encode("utf-32"), "0: is written in UTF-16; save it as UTF-8"),
        (GOOD.encode("utf-16-le"), "0: holds NUL bytes, so it is not text; save it as UTF-8"),
        (GOOD.encode() + b"\0", "0: holds NUL bytes, so it is not text; save it as UTF-8"),
        ("project: a\nclient: Größe\n".encode("latin-1"), "2: holds a byte that is not UTF-8 (0xf6); save it as UTF-8"),
        (GOOD.encode() + b"#" * yamlfile.LARGEST_FILE, "0: is larger than 256 KiB"),
        (b"", "0: is empty"),
        (b"\xef\xbb\xbf", "0: is empty"),
    ],
)
def test_wrong_encoding_or_size(tmp_path: Path, raw: bytes, problem: str) -> None:
    (tmp_path / "a.yaml").write_bytes(raw)
    assert _problem(tmp_path / "a.yaml") == problem


@pytest.mark.parametrize(
    "raw", [b"\xef\xbb\xbf" + GOOD.encode(), b"project: a\r\n", b"project: a", b"---\nproject: a\n...\n"]
)
def test_harmless_habits_of_editors_are_accepted(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.yaml").write_bytes(raw)
    assert load_project(tmp_path / "a.yaml").project == "a"


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 200_000, "a: " + "{a: " * 60_000, "".join(f"{' ' * n}a:\n" for n in range(650)), "? " * 120_000],
    ids=["lists", "mappings", "blocks", "keys"],
)
def test_deep_nesting_neither_hangs_nor_overflows(text: str) -> None:
    with pytest.raises(SpecError, match="nested deeper than 16 levels"):
        yamlfile.parse(text, "deep.yaml")


@pytest.mark.parametrize("text", ["1_" * 100_000 + "x", "1:" * 100_000 + "x", "9" * 200_000, "0" * 200_000])
def test_endless_number_is_text_and_takes_no_time(text: str) -> None:
    assert yamlfile.parse(f"a: {text}", "long.yaml").value == {"a": text}


def test_faults_of_fields_stop_at_a_hundred_and_are_counted(tmp_path: Path) -> None:
    machines = "".join(f"  edit-{number}: {{for: [], size: [], os: []}}\n" for number in range(900))
    (tmp_path / "a.yaml").write_text(f"project: a\nworkstations:\n{machines}")
    with pytest.raises(SpecError, match=r"And 2600 more\.") as refused:
        load_project(tmp_path / "a.yaml")
    assert len(refused.value.faults) == yamlfile.MOST_FAULTS


@pytest.mark.usefixtures("either_parser")
def test_many_faults_stop_at_a_hundred() -> None:
    with pytest.raises(SpecError, match="reading stopped here") as refused:
        yamlfile.parse("a: &x 1\n" * 5000, "many.yaml")
    assert len(refused.value.faults) == yamlfile.MOST_FAULTS


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", "x"),
        ("'x'", "x"),
        ("2027-03-31", "2027-03-31"),
        ("09:00-19:00", "09:00-19:00"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("'~'", "~"),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("10.0.0.1", "10.0.0.1"),
        ("y", "y"),
        ("'on'", "on"),
        ('"0144"', "0144"),
        ("|\n  two\n  lines", "two\nlines\n"),
        ("[1, [2, {c: d}], ]", [1, [2, {"c": "d"}]]),
    ],
)
def test_values_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    document = yamlfile.parse(f"a: {text}\nb: end\n", "values.yaml")
    assert document.value == {"a": value, "b": "end"}
    assert type(document.value["a"]) is type(value)
    assert document.faults == []


@pytest.mark.usefixtures("either_parser")
def test_every_place_has_its_line() -> None:
    document = yamlfile.parse("a: 1\n\nb:\n  c:\n    - x\n    - {d: 2}\n", "lines.yaml")
    assert document.lines == {
        (): 1,
        ("a",): 1,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "c", 0): 5,
        ("b", "c", 1): 6,
        ("b", "c", 1, "d"): 6,
    }
    assert document.line(("b", "c", 1, "missing")) == 6


@pytest.mark.parametrize(
    "text", ["no", "true", "null", "1e3", "a: b", "# x", "é", "- x", "x ", "a\nb", "012", "y", "", "ana@x.example"]
)
def test_text_survives_being_written_as_yaml(text: str) -> None:
    written = yamlfile.scalar(text)
    assert yamlfile.parse(f"a: {written}\n", "written.yaml").value == {"a": text}
    assert yaml.safe_load(f"a: {written}\n") == {"a": text}
