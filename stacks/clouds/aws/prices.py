"""Asks AWS what it costs: the Price List for machines and items, and the spot prices of the moment."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.pricing.facts import rows
from soundstage.pricing.refreshed import Refreshed, bands_in, machines_in, spot_in
from soundstage.stacks.clouds.aws.calls import Clients, pages

LIST_REGION: Final = "us-east-1"
"""Where the Price List is asked for every region (AWS Billing User Guide, "Finding services and products", read 2026-11)."""
_MACHINE: Final = {"tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}


def price_list(clients: Clients, region: str, types: list[str]) -> Refreshed:
    """What these machine types and every item that data/price_list.csv names cost in a region now. Raises as `calls.call`."""
    now = datetime.now(UTC)
    machines: dict[str, dict[str, float]] = {}
    for type in types:
        machines |= machines_in(_products(clients, region, "AmazonEC2", {**_MACHINE, "instanceType": type}))
    items = {}
    for row in rows("price_list.csv"):
        found = _products(clients, region, row["service"], {}, row["usage"])
        if bands := bands_in(found, row["usage"], row["unit"], float(row["factor"])):
            items[row["item"]] = bands
    history = pages(
        clients.client("ec2", region), "DescribeSpotPriceHistory", "SpotPriceHistory",
        InstanceTypes=types, ProductDescriptions=["Linux/UNIX"], StartTime=now,
    )  # fmt: skip
    return Refreshed(region, now.date(), machines, spot_in(history), items)


def _products(
    clients: Clients, region: str, service: str, terms: Mapping[str, str], usage: str | None = None
) -> Iterator[str]:
    filters = [
        {"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in {"regionCode": region, **terms}.items()
    ]
    if usage:
        filters.append({"Type": "CONTAINS", "Field": "usagetype", "Value": usage})
    found: Iterator[Any] = pages(
        clients.client("pricing", LIST_REGION), "GetProducts", "PriceList",
        ServiceCode=service, Filters=filters, FormatVersion="aws_v1",
    )  # fmt: skip
    return found
