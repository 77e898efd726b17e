"""The bill of an account of AWS, from Cost Explorer. Each request is billed (`pricing.bill.REQUEST_USD`).

Source: AWS Billing and Cost Management API Reference, `GetCostAndUsage` (2026-11). Its days are of UTC, its end is not included.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from soundstage.components.tags import CLIENT, PROJECT, STUDIO, WORKSTATION
from soundstage.pricing.advised import Unused
from soundstage.pricing.bill import Bill, Entry
from soundstage.pricing.facts import HOURS_A_MONTH
from soundstage.stacks.clouds.aws.calls import Clients, call, pages
from soundstage.stacks.clouds.bills import TAGS

_COST, _QUANTITY = "UnblendedCost", "UsageQuantity"


def utc_today() -> date:
    return datetime.now(UTC).date()


class AwsBills:
    """See `Bills`."""

    def __init__(self, clients: Clients, today: Callable[[], date] = utc_today) -> None:
        self._clients = clients
        self.today = today

    def of_project(self, project: str, start: date, end: date) -> Bill:
        wanted = {"Tags": {"Key": PROJECT, "Values": [project], "MatchOptions": ["EQUALS"]}}
        by = [{"Type": "TAG", "Key": WORKSTATION}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
        return self._asked(
            start, end, wanted, by, lambda keys: {"machine": _value(keys[0]), "usage_type": keys[1], "project": project}
        )

    def of_studio(self, start: date, end: date) -> Bill:
        wanted = {"Not": {"Tags": {"Key": PROJECT, "MatchOptions": ["ABSENT"]}}}
        by = [{"Type": "TAG", "Key": CLIENT}, {"Type": "TAG", "Key": PROJECT}]
        return self._asked(
            start,
            end,
            wanted,
            by,
            lambda keys: {"client": _value(keys[0]), "project": _value(keys[1]), "usage_type": ""},
        )

    def inactive(self) -> list[str]:
        found = call(self._client, "ListCostAllocationTags", "cost tags", TagKeys=list(TAGS), Type="UserDefined")
        return [str(tag["TagKey"]) for tag in found["CostAllocationTags"] if tag["Status"] != "Active"]

    def activate(self, keys: Sequence[str]) -> str:
        wanted = [{"TagKey": key, "Status": "Active"} for key in keys]
        done = call(self._client, "UpdateCostAllocationTagsStatus", "cost tags", CostAllocationTagsStatus=wanted)
        refused = done.get("Errors") or ()
        return "; ".join(str(one.get("Message") or one.get("Code")) for one in refused)

    def unused(self, studio: str, project: str) -> list[Unused]:
        ec2 = self._clients.client("ec2")
        region = str(ec2.meta.region_name)
        mine = [{"Name": f"tag:{STUDIO}", "Values": [studio]}, {"Name": f"tag:{PROJECT}", "Values": [project]}]
        free = [*mine, {"Name": "status", "Values": ["available"]}]
        disks = [
            Unused(f"ebs.{disk['VolumeType']}.storage", "disk", str(disk["VolumeId"]), float(disk["Size"]), region)
            for disk in pages(ec2, "DescribeVolumes", "Volumes", Filters=free)
        ]
        addresses = call(ec2, "DescribeAddresses", project, Filters=mine)["Addresses"]
        return disks + [
            Unused("ipv4", "address", str(one["AllocationId"]), HOURS_A_MONTH, region)
            for one in addresses
            if not one.get("AssociationId")
        ]

    @property
    def _client(self) -> Any:
        return self._clients.client("ce", "us-east-1")  # the one region of Cost Explorer

    def _asked(
        self,
        start: date,
        end: date,
        wanted: Mapping[str, Any],
        by: Sequence[Mapping[str, str]],
        of: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> Bill:
        inactive = tuple(self.inactive())
        arguments: dict[str, Any] = {
            "TimePeriod": {"Start": start.isoformat(), "End": (end + timedelta(days=1)).isoformat()},
            "Granularity": "DAILY", "Metrics": [_COST, _QUANTITY], "Filter": wanted, "GroupBy": list(by),
        }  # fmt: skip
        entries: list[Entry] = []
        asked = 0
        while True:
            answer = call(self._client, "GetCostAndUsage", "the bill", **arguments)
            asked += 1
            entries += _entries(answer, of)
            if not answer.get("NextPageToken"):
                return Bill(tuple(entries), start, end, inactive, asked)
            arguments["NextPageToken"] = answer["NextPageToken"]


def _entries(answer: Mapping[str, Any], of: Callable[[Sequence[str]], Mapping[str, str]]) -> Iterator[Entry]:
    for piece in answer["ResultsByTime"]:
        day = date.fromisoformat(piece["TimePeriod"]["Start"])
        for group in piece["Groups"]:
            metrics = group["Metrics"]
            usd, quantity = float(metrics[_COST]["Amount"]), float(metrics[_QUANTITY]["Amount"])
            yield Entry(day=day, usd=usd, quantity=quantity, **of(group["Keys"]))


def _value(key: str) -> str:
    """What a tag says: `soundstage:project$teaser` is `teaser`, and nothing after the sign is no tag."""
    return key.partition("$")[2]
