"""`cost --actual`: words that do not fit together are refused before anybody is asked, and a bill is shown as it is."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.cli.billing import BillAsked, billed, refuse_without_actual, terms_of
from soundstage.cli.display.bills import actual_document, actual_text
from soundstage.cli.display.screen import Screen
from soundstage.components.tags import WORKSTATION
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import UsageError
from soundstage.pricing.bill import Bill, Compared, Entry
from soundstage.pricing.invoice import Terms
from soundstage.stacks.billing.actual import Actual, bills_of

NOTHING = BillAsked("teaser", None, (), "machine", None, None, None, None, None, None, None)
TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"currency": "EUR"}, "a rate is never guessed"),
        ({"currency": "EUR", "rate": 0.92}, "a rate is never guessed"),
        ({"currency": "euro", "rate": 0.92, "rate_date": "2026-11-20"}, "three letters"),
        ({"rate": 0.92}, "go with --currency"),
        ({"currency": "EUR", "rate": -1.0, "rate_date": "2026-11-20"}, "more than 0"),
        ({"currency": "EUR", "rate": 0.92, "rate_date": "20.11.2026"}, "YYYY-MM-DD"),
        ({"margin": "much"}, "such as 15%"),
        ({"margin": "-5%"}, "such as 15%"),
    ],
)
def test_terms_that_cannot_be_are_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        terms_of(replace(NOTHING, **said))
    assert told in f"{refused.value.message} {refused.value.hint}"


def test_terms_are_those_that_were_said() -> None:
    said = replace(NOTHING, margin="15%", currency="EUR", rate=0.92, rate_date="2026-11-20")
    assert terms_of(said) == Terms(15.0, "EUR", 0.92, date(2026, 11, 20))
    assert terms_of(NOTHING) == Terms()


def test_an_invoice_is_not_written_over_the_export_that_it_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "november.csv").write_text("day")
    said = replace(NOTHING, export=tmp_path / "november.csv", csv=tmp_path / "." / "november.csv")
    with pytest.raises(UsageError, match="write over the file of --export"):
        billed(said, {})


def test_who_asks_google_cloud_for_a_bill_is_told_of_the_export() -> None:
    google: Any = SimpleNamespace(
        cloud=SimpleNamespace(bills=None, name=CLOUDS["simulated-gcp"]), command=lambda verb: f"workstation {verb} film"
    )
    with pytest.raises(UsageError) as refused:
        bills_of(google)
    assert refused.value.message.startswith("The bill of the simulated Google Cloud is read from a file")
    assert "`workstation cost film --actual --export FILE`" in refused.value.hint


@pytest.mark.parametrize("said", [{"csv": Path("x.csv")}, {"by": "client"}, {"start": "2026-11-01"}, {"margin": "5"}])
def test_words_about_a_bill_without_one_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="with --actual"):
        refuse_without_actual(replace(NOTHING, **said))


def found(*entries: Entry, inactive: tuple[str, ...] = ()) -> Actual:
    rows = (Compared("edit-1", "machine", 20.0, 80.0, ("more hours: 60 billed, 15 estimated",)),) if entries else ()
    return Actual(Bill(entries, TODAY.replace(day=1), TODAY, inactive, 1), TODAY, 5, None, rows)


MACHINE = Entry(TODAY, "BoxUsage:g6.xlarge", 80.0, 60.0, "teaser", "", "edit-1")


def test_a_bill_is_shown_with_its_reasons_and_how_late_it_is() -> None:
    text = actual_text(found(MACHINE), "teaser", "machine", Terms(10.0), Screen(80), simulated=False)
    for words in (
        "Billed: 80.00 USD.",
        "To invoice: 88.00 USD",
        "more hours: 60 billed",
        "24 hours late",
        "2026-11-26",
        "asked 1 time",
    ):
        assert words in " ".join(text.split())


def test_tags_that_are_not_active_are_said_with_the_command_that_activates_them() -> None:
    text = actual_text(found(inactive=(WORKSTATION,)), "teaser", "machine", Terms(), Screen(80), simulated=True)
    assert WORKSTATION in text
    assert "--activate-tags" in text
    assert "Nothing is on the bill" in text


def test_the_document_adds_up() -> None:
    document = actual_document(found(MACHINE), "machine", Terms(15.0, "EUR", 0.5, TODAY))
    assert document["billed_usd"] == sum(document["groups"].values()) == sum(document["days"].values()) == 80.0
    assert document["invoice"]["amount"] == pytest.approx(46.0)
