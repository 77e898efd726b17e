"""The bill of AWS is asked for as botocore's model allows, page by page, and read in the form that it documents."""

from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from soundstage.components.tags import CLIENT, PROJECT, WORKSTATION
from soundstage.core.errors import UsageError
from soundstage.pricing.bill import Bill, Entry
from soundstage.stacks.billing.actual import Period, days_there
from soundstage.stacks.clouds.aws.bills import AwsBills


def stubbed() -> tuple[AwsBills, Stubber]:
    client = boto3.client("ce", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    account = type("Account", (), {"client": lambda *_: client})()
    return AwsBills(account), Stubber(client)


def page(*groups: tuple[str, str, str, str], token: str = "") -> dict[str, Any]:
    return {
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": "2026-11-02", "End": "2026-11-03"}, "Total": {}, "Estimated": True,
                "Groups": [
                    {
                        "Keys": [first, second],
                        "Metrics": {
                            "UnblendedCost": {"Amount": usd, "Unit": "USD"}, "UsageQuantity": {"Amount": quantity, "Unit": "Hrs"},
                        },
                    }
                    for first, second, usd, quantity in groups
                ],
            }
        ],
        **({"NextPageToken": token} if token else {}),
    }  # fmt: skip


def tags(**status: str) -> dict[str, Any]:
    keys = {"project": PROJECT, "client": CLIENT, "workstation": WORKSTATION}
    return {
        "CostAllocationTags": [
            {"TagKey": keys[key], "Type": "UserDefined", "Status": word} for key, word in status.items()
        ]
    }


def test_a_bill_of_several_pages_is_read_whole() -> None:
    bills, stub = stubbed()
    stub.add_response("list_cost_allocation_tags", tags(project="Active", workstation="Inactive"))
    stub.add_response(
        "get_cost_and_usage", page((f"{WORKSTATION}$edit-1", "EU-BoxUsage:g6.xlarge", "3.5", "4"), token="more")
    )
    stub.add_response("get_cost_and_usage", page((f"{WORKSTATION}$", "NatGateway-Hours", "1.08", "24")))
    with stub:
        found = bills.of_project("teaser", date(2026, 11, 1), date(2026, 11, 26))
    stub.assert_no_pending_responses()
    assert [(one.machine, one.usage_type, one.usd, one.quantity) for one in found.entries] == [
        ("edit-1", "EU-BoxUsage:g6.xlarge", 3.5, 4.0), ("", "NatGateway-Hours", 1.08, 24.0),
    ]  # fmt: skip
    assert (found.inactive, found.asked, found.last) == ((WORKSTATION,), 2, date(2026, 11, 2))


def test_the_last_day_is_asked_for_too() -> None:
    """The end of Cost Explorer's period is not included."""
    bills, stub = stubbed()
    stub.add_response("list_cost_allocation_tags", tags(project="Active"))
    stub.add_response(
        "get_cost_and_usage", page((f"{CLIENT}$northlight", f"{PROJECT}$teaser", "2", "1")),
        {
            "TimePeriod": {"Start": "2026-11-01", "End": "2026-12-01"}, "Granularity": "DAILY",
            "Metrics": ["UnblendedCost", "UsageQuantity"],
            "Filter": {"Not": {"Tags": {"Key": PROJECT, "MatchOptions": ["ABSENT"]}}},
            "GroupBy": [{"Type": "TAG", "Key": CLIENT}, {"Type": "TAG", "Key": PROJECT}],
        },
    )  # fmt: skip
    with stub:
        found = bills.of_studio(date(2026, 11, 1), date(2026, 11, 30))
    assert [(one.client, one.project) for one in found.entries] == [("northlight", "teaser")]


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [(date(2026, 11, 20), date(2026, 11, 10), "ends before"), (date(2026, 12, 1), None, "has not begun")],
)
def test_a_period_that_cannot_be_is_refused(start: date, end: date | None, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Period(start, end).until(date(2026, 11, 26))


def test_a_period_that_is_not_said_is_this_month() -> None:
    assert Period().until(date(2026, 11, 26)) == (date(2026, 11, 1), date(2026, 11, 26))
    assert Period(end=date(2026, 10, 31)).until(date(2026, 11, 26)) == (date(2026, 10, 1), date(2026, 10, 31))


def test_disks_and_addresses_that_nothing_is_attached_to_are_found() -> None:
    client = boto3.client("ec2", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-1", "Size": 200, "VolumeType": "gp3"}]})
    stub.add_response(
        "describe_addresses",
        {"Addresses": [{"AllocationId": "eipalloc-1"}, {"AllocationId": "eipalloc-2", "AssociationId": "a"}]},
    )
    with stub:
        found = AwsBills(type("Account", (), {"client": lambda *_: client})()).unused("home", "teaser")
    assert [(one.item, one.id, one.region) for one in found] == [
        ("ebs.gp3.storage", "vol-1", "eu-west-1"), ("ipv4", "eipalloc-1", "eu-west-1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "days"),
    [
        (None, 3.0),
        (datetime(2026, 11, 2, 12, tzinfo=UTC), 1.5),
        (datetime(2026, 10, 1, tzinfo=UTC), 3.0),
        (datetime(2026, 11, 9, tzinfo=UTC), 0.0),
    ],
)
def test_a_project_that_came_up_at_noon_is_compared_from_noon_on(made: datetime | None, days: float) -> None:
    bill = Bill((Entry(date(2026, 11, 3), "BoxUsage:g6.xlarge", 1.0, 1.0),), date(2026, 11, 1), date(2026, 11, 30))
    assert days_there(bill, made) == days
