"""Bills of Google Cloud computed by hand, against the estimate: within one per cent. The arithmetic uses none of our code and tables.

Sources: C = Google's SKUs by Cyclenerd, 2026-08-20; L = Cloud Billing Catalog API, SKU "Licensing Fee for NVIDIA Quadro Virtual
Workstation (GPU cost)", 2026-09-27, us-west1: g2-standard-4 0.146784 without its L4, L4 0.56004, n1-standard-4 0.189999, T4 0.35, licence
0.2, NAT 0.0014 an hour and 0.045 a GiB, address 0.005; O = Google Cloud Observability pricing, read 2026-11; I = Infracost's golden
files, 2026-05-03; P = Cloud Storage pricing examples, cloud.google.com/storage/pricing-examples, read 2026-11.
"""

from typing import Any

from tests.pricing.test_bills import WEEKS, bill, close, machine, resource

from soundstage.plan.plan import PlannedResource

INSTANCE, DISK = "gcp:compute/instance:Instance", "gcp:compute/disk:Disk"
BUCKET, ADDRESS = "gcp:storage/bucket:Bucket", "gcp:compute/address:Address"
NAT, LOGS = "gcp:compute/routerNat:RouterNat", "gcp:logging/projectBucketConfig:ProjectBucketConfig"
OURS = {"soundstage-workstation": "edit-1", "soundstage-project": "teaser"}


def desk(
    type: str = "g2-standard-8", region: str = "us-central1", gib: int = 100, gpu: str = "nvidia-l4-vws", **inputs: Any
) -> PlannedResource:
    """A workstation as our component asks for it."""
    return resource(
        INSTANCE, "desk", region, zone=f"{region}-a", machineType=type, labels=OURS,
        bootDisk={"initializeParams": {"size": gib, "type": "pd-balanced", "image": "projects/p/global/images/edit"}},
        guestAccelerators=[{"type": gpu, "count": inputs.pop("gpus", 1)}] if gpu else [], **inputs,
    )  # fmt: skip


def test_a_desk_with_an_l4_in_oregon_for_forty_hours_a_week() -> None:
    """L: 0.146784 + 0.56004 + 0.2 an hour. C: pd-balanced 0.1."""
    found = bill(desk("g2-standard-4", "us-west1", 50), hours_per_week=40, stream_mbit_per_second=0)
    close(found.hour.typical, 0.146784 + 0.56004 + 0.2)
    close(found.month().typical, 40 * WEEKS * 0.906824 + 50 * 0.1)


def test_a_desk_with_a_t4_and_windows_in_oregon() -> None:
    """L: 0.189999 + 0.35 + 0.2 an hour, Windows 4 x 0.046."""
    windows = {
        "initializeParams": {"size": 100, "type": "pd-balanced", "image": "projects/p/global/images/edit-windows-1"}
    }
    found = bill(
        resource(
            INSTANCE, "desk", "us-west1", machineType="n1-standard-4", labels=OURS, bootDisk=windows,
            guestAccelerators=[{"type": "nvidia-tesla-t4-vws", "count": 1}],
        ),
        hours_per_week=50, stream_mbit_per_second=0,
    )  # fmt: skip
    close(found.hour.typical, 0.189999 + 0.35 + 0.2 + 4 * 0.046)
    close(found.month().typical, 50 * WEEKS * 0.923999 + 100 * 0.1)


def test_the_licence_of_a_spot_desk_costs_as_much_as_on_demand() -> None:
    """L: spot 0.088056 + 0.336 an hour in us-west1, the licence 0.2 like on demand."""
    found = bill(
        desk("g2-standard-4", "us-west1", scheduling={"provisioningModel": "SPOT", "preemptible": True}), hours_per_week=40, stream_mbit_per_second=0
    )  # fmt: skip
    close(found.hour.typical, 0.088056 + 0.336 + 0.2)


def test_two_l4_take_two_licences() -> None:
    """C: g2-standard-24 in us-central1 2.00083 with both GPUs. L: 0.2 each."""
    found = bill(desk("g2-standard-24", gpus=2), hours_per_week=40, stream_mbit_per_second=0)
    close(found.hour.typical, 2.00083 + 2 * 0.2)


def test_local_disks_cost_while_the_machine_runs() -> None:
    """C: local SSD 0.096 a GiB and month in europe-west3, 375 GiB each; g2-standard-8 1.00603; pd-balanced 0.12. L: 0.2."""
    found = bill(
        desk(region="europe-west3", scratchDisks=[{"interface": "NVME"}]), hours_per_week=40, stream_mbit_per_second=0
    )
    hours = 40 * WEEKS
    close(found.month().typical, hours * (1.00603 + 0.2) + 375 * 0.096 * hours / 730 + 100 * 0.12)
    close(found.stopped.typical, 100 * 0.12)


def test_a_stopped_month_of_a_desk_keeps_its_disks_and_its_address_costs_more() -> None:
    """C: pd-balanced 0.11 in europe-west4, an address that nothing uses 0.011 an hour."""
    found = bill(
        desk(region="europe-west4", depends={"networkInterfaces": [f"{ADDRESS}::ip"]}),
        resource(DISK, "work", "europe-west4", type="pd-balanced", size=500),
        resource(ADDRESS, "ip", "europe-west4"),
    )
    close(found.stopped.typical, 600 * 0.11 + 730 * 0.011)


def test_an_address_is_cheap_while_its_machine_works_and_dear_for_the_rest() -> None:
    """C: 0.005 in use, 0.01 not in use in us-central1. 40 h a week are 173.81 of 730."""
    found = bill(
        desk(depends={"networkInterfaces": [f"{ADDRESS}::ip"]}),
        resource(ADDRESS, "ip", "us-central1"),
        hours_per_week=40,
    )
    close(sum(line.month(0).typical for line in found.lines if line.resource == "ip"), 173.81 * 0.005 + 556.19 * 0.01)


def test_an_address_of_its_own_that_a_machine_names_is_counted_once() -> None:
    """C: 0.005 in use, 0.01 not in use in us-central1."""
    card = [{"accessConfigs": [{"natIp": "203.0.113.7"}]}]
    found = bill(
        desk(networkInterfaces=card, depends={"networkInterfaces": [f"{ADDRESS}::ip"]}),
        resource(ADDRESS, "ip", "us-central1"),
        hours_per_week=40, stream_mbit_per_second=0,
    )  # fmt: skip
    close(sum(line.month(0).typical for line in found.lines if line.kind == "network"), 173.81 * 0.005 + 556.19 * 0.01)


def test_an_address_within_a_network_costs_nothing() -> None:
    assert bill(resource(ADDRESS, "ip", "us-central1", addressType="INTERNAL")).month().typical == 0


def test_a_nat_with_its_address_and_two_desks() -> None:
    """L: 0.0014 for each machine's hour, 0.045 a GiB, the address 0.005."""
    found = bill(
        desk(), resource(INSTANCE, "other", "us-central1", machineType="n1-standard-4", labels=OURS),
        resource(NAT, "nat", "us-central1", depends={"natIps": [f"{ADDRESS}::ip"]}), resource(ADDRESS, "ip", "us-central1"),
        hours_per_week=40, nat_gib_per_month=200,
    )  # fmt: skip
    lines = sum(line.month(0).typical for line in found.lines if line.resource in ("nat", "ip"))
    close(lines, 2 * 40 * WEEKS * 0.0014 + 200 * 0.045 + 730 * 0.005)


def test_daily_snapshots_of_a_work_disk_in_frankfurt() -> None:
    """C: 0.059. 500 GiB, 60 per cent written once, 3 per cent changed on each of 14 days."""
    policy = "gcp:compute/resourcePolicy:ResourcePolicy"
    attachment = "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment"
    found = bill(
        resource(DISK, "work", "europe-west3", size=500, type="pd-balanced", createSnapshotBeforeDestroy=True),
        resource(policy, "daily", "europe-west3", snapshotSchedulePolicy={"retentionPolicy": {"maxRetentionDays": 14}}),
        resource(attachment, "daily", "europe-west3", depends={"name": [f"{policy}::daily"], "disk": [f"{DISK}::work"]}),
        disk_used_percent=60, daily_change_percent=3,
    )  # fmt: skip
    close(
        sum(line.month(0).typical for line in found.lines if line.resource == "daily"), (300 + 500 * 0.03 * 14) * 0.059
    )
    close(found.parked.typical, 300 * 0.059)


def test_logs_of_a_network_cost_half_and_are_kept_for_a_year() -> None:
    """O: network logs 0.25 a GiB, others 0.50, each with 30 days; 0.01 a GiB and month after these. 10 GiB a month: in month 12 on the
    average those of 11.5 months less 30 days are beyond."""
    traffic = resource(LOGS, "traffic", "europe-west3", bucketId="home-teaser-1-traffic", retentionDays=400)
    audit = resource(LOGS, "audit", "europe-west3", bucketId="home-audit", retentionDays=400)
    found = bill(traffic, audit, network_log_gib_per_month=10, other_log_gib_per_month=10)
    close(found.month(0).typical, 10 * 0.25 + 10 * 0.50)
    close(found.month(11).typical, 10 * 0.25 + 10 * 0.50 + 2 * 10 * (11.5 - 30 / 30.4167) * 0.01)


def test_a_key_has_one_version_more_with_each_rotation() -> None:
    """I: 0.06 a version, 0.03 for 10,000 uses. Every 90 days: 4 versions at the start of month 12 (of days 0, 90, 180, 270)."""
    found = bill(
        resource("gcp:kms/cryptoKey:CryptoKey", "key", "us-central1", rotationPeriod="7776000s"),
        key_requests_per_month=10_000,
    )
    close(found.month(0).typical, 0.06 + 0.03)
    close(found.month(11).typical, 4 * 0.06 + 0.03)


def test_a_key_in_hardware_is_not_taken_for_one_in_software() -> None:
    """It costs many times as much, and no source here says how much."""
    template = {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "HSM"}
    found = bill(resource("gcp:kms/cryptoKey:CryptoKey", "key", "us-central1", versionTemplate=template))
    assert found.lines == ()
    assert [one.why for one in found.unpriced] == ["no price is known of keys with the protection level HSM"]


def test_the_simple_example_of_the_pages_of_cloud_storage() -> None:
    """P: 50 GB of Standard in us-east1 at 0.020, 10,000 writes at 0.005 a thousand, 1 GB out at 0.12: 1.00 + 0.05 + 0.12. (Its 50,000
    reads at 0.0004 a thousand are not estimated.)"""
    found = bill(
        resource(BUCKET, "my-bucket", region="", location="us-east1"),
        stored_gib=50,
        ingest_gib_per_month=0,
        deliver_gib_per_month=1,
    )
    close(found.month().typical, 1.00 + 0.12)
    writes = bill(
        resource(BUCKET, "my-bucket", region="", location="us-east1"),
        ingest_gib_per_month=10_000 / 1024,
        mean_file_mib=1,
        deliver_gib_per_month=0,
    )
    close(sum(part["requests"] for line in writes.lines for part in line.parts[:1]), 0.05)


def test_thirty_terabytes_out_of_europe_fall_in_bands() -> None:
    """C: 0.12 for the first TB, 0.11 up to 10 TB, 0.085 beyond."""
    found = bill(
        resource(BUCKET, "media", region="", location="europe-west4"),
        ingest_gib_per_month=0,
        deliver_gib_per_month=30_720,
    )
    close(found.month().typical, 1024 * 0.12 + 9216 * 0.11 + 20_480 * 0.085)


def test_the_picture_of_a_desk_without_an_address_may_be_billed() -> None:
    """15 Mbit/s are 6.2864 GiB an hour, 40 Mbit/s 16.764. C: 0.12. No page says whether the way through Identity-Aware Proxy is billed."""
    found = bill(desk(), hours_per_week=10, stream_mbit_per_second=40)
    [line] = [line for line in found.lines if line.kind == "stream"]
    assert (line.month(0).low, line.month(0).typical) == (0, 0)
    close(line.month(0).high, 10 * WEEKS * 16.764 * 0.12)


def test_the_same_project_on_both_clouds() -> None:
    """One editor for 40 hours a week with 100 and 500 GiB of disks and 300 GiB of media a month, in Oregon.

    AWS, K (us-west-2 = us-east-1): g6.2xlarge 0.9776; gp3 0.08; S3 0.023; a write 0.005 a thousand, 50 MiB in 9 requests. Google: g2-standard-8
    0.85362 and 0.2 (L, C), pd-balanced 0.1, Standard 0.02, writes 0.005 a thousand. Both first months: half of the media on average.
    """
    said = {
        "hours_per_week": 40.0, "stream_mbit_per_second": 0.0, "ingest_gib_per_month": 300.0, "mean_file_mib": 50.0, "deliver_gib_per_month": 0.0,
    }  # fmt: skip
    aws = bill(
        machine("g6.2xlarge", region="us-west-2"), resource("aws:ebs/volume:Volume", "work", "us-west-2", type="gp3", size=500),
        resource("aws:s3/bucket:Bucket", "media", "us-west-2"), **said,
    )  # fmt: skip
    google = bill(
        desk(region="us-west1"), resource(DISK, "work", "us-west1", type="pd-balanced", size=500),
        resource(BUCKET, "media", region="", location="us-west1"), **said,
    )  # fmt: skip
    files = 300 * 1024 / 50
    close(aws.month().typical, 40 * WEEKS * 0.9776 + 600 * 0.08 + 150 * 0.023 + files * 9 / 1000 * 0.005)
    close(google.month().typical, 40 * WEEKS * 1.05362 + 600 * 0.1 + 150 * 0.02 + files / 1000 * 0.005)
    assert {line.kind for line in aws.lines} == {line.kind for line in google.lines}
