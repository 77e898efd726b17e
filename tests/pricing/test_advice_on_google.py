"""What saves money on Google Cloud is told with the same arithmetic: machines with their licence, disks, addresses, buckets."""

from dataclasses import replace
from typing import Any

import pytest
from tests.pricing.test_advice import USED, WEEKS, about, view
from tests.pricing.test_bills import resource

from soundstage.plan.plan import PlannedResource
from soundstage.pricing import presets
from soundstage.pricing.advice import advice, commitments
from soundstage.pricing.advised import Unused, Use
from soundstage.pricing.cleaner import cleaner
from soundstage.pricing.machines import offer

INSTANCE = "gcp:compute/instance:Instance"
DISK = "gcp:compute/disk:Disk"
BUCKET = "gcp:storage/bucket:Bucket"
LABELS = {"soundstage-workstation": "edit-1"}


def machine(type: str = "g2-standard-8", region: str = "europe-west4", **inputs: Any) -> PlannedResource:
    boot = {"initializeParams": {"size": 100, "type": "pd-balanced"}}
    return resource(
        INSTANCE, "one", region, zone=f"{region}-a", machineType=type, bootDisk=boot, labels=LABELS, **inputs
    )


def usd(type: str, region: str = "europe-west4", purchase: str = "on-demand") -> float:
    found = offer("gcp", type, region, "linux", purchase)
    assert found is not None
    assert found.low is not None
    return found.low


def test_a_smaller_machine_is_named_with_its_licence_in_both_sums() -> None:
    one = about(advice(view(machine("g2-standard-16"), uses={"edit-1": USED}, hours_per_week=40)), "large enough")
    assert one is not None
    assert "`instance_type: g2-standard-4`" in one.what
    assert one.usd == pytest.approx(40 * WEEKS * (usd("g2-standard-16") - usd("g2-standard-4")), rel=0.01)


def test_a_machine_that_is_used_is_left_alone() -> None:
    busy = {"edit-1": Use(12, 15.0, 60.0, 22.0, 100.0)}
    assert about(advice(view(machine("g2-standard-16"), uses=busy, hours_per_week=40)), "large enough") is None


def test_a_region_is_advised_where_the_licence_is_sold_too() -> None:
    dear = machine(region="europe-west3")
    found = advice(view(dear, regions=("europe-west3", "europe-west4", "eu-west-1"), hours_per_week=40))
    one = about(found, "`region: europe-west4`")
    assert one is not None
    saved = usd("g2-standard-8", "europe-west3") - usd("g2-standard-8", "europe-west4")
    assert one.usd == pytest.approx(40 * WEEKS * saved, rel=0.01)


def test_spot_is_for_machines_at_which_nobody_sits() -> None:
    assert about(advice(view(machine(), hours_per_week=40)), "purchase: spot") is None
    one = about(advice(view(machine(), unattended=("edit-1",), hours_per_week=40)), "purchase: spot")
    assert one is not None
    assert "30 seconds" in one.what
    assert one.usd == pytest.approx(
        40 * WEEKS * (usd("g2-standard-8") - usd("g2-standard-8", purchase="spot")), rel=0.01
    )
    already = machine(scheduling={"provisioningModel": "SPOT"})
    assert about(advice(view(already, unattended=("edit-1",), hours_per_week=40)), "purchase: spot") is None


def test_disks_addresses_and_snapshots_that_nothing_uses_cost_what_they_cost() -> None:
    """pd-balanced 0.11, an address in no use 0.011 an hour, a snapshot 0.053 in europe-west4 (cyclenerd, 2026-08)."""
    there = (
        Unused("disk.pd-balanced", "disk", "old-disk", 500, "europe-west4", "gcp"),
        Unused("ipv4.unused", "public address", "old-address", 730, "europe-west4", "gcp"),
        Unused("snapshot", "snapshot of edit-9, which is not in the file,", "old-snapshot", 100, "europe-west4", "gcp"),
        Unused("disk.pd-extreme", "disk", "no-price", 500, "europe-west4", "gcp"),
    )
    found = {one.subject: one.usd for one in advice(view(unused=there))}
    assert found == {
        "old-disk": pytest.approx(55.0),
        "old-address": pytest.approx(8.03),
        "old-snapshot": pytest.approx(5.3),
    }


def test_parking_is_advised_with_the_system_disk_in_it() -> None:
    """100 GiB of system disk and 500 of work at 0.11 are 66; 60 per cent of 600 GiB at 0.053 are 19.08."""
    work = resource(DISK, "work", "europe-west4", zone="europe-west4-a", type="pd-balanced", size=500, labels=LABELS)
    one = about(advice(view(machine(), work, hours_per_week=40, disk_used_percent=60)), "`workstation park`")
    assert one is not None
    assert one.usd == pytest.approx((66 - 19.08) * 556.19 / 730, rel=0.01)


def test_a_preset_is_advised_only_where_every_move_has_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves to Nearline and to Archive have no price here; those to Coldline have."""
    bucket = resource(BUCKET, "media", "europe-west4", location="EUROPE-WEST4")
    assert about(advice(view(bucket, ingest_gib_per_month=2000, retrieve_gib_per_month=0)), "storage.lifecycle") is None
    store = next(one for one in presets.STORES if one.cloud == "gcp")
    monkeypatch.setattr(presets, "STORES", (replace(store, ages={"cold": ((30, "COLDLINE"),)}),))
    one = about(advice(view(bucket, ingest_gib_per_month=2000, mean_file_mib=50, retrieve_gib_per_month=0)), "cold")
    assert one is not None
    assert one.usd > 20


def test_a_commitment_is_held_to_what_google_publishes() -> None:
    (told,) = commitments(view(machine(), hours_per_week=40))
    assert "the largest discount that Google publishes is 57%" in told


def test_a_cleaner_region_is_one_of_google() -> None:
    (told,) = cleaner(view(machine(), regions=("europe-west4", "europe-west1", "eu-north-1"), hours_per_week=40))
    assert "`region: europe-west1`" in told
