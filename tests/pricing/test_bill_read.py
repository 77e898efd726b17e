"""A bill is read by kind and machine, beside an estimate with the reason for a difference, and written for an invoice."""

import csv
import io
from datetime import date

import pytest

from soundstage.pricing.bill import Bill, Entry, compared, kinds_of
from soundstage.pricing.facts import HOURS_A_MONTH, Source
from soundstage.pricing.invoice import Terms, invoice_csv
from soundstage.pricing.lines import Estimate, Kind, Line
from soundstage.pricing.usage import Range, Usage
from soundstage.pricing.usage_types import REGION_LETTERS, known_as, machine_type, named, table, written

DAY = date(2026, 11, 3)
SOURCE = Source("x", "x", "", DAY)
MONTH_DAYS = HOURS_A_MONTH / 24


def entry(usage: str, usd: float, quantity: float = 1.0, **more: str) -> Entry:
    return Entry(DAY, usage, usd, quantity, "teaser", **more)


def bill(*entries: Entry) -> Bill:
    return Bill(entries, DAY.replace(day=1), DAY.replace(day=30))


def line(kind: Kind, what: str, month: float, machine: str = "", assumes: tuple[str, ...] = ()) -> Line:
    return Line("r", "t", kind, what, SOURCE, (Range.of(month),), machine=machine, assumes=assumes)


@pytest.mark.parametrize(
    ("usage", "kind"),
    [
        ("EUC1-BoxUsage:g6.xlarge", "machine"), ("SpotUsage:g5.2xlarge", "machine"), ("EU-EBS:VolumeUsage.gp3", "disk"),
        ("EBS:SnapshotUsage", "snapshot"), ("APN1-TimedStorage-ByteHrs", "storage"), ("EU-TimedStorage-GIR-ByteHrs", "storage"),
        ("USE1-VpcEndpoint-Hours", "network"), ("NatGateway-Bytes", "network"), ("us-east-1-KMS-Keys", "keys"),
        ("EU-DataTransfer-Out-Bytes", "stream"), ("EU-USE1-AWS-Out-Bytes", "storage"), ("CW:AlarmMonitorUsage", "guard"),
        ("EU-Requests-Tier1", "storage"), ("EU-PublicIPv4:IdleAddress", "network"), ("Tax-of-nothing", "other"),
    ],
)  # fmt: skip
def test_what_a_bill_names_is_of_a_kind(usage: str, kind: str) -> None:
    assert entry(usage, 1.0).kind == kind


def test_a_usage_type_that_is_written_for_any_region_is_read_again() -> None:
    for one in table():
        for region in REGION_LETTERS:
            if "*" not in one.pattern:
                assert known_as(written(one.pattern, region)) == one
    assert machine_type(written("BoxUsage:g6e.2xlarge", "ap-south-1")) == "g6e.2xlarge"
    assert named("ebs.gp3.storage") is not None


def test_more_hours_are_the_reason_of_a_larger_bill() -> None:
    """40 h a week are 13.15 h in 2.3 days; 30 were billed."""
    found = compared(
        bill(entry("BoxUsage:g6.xlarge", 24.0, 30.0, machine="edit-1")),
        Estimate((line("machine", "g6.xlarge, Linux, on demand", 140.0, "edit-1"),), ()), Usage({}, {"edit-1": 40.0}), 3,
    )  # fmt: skip
    assert [(row.machine, row.kind) for row in found] == [("edit-1", "machine")]
    assert found[0].estimated == pytest.approx(140 * 3 / MONTH_DAYS)
    assert found[0].reasons == ("more hours: 30 billed, 17 estimated",)


def test_another_type_than_that_of_the_file_is_named() -> None:
    found = compared(
        bill(entry("EU-BoxUsage:g6.4xlarge", 90.0, 70.0, machine="edit-1")),
        Estimate((line("machine", "g6.xlarge, Linux, on demand", 300.0, "edit-1"),), ()), Usage({}, {"edit-1": 168.0}), 3,
    )  # fmt: skip
    assert found[0].reasons == ("another type: billed as g6.4xlarge, the file has g6.xlarge",)


def test_what_is_billed_and_in_no_file_is_named() -> None:
    found = compared(bill(entry("NatGateway-Hours", 5.0, 100.0)), Estimate((), ()), Usage(), 3)
    assert found[0].reasons == ("nothing of the kind is in the file: NatGateway-Hours",)


def test_what_is_estimated_and_not_billed_is_said() -> None:
    found = compared(bill(), Estimate((line("storage", "media", 60.0),), ()), Usage(), 10)
    assert found[0].reasons == ("nothing was billed: not used, or not on the bill yet",)


def test_more_data_than_assumed_is_the_reason_where_it_was_assumed() -> None:
    estimate = Estimate((line("storage", "media", 10.0, assumes=("ingest_gib_per_month",)),), ())
    found = compared(bill(entry("TimedStorage-ByteHrs", 20.0, 900.0)), estimate, Usage(), 30)
    assert found[0].reasons == ("more was stored, sent or asked than assumed",)


@pytest.mark.parametrize(("month", "days"), [(1, 31), (2, 28), (4, 30)])
def test_a_disk_of_a_long_month_was_estimated_for_more_than_a_month(month: int, days: int) -> None:
    """A GB-month is prorated by the month's own length; what is billed by the hour costs more in a long one."""
    whole = Bill((), date(2027, month, 1), date(2027, month, days))
    disk, endpoint = line("disk", "d", 30.0), line("network", "n", 7.3)
    found = {one.kind: one.estimated for one in compared(whole, Estimate((disk, endpoint), ()), Usage(), days)}
    assert found == {"disk": pytest.approx(30.0), "network": pytest.approx(0.01 * 24 * days)}


def test_a_difference_of_less_than_a_dollar_has_no_reason() -> None:
    found = compared(bill(entry("EBS:VolumeUsage.gp3", 1.5)), Estimate((line("disk", "d", 20.0),), ()), Usage(), 3)
    assert found[0].reasons == ()


def test_the_sums_of_a_bill_are_all_of_it() -> None:
    one = bill(entry("BoxUsage:g6.xlarge", 3.0, machine="a"), entry("NatGateway-Hours", 2.0), entry("odd", 1.0))
    assert kinds_of(one) == {"machine": 3.0, "network": 2.0, "other": 1.0}
    assert sum(one.by(lambda each: each.machine).values()) == sum(one.days().values()) == one.usd == 6.0


def test_an_invoice_has_the_margin_and_the_rate_in_every_row() -> None:
    terms = Terms(15.0, "EUR", 0.92, date(2026, 11, 20))
    rows = list(
        csv.DictReader(
            io.StringIO(invoice_csv(bill(entry("BoxUsage:g6.xlarge", 100.0, machine="edit-1")), terms, "northlight"))
        )
    )
    assert rows == [
        {
            "day": "2026-11-03", "client": "northlight", "project": "teaser", "machine": "edit-1", "kind": "machine",
            "usage": "BoxUsage:g6.xlarge", "quantity": "1.000000", "cost_usd": "100.000000", "margin_percent": "15", "rate": "0.92",
            "rate_date": "2026-11-20", "amount": "105.800000", "currency": "EUR",
        }
    ]  # fmt: skip


def test_a_client_whose_name_begins_like_a_formula_stays_words() -> None:
    assert "'=HYPERLINK" in invoice_csv(bill(entry("x", 1.0)), Terms(), "=HYPERLINK(1)")
