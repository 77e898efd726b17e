"""`cost --chart`: the year as a picture that says what it shows, with the numbers below it."""

import re
import struct
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from soundstage.cli.display import chart
from soundstage.cli.display.chart import Picture, page, written
from soundstage.cli.display.costs import cost_picture
from soundstage.core.errors import UsageError
from soundstage.pricing.facts import Source
from soundstage.pricing.lines import Estimate, Line, Unpriced
from soundstage.pricing.spending_months import months_from, series
from soundstage.pricing.usage import Range, Usage
from soundstage.stacks.costs import Costs

SOURCE = Source("x", "x", "", date(2026, 5, 3))
TODAY = date(2026, 11, 26)


def estimate() -> Estimate:
    """A machine, and a bucket whose media move from Standard to an archive."""
    tiers = tuple(
        {"STANDARD": 10.0, "STANDARD_IA": 0.5 * month, "DEEP_ARCHIVE": 1.0 * month, "moves": 0.25}
        for month in range(12)
    )
    stored = tuple(Range.of(sum(one.values())) for one in tiers)
    return Estimate(
        (
            Line("edit-1", "t", "machine", "g6.xlarge", SOURCE, (Range(100, 200, 300),)),
            Line("media", "t", "storage", "media", SOURCE, stored, parts=tiers),
            Line("key", "t", "keys", "key", SOURCE, (Range.of(1),)),
        ),
        (),
    )


def costs(budget: float | None = 220.0, found: Estimate | None = None) -> Costs:
    return Costs(found or estimate(), Usage(), budget, today=TODAY)


def test_the_parts_of_a_month_are_all_of_it() -> None:
    found = estimate()
    parts = series(found)
    assert [one.label for one in parts] == [
        "machines", "storage, at hand", "storage, infrequent", "storage, archive and moves", "keys, logs, alarms",
    ]  # fmt: skip
    for month in range(12):
        assert sum(one.months[month] for one in parts) == pytest.approx(found.month(month).typical)
    assert len({one.colour for one in parts}) == len(parts)


def test_months_have_their_names_over_the_end_of_a_year() -> None:
    names = months_from(TODAY)
    assert (names[0], names[1], names[2], names[11]) == ("Nov 2026", "Dec 2026", "Jan 2027", "Oct 2027")


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (220.0, "over the budget of 220 from May 2027 on"),
        (5000.0, "within the budget of 5000"),
        (None, "228 in Oct 2027"),
    ],
)
def test_the_headline_says_what_the_picture_shows(budget: float | None, told: str) -> None:
    picture = cost_picture(costs(budget), "teaser on the simulated cloud")
    assert picture.headline.startswith("teaser: 211 USD in Nov 2026, 228 in Oct 2027")
    assert told in picture.headline
    assert "2026-05-03" in " ".join(picture.notes), "no number without its date"


def test_a_sum_that_lacks_something_says_so() -> None:
    found = estimate()
    lacking = Estimate(found.lines, (Unpriced("odd", "t", "no price"),))
    picture = cost_picture(costs(found=lacking), "teaser")
    assert "at least" in picture.headline
    assert any("no price is known" in one for one in picture.notes)


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


@pytest.fixture
def library() -> None:
    pytest.importorskip("matplotlib", reason="the extra `chart` is not installed")


@pytest.mark.usefixtures("library")
def test_a_page_holds_the_picture_for_two_widths_and_every_number() -> None:
    picture = cost_picture(costs(), "teaser")
    text = page(picture)
    assert text.count("<svg") == 2
    assert not re.search(r"<script|https?://(?!www\.w3\.org|purl\.org|creativecommons\.org|matplotlib\.org)", text), (
        "nothing is fetched"
    )
    reader = Texts()
    reader.feed(text[text.index("<table") :])
    for total in picture.totals:
        assert any(cell.startswith(f"{total:.2f}") for cell in reader.cells)
    assert "budget 220 USD" in text
    assert text == page(picture), "the same estimate is the same page"


@pytest.mark.usefixtures("library")
def test_a_name_that_is_markup_stays_words() -> None:
    picture = Picture("<b>teaser</b>: 1 USD", months_from(TODAY), series(estimate()), None, ("<i>note</i>",))
    text = page(picture)
    assert "<b>" not in text
    assert "<i>" not in text


@pytest.mark.usefixtures("library")
def test_a_png_is_one(tmp_path: Path) -> None:
    written(cost_picture(costs(), "teaser"), tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (1350, 660)
    (tmp_path / "link.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(OSError, match="a link"):
        written(cost_picture(costs(), "teaser"), tmp_path / "link.png")


def test_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match=r"written as \.html or \.png"):
        chart.check(Path("teaser.pdf"))


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(UsageError) as refused:
        chart.check(Path("teaser.html"))
    assert "pip install '.[chart]'" in str(refused.value.hint)
