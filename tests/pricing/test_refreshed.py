"""Prices that AWS itself is asked for: the form of its answers, what is kept, and that the newer figure holds."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from soundstage.core.errors import StateError, UsageError
from soundstage.pricing import facts
from soundstage.pricing.facts import machine_price, price
from soundstage.pricing.refreshed import FILE, Refreshed, bands_in, keep, kept, machines_in, spot_in
from soundstage.stacks.clouds.aws.prices import price_list

DAY = date(2026, 11, 26)


def product(usd: str, unit: str, begin: str = "0", family: str = "", **attributes: str) -> str:
    """An entry of a price list, in the form aws_v1 (AWS Price List Query API, GetProducts)."""
    rate = {
        "unit": unit,
        "beginRange": begin,
        "endRange": "Inf",
        "pricePerUnit": {"USD": usd},
        "appliesTo": [],
        "rateCode": "X.Y.Z",
    }
    return json.dumps(
        {
            "product": {"sku": "X", "productFamily": family, "attributes": {"servicecode": "AmazonEC2", **attributes}},
            "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {"X.Y": {"sku": "X", "priceDimensions": {"X.Y.Z": rate}, "termAttributes": {}}}},
            "version": "20261120000000",
            "publicationDate": "2026-11-20T00:00:00Z",
        }
    )


def rented(usd: str, system: str = "Linux", **other: str) -> str:
    plain = {
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "operation": "RunInstances",
        "licenseModel": "No License required",
    }
    return product(
        usd, "Hrs", instanceType="g5.2xlarge", operatingSystem=system, **{**plain, **other}
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    facts.clear()
    yield
    facts.clear()


def test_a_machine_is_what_anybody_rents_and_no_reserved_or_bring_your_own() -> None:
    found = machines_in(
        [
            rented("1.3530000000"), rented("1.7210000000", "Windows", operation="RunInstances:0002"),
            rented("0.5", tenancy="Dedicated"), rented("9", preInstalledSw="SQL Web"), rented("0", capacitystatus="UnusedCapacityReservation"),
            rented("1.2", "Windows", licenseModel="Bring your own license"), rented("1.4", "RHEL"),
        ]
    )  # fmt: skip
    assert found == {"g5.2xlarge": {"linux": 1.353, "windows": 1.721}}


def test_an_item_is_known_by_its_usage_type_as_the_region_calls_it() -> None:
    found = [
        product("0.0480000000", "Hrs", usagetype="EU-NatGateway-Hours"),
        product("0.0480000000", "GB", usagetype="EU-NatGateway-Bytes"),
        product("0.1", "Hrs", usagetype="EU-RegionalNatGateway-Hours"),
    ]
    assert bands_in(found, "NatGateway-Hours", "Hrs", 1) == ((0.0, 0.048),)
    assert bands_in(found[1:], "NatGateway-Hours", "Hrs", 1) == ()


def test_two_products_that_ask_different_prices_are_no_price() -> None:
    found = [product(usd, "GB-Mo", usagetype="EU-TimedStorage-ByteHrs") for usd in ("0.023", "0.022")]
    assert bands_in(found, "TimedStorage-ByteHrs", "GB-Mo", 1) == ()


def test_a_unit_that_differs_from_ours_is_brought_to_it() -> None:
    found = [product("40.9600000000", "GiBps-mo", usagetype="EBS:VolumeP-Throughput.gp3")]
    assert bands_in(found, "EBS:VolumeP-Throughput.gp3", "GiBps-mo", 1 / 1024) == ((0.0, pytest.approx(0.04)),)


def test_spot_is_the_newest_price_of_each_zone() -> None:
    def one(zone: str, usd: str, hour: int) -> dict[str, Any]:
        at = datetime(2026, 11, 26, hour, tzinfo=UTC)
        return {"InstanceType": "g5.2xlarge", "AvailabilityZone": zone, "SpotPrice": usd, "Timestamp": at}

    found = spot_in([one("eu-west-1a", "0.9", 1), one("eu-west-1a", "0.5", 2), one("eu-west-1b", "0.7", 1)])
    assert found == {"g5.2xlarge": (0.5, 0.7)}


def test_what_was_asked_holds_from_then_on_and_what_is_newer_stays() -> None:
    keep(
        Refreshed(
            "eu-west-1",
            DAY,
            {"g5.2xlarge": {"linux": 1.5, "windows": 1.9}},
            {"g5.2xlarge": (0.4, 0.6)},
            {"ebs.snapshot": ((0.0, 0.051),)},
        )
    )
    facts.clear()
    found, snapshot = machine_price("aws", "g5.2xlarge", "eu-west-1"), price("aws", "ebs.snapshot", "eu-west-1")
    assert found is not None
    assert (found.linux, found.windows, found.spot, found.source.day) == (1.5, 1.9, (0.4, 0.6), DAY)
    assert snapshot is not None
    assert (snapshot.usd, snapshot.instead_of, snapshot.source.day) == (0.051, None, DAY)
    untouched = machine_price("aws", "g5.4xlarge", "eu-west-1")
    assert untouched is not None
    assert untouched.source.key == "skypilot-aws"

    keep(Refreshed("eu-west-1", date(2025, 1, 1), {"g5.2xlarge": {"linux": 9.0}}, {}, {"nat.hour": ((0.0, 9.0),)}))
    facts.clear()
    older, nat = machine_price("aws", "g5.2xlarge", "eu-west-1"), price("aws", "nat.hour", "eu-west-1")
    assert older is not None
    assert nat is not None
    assert (older.linux, nat.usd) == (pytest.approx(1.353, abs=1e-4), 0.048)


def test_a_region_that_is_asked_again_replaces_what_was_kept_of_it_alone() -> None:
    keep(Refreshed("eu-west-1", DAY, {"g5.2xlarge": {"linux": 1.5}}))
    keep(Refreshed("us-east-1", DAY, {"g5.2xlarge": {"linux": 1.2}}))
    keep(Refreshed("eu-west-1", DAY, {"g5.2xlarge": {"linux": 1.6}}))
    assert {one.region: one.machines["g5.2xlarge"]["linux"] for one in kept()} == {"eu-west-1": 1.6, "us-east-1": 1.2}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "soundstage.prices/1", "regions": {"eu-west-1": {}}}'])
def test_a_damaged_file_is_named_and_not_taken_for_nothing(soundstage_home: Path, text: str) -> None:
    soundstage_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (soundstage_home / FILE).write_text(text)
    with pytest.raises(StateError) as refused:
        kept()
    assert "prices --refresh" in refused.value.hint


class Stubbed:
    """Genuine clients of boto3, which hold every call to the service's own model, with recorded answers."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
        self.pricing = boto3.client("pricing", region_name="us-east-1", **keys)
        self.ec2 = boto3.client("ec2", region_name="eu-west-1", **keys)
        self.asked: list[tuple[str, str | None]] = []

    def client(self, service: str, region: str | None = None) -> Any:
        self.asked.append((service, region))
        return self.pricing if service == "pricing" else self.ec2

    def ask(self, service: str, operation: str, arguments: Any, region: str | None = None) -> Any:
        raise AssertionError


def test_aws_is_asked_as_its_model_says_page_by_page() -> None:
    clients = Stubbed()
    listed = facts.rows("price_list.csv")
    with Stubber(clients.pricing) as pricing, Stubber(clients.ec2) as ec2:
        asked = {"ServiceCode": "AmazonEC2", "Filters": ANY, "FormatVersion": "aws_v1"}
        pricing.add_response("get_products", {"PriceList": [rented("1.5")], "NextToken": "more"}, asked)
        pricing.add_response("get_products", {"PriceList": [rented("1.9", "Windows")]}, {**asked, "NextToken": "more"})
        for row in listed:
            answer = product("0.05", row["unit"], usagetype=f"EU-{row['usage']}")
            pricing.add_response("get_products", {"PriceList": [answer]}, {**asked, "ServiceCode": row["service"]})
        spot = {
            "InstanceType": "g5.2xlarge",
            "AvailabilityZone": "eu-west-1a",
            "SpotPrice": "0.5",
            "Timestamp": datetime(2026, 11, 26, tzinfo=UTC),
        }
        ec2.add_response(
            "describe_spot_price_history", {"SpotPriceHistory": [spot]},
            {"InstanceTypes": ["g5.2xlarge"], "ProductDescriptions": ["Linux/UNIX"], "StartTime": ANY},
        )  # fmt: skip
        found = price_list(clients, "eu-west-1", ["g5.2xlarge"])
        pricing.assert_no_pending_responses()
        ec2.assert_no_pending_responses()
    assert found.machines == {"g5.2xlarge": {"linux": 1.5, "windows": 1.9}}
    assert found.spot == {"g5.2xlarge": (0.5, 0.5)}
    assert set(found.items) == {row["item"] for row in listed}
    assert {(service, region) for service, region in clients.asked} == {("pricing", "us-east-1"), ("ec2", "eu-west-1")}


def test_every_row_of_the_price_list_is_an_item_of_ours() -> None:
    for row in facts.rows("price_list.csv"):
        assert ("aws", row["item"]) in facts.items()
        assert float(row["factor"]) > 0


def test_a_refresh_without_a_region_says_which_to_name() -> None:
    from soundstage.cli.refreshing import refresh_prices

    with pytest.raises(UsageError, match="needs a --region"):
        refresh_prices(None)
    with pytest.raises(UsageError, match="eu-west-1"):
        refresh_prices("eu-weast-1")
