"""Schedules of the simulated account act when its clock passes their time, and the bill follows."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.test_bill_that_grows import DAY, PROJECT, activate, asked, days, tagged, turn_to_month
from tests.simulator.test_gap_services import machine, role

from soundstage.simulator import process
from soundstage.simulator.aws.billing.schedules import _next
from soundstage.simulator.process import Endpoint

OVER = "soundstage:hours-over"
WORKDAYS = "MON,TUE,WED,THU,FRI"


def schedule(cloud: Endpoint, name: str, expression: str, call: str, told: dict[str, Any], zone: str = "UTC") -> None:
    cloud.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, ScheduleExpressionTimezone=zone, FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": f"arn:aws:scheduler:::aws-sdk:ec2:{call}", "RoleArn": role(cloud, f"clock-{name}"), "Input": json.dumps(told)},
    )  # fmt: skip


def hours(cloud: Endpoint, identity: str) -> None:
    """Monday to Friday from nine to seventeen, as our component asks for them."""
    for name, expression, call, told in (
        ("start", f"cron(0 9 ? * {WORKDAYS} *)", "startInstances", {"InstanceIds": [identity]}),
        ("begin", f"cron(0 9 ? * {WORKDAYS} *)", "createTags", {"Resources": [identity], "Tags": [{"Key": OVER, "Value": "no"}]}),
        ("stop", f"cron(0 17 ? * {WORKDAYS} *)", "createTags", {"Resources": [identity], "Tags": [{"Key": OVER, "Value": "<aws.scheduler.scheduled-time>"}]}),
    ):  # fmt: skip
        schedule(cloud, name, expression, call, told)
    cloud.client("ec2").create_tags(Resources=[identity], Tags=[{"Key": "soundstage:idle-minutes", "Value": "30"}])


def state(cloud: Endpoint, identity: str) -> str:
    found = cloud.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    return str(found["State"]["Name"])


def test_a_machine_with_hours_was_billed_for_all_of_a_week(cloud: Endpoint, cloud_home: Path) -> None:
    """Eight hours of each working day, and the five minutes after which its guard stops it."""
    first = turn_to_month(cloud_home)
    identity = machine(cloud)
    tagged(cloud, identity)
    activate(cloud)
    hours(cloud, identity)
    cloud.client("ec2").stop_instances(InstanceIds=[identity])
    process.turn_clock(cloud_home, 14 * DAY)
    by = [{"Type": "TAG", "Key": PROJECT}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    ran = {
        row["TimePeriod"]["Start"]: float(group["Metrics"]["UsageQuantity"]["Amount"])
        for row in asked(cloud, *days(first, 14), GroupBy=by)
        for group in row["Groups"]
        if "BoxUsage" in group["Keys"][1]
    }
    working = [first + timedelta(days=number) for number in range(14) if (first + timedelta(days=number)).weekday() < 5]
    assert list(ran) == [day.strftime("%Y-%m-%d") for day in working]
    assert list(ran.values()) == pytest.approx([8 + 5 / 60] * len(working), abs=0.02)


def test_a_machine_whose_hours_are_over_stops_from_inside_and_starts_on_the_next_day(
    cloud: Endpoint, cloud_home: Path
) -> None:
    first = turn_to_month(cloud_home)
    identity = machine(cloud)
    hours(cloud, identity)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    process.turn_clock(cloud_home, (monday - first).total_seconds() + 12 * 3600)
    assert state(cloud, identity) == "running"
    process.turn_clock(cloud_home, 6 * 3600)
    found = cloud.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "stopped"
    assert found["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]}[OVER] == monday.strftime("%Y-%m-%dT17:00:00Z")
    process.turn_clock(cloud_home, 17 * 3600)
    assert state(cloud, identity) == "running"
    started = cloud.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0][
        "LaunchTime"
    ]
    assert started == (monday + timedelta(days=1)).replace(hour=9)


def test_a_machine_that_is_kept_awake_or_started_late_stays_on_after_its_hours(
    cloud: Endpoint, cloud_home: Path
) -> None:
    first = turn_to_month(cloud_home)
    identity = machine(cloud)
    hours(cloud, identity)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    process.turn_clock(cloud_home, (monday - first).total_seconds() + 16 * 3600)
    until = monday.replace(hour=20).strftime("%Y-%m-%dT%H:%M:%SZ")
    cloud.client("ec2").create_tags(
        Resources=[identity], Tags=[{"Key": "soundstage:keep-awake", "Value": f"{until} ana"}]
    )
    process.turn_clock(cloud_home, 3 * 3600)
    assert state(cloud, identity) == "running"
    process.turn_clock(cloud_home, 2 * 3600)
    assert state(cloud, identity) == "stopped"
    cloud.client("ec2").start_instances(InstanceIds=[identity])
    process.turn_clock(cloud_home, 2 * 3600)
    assert state(cloud, identity) == "running", "somebody works late"


def test_a_schedule_whose_machine_is_gone_is_left(cloud: Endpoint, cloud_home: Path) -> None:
    identity = machine(cloud)
    hours(cloud, identity)
    schedule(cloud, "broken", "cron(0 10 ? * MON,TUE *)", "startInstances", {"InstanceIds": 7})
    cloud.client("ec2").terminate_instances(InstanceIds=[identity])
    process.turn_clock(cloud_home, 8 * DAY)
    assert state(cloud, identity) == "terminated"


@pytest.mark.parametrize(
    ("expression", "zone", "after", "due"),
    [
        ("cron(30 9 ? * MON,FRI *)", "UTC", "2026-11-27T09:29:00", "2026-11-27T09:30:00"),
        ("cron(30 9 ? * MON,FRI *)", "UTC", "2026-11-27T09:30:00", "2026-11-30T09:30:00"),
        ("cron(0 9 ? * MON *)", "Europe/Lisbon", "2026-10-24T12:00:00", "2026-10-26T09:00:00"),
        ("cron(0 9 ? * MON *)", "Europe/Lisbon", "2026-07-01T12:00:00", "2026-07-06T08:00:00"),
        ("cron(0 9 ? * * *)", "Asia/Tokyo", "2026-11-27T01:00:00", "2026-11-28T00:00:00"),
        ("at(2026-12-01T10:00:00)", "UTC", "2026-11-27T01:00:00", "2026-12-01T10:00:00"),
        ("at(2026-12-01T10:00:00)", "UTC", "2026-12-01T10:00:00", None),
        ("cron(0 9 ? * MON-FRI *)", "UTC", "2026-11-26T10:00:00", "2026-11-27T09:00:00"),
        ("cron(0 9 ? * MON-FRI *)", "UTC", "2026-11-27T10:00:00", "2026-11-30T09:00:00"),
        ("cron(0 9 ? * WED,SAT-MON *)", "UTC", "2026-11-23T10:00:00", "2026-11-25T09:00:00"),
        ("cron(0 9 ? * WED,SAT-MON *)", "UTC", "2026-11-29T10:00:00", "2026-11-30T09:00:00"),
        ("cron(0 9 ? * L *)", "UTC", "2026-11-27T10:00:00", None),
        ("rate(5 minutes)", "UTC", "2026-12-01T10:00:00", None),
    ],
)  # fmt: skip
def test_a_schedule_is_due_in_its_own_time_zone(expression: str, zone: str, after: str, due: str | None) -> None:
    class Kept:
        schedule_expression = expression
        schedule_expression_timezone = zone

    found = _next(Kept(), datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp())
    assert (None if found is None else datetime.fromtimestamp(found, UTC).strftime("%Y-%m-%dT%H:%M:%S")) == due
