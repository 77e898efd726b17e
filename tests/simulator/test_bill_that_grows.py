"""The simulated account has a bill that grows with what runs and with the cloud's clock, and budgets act on it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.test_gap_services import ANA, AT_80, budget, machine, role

from soundstage.pricing.facts import machine_hour
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud

PROJECT = "soundstage:project"
DAY = 86_400.0


def tagged(cloud: Endpoint, identity: str, project: str = "teaser") -> None:
    cloud.client("ec2").create_tags(Resources=[identity], Tags=[{"Key": PROJECT, "Value": project}])


def activate(cloud: Endpoint) -> None:
    wanted = [{"TagKey": PROJECT, "Status": "Active"}]
    assert not cloud.client("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)["Errors"]


def asked(cloud: Endpoint, start: str, end: str, **more: Any) -> list[dict[str, Any]]:
    period = {"Start": start, "End": end}
    arguments = {"Granularity": "DAILY", "Metrics": ["UnblendedCost", "UsageQuantity"], **more}
    found: list[dict[str, Any]] = cloud.client("ce").get_cost_and_usage(TimePeriod=period, **arguments)["ResultsByTime"]
    return found


def turn_to_month(home: Path) -> datetime:
    """Turn the clock to the beginning of the next month, so that no test depends on the day. Returns it."""
    now = datetime.fromtimestamp(process.clock(home)[0], UTC)
    first = now.replace(
        year=now.year + now.month // 12, month=now.month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    process.turn_clock(home, (first - now).total_seconds() + 1)
    return first


def days(first: datetime, number: int) -> tuple[str, str]:
    return first.strftime("%Y-%m-%d"), first.replace(day=1 + number).strftime("%Y-%m-%d")


def test_a_machine_is_billed_for_the_hours_that_it_runs(cloud: Endpoint, cloud_home: Path) -> None:
    first = turn_to_month(cloud_home)
    identity = machine(cloud)
    tagged(cloud, identity)
    activate(cloud)
    process.turn_clock(cloud_home, 10 * 3600)
    cloud.client("ec2").stop_instances(InstanceIds=[identity])
    process.turn_clock(cloud_home, 3 * DAY)
    by = [{"Type": "TAG", "Key": PROJECT}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    found = asked(cloud, *days(first, 3), GroupBy=by)
    hours = {
        (row["TimePeriod"]["Start"], group["Keys"][0]): (
            float(group["Metrics"]["UsageQuantity"]["Amount"]),
            float(group["Metrics"]["UnblendedCost"]["Amount"]),
        )
        for row in found
        for group in row["Groups"]
        if group["Keys"][1] == "EU-BoxUsage:g5.xlarge"
    }
    ((key, (quantity, usd)),) = hours.items()
    assert key == (first.strftime("%Y-%m-%d"), f"{PROJECT}$teaser")
    assert quantity == pytest.approx(10, abs=0.05)
    assert usd == pytest.approx(quantity * (machine_hour("g5.xlarge", "eu-west-1") or 0))


def test_a_bucket_in_which_something_was_deleted_left_every_call_without_an_answer(
    cloud: Endpoint, cloud_home: Path
) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="rushes-of-teaser", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="rushes-of-teaser", VersioningConfiguration={"Status": "Enabled"})
    for name in ("kept.mov", "gone.mov"):
        s3.put_object(Bucket="rushes-of-teaser", Key=name, Body=b"picture")
    s3.delete_object(Bucket="rushes-of-teaser", Key="gone.mov")
    process.turn_clock(cloud_home, 2 * DAY)
    assert s3.head_object(Bucket="rushes-of-teaser", Key="kept.mov")["ContentLength"] == 7


def test_a_disk_costs_on_while_its_machine_is_stopped(cloud: Endpoint, cloud_home: Path) -> None:
    first = turn_to_month(cloud_home)
    made = cloud.client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=100, VolumeType="gp3")
    tagged(cloud, made["VolumeId"])
    activate(cloud)
    process.turn_clock(cloud_home, 2 * DAY)
    only = {"Tags": {"Key": PROJECT, "Values": ["teaser"]}}
    total = asked(cloud, *days(first, 2), Granularity="MONTHLY", Filter=only)[0]["Total"]
    month = (turn_to_month(cloud_home) - first).days
    assert float(total["UsageQuantity"]["Amount"]) == pytest.approx(100 * 2 / month, rel=0.01)


def test_what_was_fetched_out_of_a_bucket_was_on_no_bill(cloud: Endpoint, cloud_home: Path) -> None:
    """Ireland asks 0.09 for a GB that leaves through the internet (Infracost's golden files, 2026-05-03)."""
    first = turn_to_month(cloud_home)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="rushes-of-teaser", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="rushes-of-teaser", Tagging={"TagSet": [{"Key": PROJECT, "Value": "teaser"}]})
    tagged(
        cloud, cloud.client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=1, VolumeType="gp3")["VolumeId"]
    )
    picture = b"x" * 3_000_000
    s3.put_object(Bucket="rushes-of-teaser", Key="a.mov", Body=picture)
    for _ in range(2):
        assert s3.get_object(Bucket="rushes-of-teaser", Key="a.mov")["Body"].read() == picture
    s3.get_object(Bucket="rushes-of-teaser", Key="a.mov", Range="bytes=0-999999")["Body"].read()
    s3.head_object(Bucket="rushes-of-teaser", Key="a.mov")
    process.turn_clock(cloud_home, DAY)
    activate(cloud)
    only = {"Tags": {"Key": PROJECT, "Values": ["teaser"]}}
    found = asked(cloud, *days(first, 1), Filter=only, GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}])[0]
    [traffic] = [one["Metrics"] for one in found["Groups"] if one["Keys"] == ["EU-DataTransfer-Out-Bytes"]]
    gib = 7_000_000 / 2**30
    assert float(traffic["UsageQuantity"]["Amount"]) == pytest.approx(gib, rel=0.01)
    assert float(traffic["UnblendedCost"]["Amount"]) == pytest.approx(gib * 0.09, rel=0.01)


def test_a_bill_is_split_by_no_tag_that_is_not_active(cloud: Endpoint, cloud_home: Path) -> None:
    first = turn_to_month(cloud_home)
    tagged(cloud, machine(cloud))
    process.turn_clock(cloud_home, DAY)
    by = [{"Type": "TAG", "Key": PROJECT}]
    assert {group["Keys"][0] for row in asked(cloud, *days(first, 1), GroupBy=by) for group in row["Groups"]} == {
        f"{PROJECT}$"
    }
    activate(cloud)
    assert f"{PROJECT}$teaser" in {
        group["Keys"][0] for row in asked(cloud, *days(first, 1), GroupBy=by) for group in row["Groups"]
    }


def test_the_bill_and_the_clock_survive_a_restart(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud:
        first = turn_to_month(tmp_path)
        identity = machine(cloud)
        process.turn_clock(tmp_path, DAY + 60)
        tagged(cloud, identity)
        before, ahead = asked(cloud, *days(first, 1)), process.clock(tmp_path)[1]
        process.stop(tmp_path)
        again = process.ensure(tmp_path)
        assert asked(again, *days(first, 1)) == before
        assert process.clock(tmp_path)[1] == ahead


@pytest.fixture
def watched(cloud: Endpoint, cloud_home: Path) -> tuple[Endpoint, Path, str, str]:
    """A machine, and a budget of 100 USD that stops it when it is spent and tells Ana at 80 per cent, also of a forecast."""
    turn_to_month(cloud_home)
    identity, arn = machine(cloud), role(cloud)
    tagged(cloud, identity)
    activate(cloud)
    budgets, account = cloud.client("budgets"), cloud.account_id
    forecast = {**AT_80, "NotificationType": "FORECASTED"}
    budgets.create_budget(
        AccountId=account, Budget=budget("teaser", "100", CostFilters={"TagKeyValue": [f"user:{PROJECT}$teaser"]}),
        NotificationsWithSubscribers=[{"Notification": one, "Subscribers": [ANA]} for one in (AT_80, forecast)],
    )  # fmt: skip
    made = budgets.create_budget_action(
        AccountId=account, BudgetName="teaser", NotificationType="ACTUAL", ActionType="RUN_SSM_DOCUMENTS",
        ActionThreshold={"ActionThresholdValue": 100.0, "ActionThresholdType": "PERCENTAGE"},
        Definition={
            "SsmActionDefinition": {"ActionSubType": "STOP_EC2_INSTANCES", "Region": "eu-west-1", "InstanceIds": [identity]}
        },
        ExecutionRoleArn=arn, ApprovalModel="AUTOMATIC", Subscribers=[ANA],
    )  # fmt: skip
    return cloud, cloud_home, identity, made["ActionId"]


def state(cloud: Endpoint, identity: str) -> str:
    found = cloud.client("ec2").describe_instances(InstanceIds=[identity])
    word: str = found["Reservations"][0]["Instances"][0]["State"]["Name"]
    return word


def subjects(home: Path) -> list[str]:
    return [one["subject"] for one in process.mail(home)]


def test_a_month_in_which_the_budget_stops_the_machine_once(watched: tuple[Endpoint, Path, str, str]) -> None:
    """1.123 USD an hour: 80 USD are spent within the third day, 100 within the fourth."""
    cloud, home, identity, action = watched
    other = cloud.client("ec2").run_instances(
        ImageId=cloud.client("ec2").describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"],
        InstanceType="t3.micro", MinCount=1, MaxCount=1,
    )["Instances"][0]["InstanceId"]  # fmt: skip
    process.turn_clock(home, 2 * DAY)
    assert (state(cloud, identity), subjects(home)) == ("running", [])
    process.turn_clock(home, 1.1 * DAY)
    assert (state(cloud, identity), len(subjects(home))) == ("running", 1)
    process.turn_clock(home, DAY)
    assert state(cloud, identity) == "stopped"
    assert len(subjects(home)) == 2
    assert "Stopped: i-" in process.mail(home)[-1]["text"]
    asked_for = {"AccountId": cloud.account_id, "BudgetName": "teaser", "ActionId": action}
    assert cloud.client("budgets").describe_budget_action(**asked_for)["Action"]["Status"] == "EXECUTION_SUCCESS"
    process.turn_clock(home, 20 * DAY)
    assert state(cloud, other) == "running", "nothing but the project's machines is stopped"
    assert len(subjects(home)) == 2, "people are told once"
    spent = cloud.client("budgets").describe_budget(AccountId=cloud.account_id, BudgetName="teaser")["Budget"]
    assert 100 < float(spent["CalculatedSpend"]["ActualSpend"]["Amount"]) < 130


def test_a_forecast_early_in_a_first_month_tells_nobody_and_stops_nothing(
    watched: tuple[Endpoint, Path, str, str],
) -> None:
    """After a day at 27 USD a day everybody can count that 100 will not do. AWS forecasts nothing before five weeks."""
    cloud, home, identity, _ = watched
    process.turn_clock(home, 1.5 * DAY)
    assert (state(cloud, identity), subjects(home)) == ("running", [])


def test_a_budget_begins_anew_with_the_month(watched: tuple[Endpoint, Path, str, str]) -> None:
    cloud, home, identity, action = watched
    process.turn_clock(home, 5 * DAY)
    turn_to_month(home)
    process.turn_clock(home, DAY)
    asked_for = {"AccountId": cloud.account_id, "BudgetName": "teaser", "ActionId": action}
    assert cloud.client("budgets").describe_budget_action(**asked_for)["Action"]["Status"] == "STANDBY"
    cloud.client("ec2").start_instances(InstanceIds=[identity])
    process.turn_clock(home, 5 * DAY)
    assert state(cloud, identity) == "stopped"


def test_a_forecast_after_five_weeks_tells_and_stops_nothing(watched: tuple[Endpoint, Path, str, str]) -> None:
    cloud, home, identity, _ = watched
    cloud.client("budgets").update_budget(
        AccountId=cloud.account_id,
        NewBudget=budget("teaser", "900", CostFilters={"TagKeyValue": [f"user:{PROJECT}$teaser"]}),
    )
    process.turn_clock(home, 38 * DAY)
    assert state(cloud, identity) == "running"
    assert any("is forecast to cost" in one["text"] for one in process.mail(home))


def test_a_clock_turns_forward_only(cloud: Endpoint, cloud_home: Path) -> None:
    with pytest.raises(Exception, match="turns forward"):
        process.turn_clock(cloud_home, -1)


def test_a_cloud_that_was_asked_page_by_page_could_not_be_saved(cloud: Endpoint, cloud_home: Path) -> None:
    for size in (1, 2):
        made = cloud.client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=size)
        tagged(cloud, made["VolumeId"])
    asked_first = cloud.client("resourcegroupstaggingapi").get_resources(ResourcesPerPage=1)
    process.set_enforcement(cloud_home, False)
    left = cloud.client("resourcegroupstaggingapi").get_resources(PaginationToken=asked_first["PaginationToken"])
    assert len(left["ResourceTagMappingList"]) == 1
