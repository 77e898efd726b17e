"""A bill of Google Cloud from its export to BigQuery: rows as the table has them, or a file of the documented query."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import UsageError
from soundstage.pricing.bill import Bill, compared, kinds_of
from soundstage.pricing.facts import Source
from soundstage.pricing.google_export import COLUMNS, bill_of, read_export
from soundstage.pricing.google_skus import sku_kind
from soundstage.pricing.lines import Estimate, Line
from soundstage.pricing.usage import Range, Usage

START, END = date(2026, 11, 1), date(2026, 11, 30)
LABELS = [
    {"key": "soundstage-studio", "value": "home"}, {"key": "soundstage-project", "value": "teaser"},
    {"key": "soundstage-client", "value": "northlight"}, {"key": "soundstage-workstation", "value": "edit-1"},
]  # fmt: skip


def row(sku: str = "G2 Instance Core running in Frankfurt", cost: float = 2.0, **more: Any) -> dict[str, Any]:
    """A row as `bq query --format=json` prints it: numbers are texts."""
    return {
        "billing_account_id": "012345-6789AB-CDEF01", "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "X", "description": sku}, "usage_start_time": "2026-11-03 10:00:00 UTC", "usage_end_time": "2026-11-03 11:00:00 UTC",
        "project": {"id": "tinyorange-film", "labels": []}, "labels": LABELS, "system_labels": [],
        "location": {"region": "europe-west3"}, "cost": str(cost), "currency": "USD", "currency_conversion_rate": "1.0",
        "usage": {"amount": "3600", "unit": "seconds", "amount_in_pricing_units": "8.0", "pricing_unit": "hour"}, "credits": [],
        "cost_type": "regular", **more,
    }  # fmt: skip


def bill(*found: dict[str, Any], studio: str = "home", project: str | None = "teaser") -> Bill:
    return bill_of(read_export(json.dumps(found), "rows.json"), studio, project, START, END)


def test_a_row_is_of_its_day_project_client_and_machine() -> None:
    [one] = bill(row()).entries
    assert (one.day, one.project, one.client, one.machine) == (date(2026, 11, 3), "teaser", "northlight", "edit-1")
    assert (one.usd, one.quantity, one.kind) == (2.0, 8.0, "machine")


def test_credits_are_taken_off_and_another_currency_is_turned_into_dollars() -> None:
    credits = [{"name": "Sustained Usage Discount", "amount": "-0.5", "type": "SUSTAINED_USAGE_DISCOUNT"}]
    found = bill(row(cost=2.3, credits=credits, currency="EUR", currency_conversion_rate="0.9"))
    assert found.usd == pytest.approx((2.3 - 0.5) / 0.9)


def test_rows_of_another_project_another_studio_and_no_label_are_not_ours() -> None:
    other = [{**each, "value": "teaser-2"} if each["key"] == "soundstage-project" else each for each in LABELS]
    theirs = [{**each, "value": "away"} if each["key"] == "soundstage-studio" else each for each in LABELS]
    rows = (
        row(),
        row(labels=other),
        row(labels=theirs),
        row(labels=[]),
        row(labels=[{"key": "team", "value": "teaser"}]),
    )
    assert bill(*rows).usd == 2.0
    assert bill(*rows, project=None).by(lambda one: one.project) == {"teaser": 2.0, "teaser-2": 2.0}
    assert bill(*rows, studio="away").usd == 2.0


def test_rows_of_a_day_and_a_sku_are_one_entry_and_days_before_and_after_are_left_out() -> None:
    found = bill(
        row(), row(usage_start_time="2026-11-03 23:00:00 UTC"), row(usage_start_time="2026-10-31 23:59:59 UTC"),
        row(usage_start_time="2026-12-01T00:00:00+00:00"), row(usage_start_time="2026-12-01T00:30:00+01:00", cost=7.0),
    )  # fmt: skip
    assert found.days() == {"2026-11-03": 4.0, "2026-11-30": 7.0}


def test_a_label_that_stands_for_another_word_is_read_as_the_tag_that_it_carries() -> None:
    client = [*LABELS[:2], {"key": "soundstage-client", "value": "_4eorth_20_26_20_53ons"}]
    [one] = bill(row(labels=client)).entries
    assert one.client == "North & Sons"


def test_a_json_object_in_each_line_is_read_as_a_list_is() -> None:
    text = "\n".join(json.dumps(row(cost=cost)) for cost in (1.0, 2.0)) + "\n"
    assert bill_of(read_export(text, "rows.json"), "home", "teaser", START, END).usd == 3.0


def csv_of(*rows: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


FLAT = {
    "day": "2026-11-03", "studio": "home", "project": "teaser", "client": "", "machine": "edit-1", "sku": "Balanced PD Capacity in Frankfurt",
    "usage": "16.4", "cost": "1.97", "credits": "-0.17", "currency": "EUR", "currency_conversion_rate": "0.9",
}  # fmt: skip


def test_a_file_of_the_documented_query_is_read() -> None:
    found = bill_of(
        read_export("\ufeff" + csv_of(FLAT, {**FLAT, "project": ""}), "november.csv"), "home", "teaser", START, END
    )
    assert found.usd == pytest.approx(2.0)
    assert kinds_of(found) == {"disk": pytest.approx(2.0)}


def test_an_empty_line_before_the_columns_is_no_column() -> None:
    """`bq query --format=csv` may write one first."""
    found = bill_of(read_export("\n" + csv_of(FLAT), "november.csv"), "home", "teaser", START, END)
    assert found.usd == pytest.approx(2.0)


def test_a_line_separator_in_a_text_is_no_end_of_a_line_of_json() -> None:
    text = json.dumps(row(sku="Nvidia L4 GPU\u2028"), ensure_ascii=False) + "\n"
    assert bill_of(read_export(text, "rows.json"), "home", "teaser", START, END).usd == 2.0


def test_dollars_need_no_rate() -> None:
    text = csv_of({**FLAT, "currency": "USD", "currency_conversion_rate": ""})
    assert bill_of(read_export(text, "november.csv"), "home", "teaser", START, END).usd == pytest.approx(1.80)


def test_the_query_of_the_documentation_asks_for_these_columns() -> None:
    page = (Path(__file__).parents[2] / "docs" / "prices.md").read_text()
    query = page[page.index("```sql") : page.index("FROM `PROJECT")]
    names = [re.split(r"\s+AS\s+", line.strip().rstrip(","))[-1] for line in query.splitlines()[2:] if line.strip()]
    assert names == list(COLUMNS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("{", "is no JSON"),
        ("[1]", "in the place of a row"),
        ("day,cost\n2026-11-03,2\n", "lacks the columns studio, project"),
        (json.dumps([{**row(), "cost": "many"}]), "Row 1 of x cannot be read"),
        (json.dumps([{**row(), "cost": "NaN"}]), "Row 1 of x cannot be read"),
        (json.dumps([row(), {key: value for key, value in row().items() if key != "labels"}]), "Row 2 of x has no 'labels'"),
        (json.dumps([{**row(), "usage_start_time": "yesterday"}]), "Row 1 of x cannot be read"),
        (json.dumps([{**row(), "currency_conversion_rate": "-1"}]), "currency_conversion_rate is -1"),
        (json.dumps([{**row(), "labels": ["a"]}]), "Row 1 of x cannot be read"),
        (json.dumps([{**row(), "sku": 7}]), "Row 1 of x cannot be read"),
        (json.dumps([row(), {**row(), "sku": {"description": "\ud800"}}]), "Row 2 of x cannot be read"),
        (csv_of({**FLAT, "day": "3.11.2026"}), "Row 1 of x cannot be read"),
        ("[" * 100_000, "is no JSON"),
        (csv_of(FLAT).replace(",", ";"), "A comma has to stand between columns"),
        (csv_of(FLAT).replace("1.97", "1,97"), "more fields than there are columns"),
        (csv_of({**FLAT, "cost": "1,97"}), '"1,97" is no amount'),
        (csv_of({**FLAT, "currency_conversion_rate": ""}), 'its cost is in "EUR"'),
        (json.dumps([{**row(), "currency": "EUR", "currency_conversion_rate": None}]), 'its cost is in "EUR"'),
        (csv_of(FLAT)[:-12], "Row 1 of x has fewer fields"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_export_is_refused_with_the_row(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_export(text, "x")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("sku", "kind"),
    [
        ("G2 Instance Core running in Frankfurt", "machine"), ("Spot Preemptible G2 Instance Ram running in Frankfurt", "machine"),
        ("Nvidia L4 GPU running in Frankfurt", "machine"), ("N1 Predefined Instance Core running in Americas", "machine"),
        ("Licensing Fee for NVIDIA Quadro Virtual Workstation (GPU cost)", "machine"), ("Balanced PD Capacity in Frankfurt", "disk"),
        ("Hyperdisk Balanced Capacity in Iowa", "disk"), ("SSD backed Local Storage in Frankfurt", "disk"),
        ("Storage PD Snapshot in Frankfurt", "snapshot"), ("Standard Storage Frankfurt", "storage"), ("Archive Storage Belgium", "storage"),
        ("Regional Standard Class A Operations", "storage"), ("Nearline Data Retrieval", "storage"),
        ("Network Internet Data Transfer Out from Frankfurt to EMEA", "stream"), ("Networking Cloud Nat Data Processing", "network"),
        ("External IP Charge on a Standard VM", "network"), ("Active software symmetric key versions", "keys"),
        ("Log Storage cost", "logs"), ("Support", None),
    ],
)  # fmt: skip
def test_what_a_bill_of_google_names_is_of_a_kind(sku: str, kind: str | None) -> None:
    assert sku_kind(sku) == kind


def test_a_difference_of_a_machine_of_google_has_a_reason_and_no_hours_of_none() -> None:
    """The SKUs of Google count cores, memory and GPUs: hours of the machine are not on the bill."""
    source = Source("x", "x", "", START)
    line = Line("r", "t", "machine", "g2-standard-8, Linux, on demand", source, (Range.of(200.0),), machine="edit-1")
    [found] = compared(bill(row(cost=40.0)), Estimate((line,), ()), Usage({}, {"edit-1": 40.0}), 3)
    assert found.reasons == ("other hours, another type, or another price than the list price",)
