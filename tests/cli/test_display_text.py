"""Words made safe to print and cut to a width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.cli.display.text import columns, count, duration, escaped, fit, pad, spoken


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("zażółć 日本", "zażółć 日本"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines", "two\\nlines"),
        ("bell\x07", "bell\\x07"),
        ("c1 \x9b", "c1 \\x9b"),
        ("gnp.\u202eexe", "gnp.\\u202eexe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("half \ud83d", "half \\ud83d"),
        ("line\u2028end", "line\\u2028end"),
    ],
)
def test_what_could_command_or_deceive_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(), st.integers(0, 60))
def test_fitted_text_never_exceeds_its_width(text: str, width: int) -> None:
    assert columns(fit(text, width)) <= width


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), max_size=20))
def test_text_that_fits_is_left_as_it_is(text: str) -> None:
    assert fit(text, 80) == text


def test_long_names_end_in_an_ellipsis() -> None:
    assert fit("a-very-long-name", 8) == "a-very-…"
    assert fit("日本日本", 5) == "日本…"


def test_wide_characters_are_padded_by_columns() -> None:
    assert pad("日本", 6) == "日本  "


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0.0 s"), (0.04, "0.0 s"), (2.34, "2.3 s"), (9.97, "10 s"), (12.6, "13 s"), (59.7, "1 min"), (60, "1 min"), (185, "3 min 5 s"), (7200, "2 h"),
        (7440, "2 h 4 min"), (86400, "1 d"), (266400, "3 d 2 h"),
    ],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("words", "sentence"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_are_spoken(words: list[str], sentence: str) -> None:
    assert spoken(words) == sentence


def test_nouns_follow_their_number() -> None:
    assert [count(number, "machine") for number in (0, 1, 2)] == ["0 machines", "1 machine", "2 machines"]


def test_a_table_gives_way_in_its_widest_column() -> None:
    drawn = table(("name", "type"), [("edit-1", "g5.2xlarge"), ("a" * 60, "g5.4xlarge")], Screen(width=30))
    assert drawn.splitlines() == [
        "name                type",
        "edit-1              g5.2xlarge",
        "aaaaaaaaaaaaaaaaa…  g5.4xlarge",
    ]
