"""Bills computed by hand from the figures that the clouds publish, against the estimate: within one per cent.

Every bill names its source. The arithmetic is written out and uses none of our code and none of our tables.
Sources: K = Karpenter's list from the AWS Price List API, 2026-07-20, us-east-1; I = Infracost's golden files, made from the price
interfaces, 2026-05-03; S = SkyPilot's catalogues, 2026-02; N = AmazonEC2 offer file of eu-west-1, 2026-09-25; E = AWS Price List API for
EBS in eu-west-1, 2026-05-01; P = AWS Price List API for ap-southeast-1, 2026-08-12; C = Google's SKUs by Cyclenerd, 2026-08-20; G = AWS
Price List API for S3 in us-east-1, 2026-08-01.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.pricing.estimate import estimate
from soundstage.pricing.lines import Estimate, limit_hit
from soundstage.pricing.usage import Usage

WEEKS = 730 / 168
INSTANCE, VOLUME = "aws:ec2/instance:Instance", "aws:ebs/volume:Volume"
NAT, ENDPOINT = "aws:ec2/natGateway:NatGateway", "aws:ec2/vpcEndpoint:VpcEndpoint"
BUCKET, EIP = "aws:s3/bucket:Bucket", "aws:ec2/eip:Eip"
RULES = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def resource(token: str, name: str = "one", region: str = "us-east-1", **inputs: Any) -> PlannedResource:
    """A resource that will be made. `depends` maps an input to the names of resources, as `type::name`."""
    depends: Mapping[str, list[str]] = inputs.pop("depends", {})
    return PlannedResource(
        urn=f"urn:pulumi:s::p::{token}::{name}", type=token, name=name, operation=Operation.CREATE,
        inputs={"region": region, **inputs},
        property_dependencies={key: tuple(f"urn:pulumi:s::p::{one}" for one in names) for key, names in depends.items()},
    )  # fmt: skip


def bill(*resources: PlannedResource, **said: float) -> Estimate:
    plan = Plan("p", "s", resources)
    return estimate(plan, Usage(said=said))


def close(found: float, by_hand: float) -> None:
    assert found == pytest.approx(by_hand, rel=0.01)


def machine(type: str = "g5.2xlarge", *, windows: bool = False, gib: int = 100, **inputs: Any) -> PlannedResource:
    image = "soundstage/edit-windows/x" if windows else "soundstage/edit-linux/x"
    return resource(
        INSTANCE, instanceType=type, rootBlockDevice={"volumeType": "gp3", "volumeSize": gib},
        tags={"soundstage:workstation": "edit-1", "soundstage:image": image}, **inputs,
    )  # fmt: skip


def test_a_linux_machine_for_forty_hours_a_week() -> None:
    """K: g5.2xlarge 1.212. I: gp3 0.08. 173.81 hours."""
    found = bill(machine(), hours_per_week=40, stream_mbit_per_second=0)
    close(found.month().typical, 40 * WEEKS * 1.212 + 100 * 0.08)
    close(found.hour.typical, 1.212)


def test_a_windows_machine_in_ireland() -> None:
    """S: g5.2xlarge in eu-west-1 1.353; Windows 8 x 0.046 an hour. E: gp3 0.088."""
    found = bill(machine(windows=True, region="eu-west-1"), hours_per_week=50, stream_mbit_per_second=0)
    close(found.hour.typical, 1.353 + 8 * 0.046)
    close(found.month().typical, 50 * WEEKS * 1.721 + 100 * 0.088)


def test_a_stopped_month_of_a_machine_with_a_work_disk_and_an_address() -> None:
    """I: gp3 0.08, throughput above 125 MiB/s 0.04; address 0.005 an hour, used or not."""
    found = bill(machine(), resource(VOLUME, "data", type="gp3", size=500, throughput=250), resource(EIP, "ip"))
    close(found.stopped.typical, 100 * 0.08 + 500 * 0.08 + 125 * 0.04 + 730 * 0.005)


def test_a_spot_machine_is_a_range_of_one_day() -> None:
    """S: g6e.xlarge in us-east-1, cheapest zone 0.9154, dearest 1.1975."""
    spot = {"marketType": "spot"}
    found = bill(machine("g6e.xlarge", instanceMarketOptions=spot), hours_per_week=40, stream_mbit_per_second=0)
    close(found.hour.low, 0.9154)
    close(found.hour.high, 1.1975)
    close(found.month().high, 40 * WEEKS * 1.1975 + 8)


def test_a_picture_of_fifteen_megabits_for_forty_hours_a_week() -> None:
    """15 Mbit/s are 6.2864 GiB an hour (15e6 / 8 x 3600 / 2^30). I: out to the internet 0.09."""
    at = {"instance": [f"{INSTANCE}::one"]}
    found = bill(machine(), resource(EIP, "ip", depends=at), hours_per_week=40, stream_mbit_per_second=15)
    streamed = sum(line.month(0).typical for line in found.lines if line.kind == "stream")
    close(streamed, 40 * WEEKS * 6.2864 * 0.09)


def test_the_egress_of_sixty_terabytes_falls_in_bands() -> None:
    """I: 10,240 GiB at 0.09, 40,960 at 0.085, the rest at 0.07."""
    found = bill(resource(BUCKET), ingest_gib_per_month=0, deliver_gib_per_month=61_440)
    close(found.month().typical, 10_240 * 0.09 + 40_960 * 0.085 + 10_240 * 0.07)


def test_the_egress_of_two_hundred_terabytes_lacked_its_last_band() -> None:
    """I: 10,240 GiB at 0.09, 40,960 at 0.085, 102,400 at 0.07, the rest at 0.05, for Ohio. Virginia asks the same; what I bills there
    ends below its last band."""
    by_hand = 10_240 * 0.09 + 40_960 * 0.085 + 102_400 * 0.07 + 51_200 * 0.05
    for region in ("us-east-1", "us-east-2"):
        found = bill(resource(BUCKET, region=region), ingest_gib_per_month=0, deliver_gib_per_month=204_800)
        close(found.month().typical, by_hand)


def test_egress_from_sao_paulo() -> None:
    """I: 0.15 for the first 10 TB."""
    found = bill(resource(BUCKET, region="sa-east-1"), ingest_gib_per_month=0, deliver_gib_per_month=1000)
    close(found.month().typical, 1000 * 0.15)


def test_a_month_of_a_nat_gateway_in_ireland() -> None:
    """N: 0.048 an hour, 0.048 a GB. I: address 0.005."""
    found = bill(resource(NAT, region="eu-west-1"), resource(EIP, "ip", region="eu-west-1"), nat_gib_per_month=200)
    close(found.month().typical, 730 * 0.048 + 200 * 0.048 + 730 * 0.005)
    close(found.stopped.typical, 730 * 0.048 + 730 * 0.005)


def test_a_month_of_a_nat_gateway_in_virginia() -> None:
    """I, `nat_gateway_test`: 730 hours 32.85, 100 GB 4.50."""
    close(bill(resource(NAT), nat_gib_per_month=100).month().typical, 32.85 + 4.50)


def test_four_interface_endpoints_in_two_zones_in_singapore() -> None:
    """P: 0.013 for each endpoint, zone and hour."""
    made = [
        resource(ENDPOINT, name, region="ap-southeast-1", vpcEndpointType="Interface", subnetIds=["a", "b"])
        for name in ("ssm", "ssmmessages", "kms", "logs")
    ]
    close(bill(*made).month().typical, 4 * 2 * 730 * 0.013)


def test_a_gateway_endpoint_costs_nothing() -> None:
    found = bill(resource(ENDPOINT, vpcEndpointType="Gateway"))
    assert (found.lines, found.unpriced) == ((), ())


def test_a_fast_disk_gp3() -> None:
    """I: 0.08 a GB, 0.005 for each operation above 3000, 0.04 for each MiB/s above 125."""
    found = bill(resource(VOLUME, type="gp3", size=2000, iops=10_000, throughput=500))
    close(found.month().typical, 2000 * 0.08 + 7000 * 0.005 + 375 * 0.04)


def test_a_disk_io2() -> None:
    """I: 0.125 a GB and 0.065 an operation."""
    close(bill(resource(VOLUME, type="io2", size=400, iops=5000)).month().typical, 400 * 0.125 + 5000 * 0.065)


def test_footage_that_ages_for_a_year() -> None:
    """500 GiB a month, evenly, into infrequent access after 30 days. I: Standard 0.023, Standard-IA 0.0125, move 0.01 a thousand.

    In month 12 the last 30 days are in Standard: 30 x 500 / 30.4167 = 493.15 GiB; all older ones in IA. The average age line: at the middle
    of month 12 there are 11.5 x 500 = 5,750 GiB altogether. Files of 50 MiB: 10,240 a month, each of 7 parts and 2 calls more.
    """
    rules = [{"status": "Enabled", "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}]}]
    found = bill(
        resource(BUCKET, bucket="media"), resource(RULES, "rules", bucket="media", rules=rules),
        ingest_gib_per_month=500, mean_file_mib=50, deliver_gib_per_month=0, retrieve_gib_per_month=0,
    )  # fmt: skip
    storage = 493.15 * 0.023 + (5750 - 493.15) * 0.0125
    requests = 10_240 * 9 / 1000 * 0.005
    moves = 10_240 / 1000 * 0.01
    close(found.month(11).typical, storage + requests + moves)


def test_the_first_month_of_footage_is_half_full() -> None:
    """I: Standard 0.023. 1,000 GiB that come in evenly are 500 on the average."""
    found = bill(resource(BUCKET), ingest_gib_per_month=1000, mean_file_mib=1000, deliver_gib_per_month=0)
    close(found.month().typical, 500 * 0.023 + 1.024 * (125 + 2) * 0.005)


def test_small_files_in_deep_archive_carry_forty_kib_each() -> None:
    """I: Deep Archive 0.00099, move 0.05 a thousand, Standard 0.023. 1,000 GiB in files of 256 KiB that were there from the beginning and
    moved on the first day: 4,096,000 files, each with 32 KiB in its class and 8 KiB in Standard (S3 User Guide)."""
    rules = [{"status": "Enabled", "transitions": [{"days": 0, "storageClass": "DEEP_ARCHIVE"}]}]
    found = bill(
        resource(BUCKET, bucket="media"), resource(RULES, "rules", bucket="media", rules=rules),
        ingest_gib_per_month=0, stored_gib=1000, mean_file_mib=0.25, deliver_gib_per_month=0, retrieve_gib_per_month=0,
    )  # fmt: skip
    files = 4_096_000
    monthly = 1000 * 0.00099 + files * 32 / 2**20 * 0.00099 + files * 8 / 2**20 * 0.023
    close(found.month(5).typical, monthly)


def test_files_below_128_kib_stay_in_standard() -> None:
    """S3 does not move them (S3 User Guide, 2024-09). I: 0.023."""
    rules = [{"status": "Enabled", "transitions": [{"days": 30, "storageClass": "GLACIER"}]}]
    found = bill(
        resource(BUCKET, bucket="media"), resource(RULES, "rules", bucket="media", rules=rules),
        ingest_gib_per_month=0, stored_gib=100, mean_file_mib=0.1, deliver_gib_per_month=0, retrieve_gib_per_month=0,
    )  # fmt: skip
    close(found.month(6).typical, 100 * 0.023)


def test_instant_archive_in_singapore() -> None:
    """P: Standard 0.025, Glacier Instant Retrieval 0.005. 1,000 GiB there from the beginning, moved after 60 days."""
    rules = [{"status": "Enabled", "transitions": [{"days": 60, "storageClass": "GLACIER_IR"}]}]
    found = bill(
        resource(BUCKET, region="ap-southeast-1", bucket="media"),
        resource(RULES, "rules", region="ap-southeast-1", bucket="media", rules=rules),
        ingest_gib_per_month=0, stored_gib=1000, mean_file_mib=100, deliver_gib_per_month=0, retrieve_gib_per_month=0,
    )  # fmt: skip
    close(found.month(0).typical, 1000 * 0.025)
    close(found.month(6).typical, 1000 * 0.005)


def test_a_class_that_is_left_too_early_is_billed_to_its_end() -> None:
    """G: Glacier Instant Retrieval 0.004, 90 days at the least. 1,000 GiB go there after 0 days and expire after 30: 60 days more."""
    rules = [
        {"status": "Enabled", "transitions": [{"days": 0, "storageClass": "GLACIER_IR"}], "expiration": {"days": 30}}
    ]
    found = bill(
        resource(BUCKET, bucket="media"), resource(RULES, "rules", bucket="media", rules=rules),
        ingest_gib_per_month=0, stored_gib=1000, mean_file_mib=100, deliver_gib_per_month=0, retrieve_gib_per_month=0,
    )  # fmt: skip
    whole = sum(found.month(number).typical for number in range(12))
    close(whole, 1000 * 0.004 * 90 / (365 / 12))


def test_a_copy_in_a_second_region() -> None:
    """I: to another region 0.02 from eu-west-1, 0.086 from ap-south-1."""
    made = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
    for region, price in (("eu-west-1", 0.02), ("ap-south-1", 0.086)):
        rules = resource(
            made, "copy", region=region, depends={"bucket": [f"{BUCKET}::one"], "rules": [f"{BUCKET}::two"]}, rules=[{}]
        )  # fmt: skip
        found = bill(
            resource(BUCKET, region=region), resource(BUCKET, "two", region="eu-central-1"), rules, ingest_gib_per_month=300
        )  # fmt: skip
        close(sum(line.month(0).typical for line in found.lines if line.resource == "copy"), 300 * price)


def test_keys_alarms_a_secret_and_a_zone() -> None:
    """I: key 1.00 and 0.03 for 10,000 uses, alarm 0.10, fast alarm 0.30, secret 0.40, zone 0.50."""
    found = bill(
        resource("aws:kms/key:Key", "key"),
        resource("aws:cloudwatch/metricAlarm:MetricAlarm", "slow", period=3600),
        resource("aws:cloudwatch/metricAlarm:MetricAlarm", "fast", period=10),
        resource("aws:secretsmanager/secret:Secret", "secret"),
        resource("aws:route53/zone:Zone", "zone"),
        key_requests_per_month=100_000,
    )
    close(found.month().typical, 1 + 0.30 + 0.10 + 0.30 + 0.40 + 0.50)


def test_logs_are_paid_when_they_come_in_and_each_month_that_they_stay() -> None:
    """I: 0.50 a GB in, 0.03 a month. 10 GB a month: in month 12 on the average 11.5 months are kept."""
    found = bill(resource("aws:cloudwatch/logGroup:LogGroup", retentionInDays=365), other_log_gib_per_month=10)
    close(found.month(11).typical, 10 * 0.50 + 115 * 0.03)


def test_a_million_data_events_of_a_trail() -> None:
    """I: 0.10 for 100,000."""
    selectors = [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Data"]}]}]
    found = bill(
        resource("aws:cloudtrail/trail:Trail", advancedEventSelectors=selectors), trail_events_per_month=1_000_000
    )
    close(found.month().typical, 1.0)


def test_daily_snapshots_of_a_work_disk() -> None:
    """I: 0.05. 500 GiB, 60 per cent written once, 3 per cent changed on each of the 7 days that are kept."""
    policy = {
        "targetTags": {"keep": "yes"},
        "schedules": [{"retainRule": {"interval": 7, "intervalUnit": "DAYS"}}],
    }
    found = bill(
        resource(VOLUME, type="gp3", size=500, tags={"keep": "yes"}),
        resource("aws:dlm/lifecyclePolicy:LifecyclePolicy", "daily", policyDetails=policy),
        disk_used_percent=60, daily_change_percent=3,
    )  # fmt: skip
    close(sum(line.month(0).typical for line in found.lines if line.kind == "snapshot"), (300 + 500 * 0.03 * 7) * 0.05)


def test_a_google_machine_with_an_l4() -> None:
    """C: g2-standard-8 in us-central1 0.85362, GPU included. I: pd-ssd 0.17."""
    boot = {"initializeParams": {"size": 100, "type": "pd-ssd"}}
    found = bill(
        resource(
            "gcp:compute/instance:Instance", region="us-central1", machineType="g2-standard-8", bootDisk=boot,
            guestAccelerators=[{"type": "nvidia-l4", "count": 1}],
        ),
        hours_per_week=40,
    )  # fmt: skip
    close(found.month().typical, 40 * WEEKS * 0.85362 + 100 * 0.17)


def test_a_google_machine_with_a_t4_is_the_machine_and_the_card() -> None:
    """S: n1-standard-8 in europe-west4 0.41834, T4 0.3675. I: pd-standard 0.04."""
    found = bill(
        resource(
            "gcp:compute/instance:Instance", zone="europe-west4-a", region="europe-west4", machineType="n1-standard-8",
            bootDisk={"initializeParams": {"size": 50}}, guestAccelerators=[{"type": "nvidia-tesla-t4", "count": 1}],
        ),
        hours_per_week=30,
    )  # fmt: skip
    close(found.month().typical, 30 * WEEKS * (0.41834 + 0.3675) + 50 * 0.04)


def test_a_google_machine_with_windows() -> None:
    """C: g2-standard-8 in us-central1 0.85362, its Windows licence 0.368 an hour. C: pd-balanced 0.1."""
    boot = {"initializeParams": {"size": 100, "type": "pd-balanced", "image": "windows-cloud/windows-2022"}}
    found = bill(
        resource("gcp:compute/instance:Instance", region="us-central1", machineType="g2-standard-8", bootDisk=boot),
        hours_per_week=40,
    )
    close(found.hour.typical, 0.85362 + 0.368)
    close(found.month().typical, 40 * WEEKS * (0.85362 + 0.368) + 100 * 0.10)


def test_a_google_bucket_in_frankfurt_without_rules() -> None:
    """C: Standard in europe-west3 0.023. I: writes 0.05 for 10,000, egress 0.12. 300 GiB come in each month: 1,650 GiB lie there on the
    average of the sixth (5.5 x 300)."""
    found = bill(
        resource("gcp:storage/bucket:Bucket", "media", region="", location="EUROPE-WEST3"),
        ingest_gib_per_month=300, mean_file_mib=50, deliver_gib_per_month=100,
    )  # fmt: skip
    assert found.unpriced == ()
    close(found.month(5).typical, 1650 * 0.023 + 300 * 1024 / 50 / 10_000 * 0.05 + 100 * 0.12)


def test_a_google_bucket_whose_media_move_to_an_archive() -> None:
    """C: europe-west1 Standard 0.02, Archive 0.0012, retrieval 0.05. 100 GiB a month move after 91.25 days: in the twelfth month 300 GiB
    are in Standard and 850 (11.5 - 3 = 8.5 months) in Archive."""
    rules = [{"action": {"type": "SetStorageClass", "storageClass": "ARCHIVE"}, "condition": {"age": 91}}]
    found = bill(
        resource("gcp:storage/bucket:Bucket", "media", region="", location="europe-west1", lifecycleRules=rules),
        ingest_gib_per_month=100, mean_file_mib=100, deliver_gib_per_month=0, retrieve_gib_per_month=10,
    )  # fmt: skip
    close(found.month(11).typical, 300 * 0.02 + 850 * 0.0012 + 100 * 1024 / 100 / 10_000 * 0.05 + 10 * 0.05)
    assert "move to Archive" in found.unpriced[0].why, "what a move costs is not known"


def test_the_same_machine_on_two_clouds_side_by_side() -> None:
    """K: g6.2xlarge 0.9776. C: g2-standard-8 0.85362. Both 8 vCPU, 32 GiB, one L4."""
    here = bill(machine("g6.2xlarge"), hours_per_week=40, stream_mbit_per_second=0)
    there = bill(
        resource("gcp:compute/instance:Instance", region="us-central1", machineType="g2-standard-8"), hours_per_week=40
    )
    close(here.hour.typical / there.hour.typical, 0.9776 / 0.85362)


def test_the_week_in_which_a_budget_is_used_up() -> None:
    """1,000 a month are 230.14 a week (1000 x 168 / 730): 500 are used up in the third."""
    assert limit_hit([1000.0] * 12, 500).week == 3
    assert limit_hit([1000.0] * 12, 229).week == 1
    assert limit_hit([1000.0] * 12, 990).week == 5
    assert (limit_hit([400.0, 450.0, 510.0], 500).week, limit_hit([400.0, 450.0, 510.0], 500).month) == (None, 3)
    assert limit_hit([400.0] * 12, 500).month is None
