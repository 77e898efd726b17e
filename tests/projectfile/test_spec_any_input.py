"""Whatever a file holds, the answer is a project or a list of faults: never another error, never an escape code."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from soundstage.core.errors import Fault, SpecError
from soundstage.projectfile.spec import load_project, load_studio, project_schema

WORDS = sorted(
    {
        *project_schema()["properties"],
        *(key for part in project_schema()["$defs"].values() for key in part["properties"]),
        *("edit-1", "editing", "session", "allowlist", "0.0.0.0/0", "10.0.0.0/20", "g6e.8xlarge", "eu", "eu-west-2"),
        *("no", "on", "<<", "*a", "&a", "!!str", "2027-03-31", "012", "1:30", "~", ".nan", "Mon-Fri 09:00-19:00 UTC"),
    }
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(WORDS)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), inner, max_size=6),
    ),
    max_leaves=20,
)
# Lines of real files, shuffled and cut, come closer to what hands produce than random bytes do.
PIECES = [
    *(f"{' ' * depth}{word}:" for word in WORDS for depth in (0, 2, 4)),
    *(
        "\n",
        " ",
        "\t",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!x ",
        "'",
        '"',
        "|",
        ">",
        "#",
        "---",
        "...",
        "? ",
        "%",
    ),
    *WORDS,
]
QUICK = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _answers(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        path.write_bytes(raw)
        for load in (load_project, load_studio):
            faults: Sequence[Fault] = ()
            try:
                assert load(path)
            except SpecError as refused:
                faults = refused.faults or [Fault("", 0, "", "refused without\na reason")]
            assert all(str(fault).isprintable() for fault in faults)


@QUICK
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"a: \xed\xa0\x80")
def test_any_bytes(raw: bytes) -> None:
    _answers(raw)


@QUICK
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    _answers(text.encode("utf-8", "surrogatepass"))


@QUICK
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_heap_of_yaml_pieces(text: str) -> None:
    _answers(text.encode())


@QUICK
@given(st.dictionaries(st.sampled_from(WORDS), values, max_size=8))
def test_any_value_under_known_keys(value: dict[str, Any]) -> None:
    _answers(yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


def _mutations() -> st.SearchStrategy[dict[str, Any]]:
    """A valid project with some fields replaced by anything."""
    machine = st.dictionaries(
        st.sampled_from(sorted(project_schema()["$defs"]["Workstation"]["properties"])), values, max_size=3
    )
    return st.builds(
        lambda top, one: {"project": "a", "workstations": {"edit-1": {"for": "editing", **one}}, **top},
        st.dictionaries(st.sampled_from(sorted(project_schema()["properties"])), values, max_size=3),
        machine,
    )


@QUICK
@given(_mutations())
def test_any_field_of_a_valid_project_replaced_by_anything(value: dict[str, Any]) -> None:
    _answers(yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))
