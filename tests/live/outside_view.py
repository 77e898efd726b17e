"""The account as somebody sees it who knows nothing of Soundstage: boto3, a studio's name and a project's."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


class Clients(Protocol):
    """Makes boto3 clients for one account."""

    def __call__(self, service: str, region: str) -> Any: ...


@dataclass(frozen=True)
class Outside:
    """One project in one account."""

    clients: Clients
    account: str
    region: str
    studio: str
    project: str
    machine_type: str

    def client(self, service: str) -> Any:
        return self.clients(service, self.region)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Every item of a listing, whatever its pages."""
        client = self.client(service)
        if client.can_paginate(operation):
            for page in client.get_paginator(operation).paginate(**arguments):
                yield from page.get(key, [])
        else:
            yield from getattr(client, operation)(**arguments).get(key, [])

    @property
    def ours(self) -> list[dict[str, Any]]:
        """The filter of EC2 for what carries the project's tags."""
        return [
            {"Name": "tag:soundstage:studio", "Values": [self.studio]},
            {"Name": "tag:soundstage:project", "Values": [self.project]},
        ]

    def machines(self) -> list[dict[str, Any]]:
        """The project's machines that are not terminated."""
        found = self.pages("ec2", "describe_instances", "Reservations", Filters=self.ours)
        machines = [machine for reservation in found for machine in reservation["Instances"]]
        return [machine for machine in machines if machine["State"]["Name"] not in ("terminated", "shutting-down")]

    def machine(self) -> dict[str, Any]:
        (machine,) = self.machines()
        return machine

    def volumes(self) -> list[dict[str, Any]]:
        return list(self.pages("ec2", "describe_volumes", "Volumes", Filters=self.ours))

    def snapshots(self) -> list[dict[str, Any]]:
        return list(self.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=self.ours))

    def networks(self) -> list[dict[str, Any]]:
        return list(self.pages("ec2", "describe_vpcs", "Vpcs", Filters=self.ours))

    def groups(self) -> list[dict[str, Any]]:
        inside = [{"Name": "vpc-id", "Values": [network["VpcId"] for network in self.networks()]}]
        return list(self.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=inside))

    def endpoints(self) -> list[dict[str, Any]]:
        found = self.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=self.ours)
        return [endpoint for endpoint in found if endpoint["State"].lower() not in ("deleted", "deleting")]

    def buckets(self, *, project: bool = True) -> list[str]:
        """The names of the buckets that carry the studio's tag; with `project` those of the project alone."""
        s3 = self.client("s3")
        return [
            bucket["Name"]
            for bucket in s3.list_buckets()["Buckets"]
            if bucket["Name"].startswith(self.studio) and self._tags(bucket["Name"]).get("soundstage:project") ==
            (self.project if project else None)
        ]  # fmt: skip

    def media(self) -> str:
        (bucket,) = self.buckets()
        return bucket

    def _tags(self, bucket: str) -> dict[str, str]:
        try:
            tags = self.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
        except self.client("s3").exceptions.ClientError:
            return {}
        return {tag["Key"]: tag["Value"] for tag in tags}

    def trails(self) -> list[dict[str, Any]]:
        return [
            trail
            for trail in self.client("cloudtrail").describe_trails()["trailList"]
            if trail["Name"].startswith(self.studio)
        ]

    def budgets(self) -> list[dict[str, Any]]:
        found = self.clients("budgets", "us-east-1").describe_budgets(AccountId=self.account).get("Budgets", [])
        return [budget for budget in found if self.project in budget["BudgetName"]]

    def roles(self) -> list[dict[str, Any]]:
        return list(self.pages("iam", "list_roles", "Roles", PathPrefix=f"/soundstage/{self.studio}/{self.project}/"))
