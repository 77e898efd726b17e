"""What a simulated account holds, asked for from outside and told without the names that chance gave."""

import json
import re
from typing import Any

from soundstage.simulator.process import Endpoint

LISTS = (
    ("ec2", "describe_vpcs", {}, "Vpcs"),
    ("ec2", "describe_subnets", {}, "Subnets"),
    ("ec2", "describe_security_groups", {}, "SecurityGroups"),
    ("ec2", "describe_security_group_rules", {}, "SecurityGroupRules"),
    ("ec2", "describe_route_tables", {}, "RouteTables"),
    ("ec2", "describe_volumes", {}, "Volumes"),
    ("ec2", "describe_snapshots", {"OwnerIds": ["self"]}, "Snapshots"),
    ("ec2", "describe_instances", {}, "Reservations"),
    ("ec2", "describe_flow_logs", {}, "FlowLogs"),
    ("ec2", "describe_vpc_endpoints", {}, "VpcEndpoints"),
    ("ec2", "describe_addresses", {}, "Addresses"),
    ("iam", "list_roles", {}, "Roles"),
    ("iam", "list_policies", {"Scope": "Local"}, "Policies"),
    ("iam", "list_instance_profiles", {}, "InstanceProfiles"),
    ("kms", "list_aliases", {}, "Aliases"),
    ("logs", "describe_log_groups", {}, "logGroups"),
    ("s3", "list_buckets", {}, "Buckets"),
    ("sns", "list_topics", {}, "Topics"),
    ("ssm", "describe_parameters", {}, "Parameters"),
    ("cloudwatch", "describe_alarms", {}, "MetricAlarms"),
)  # fmt: skip
_MORE = (
    ("ec2", "describe_key_pairs", {}, "KeyPairs"),
    ("ec2", "describe_internet_gateways", {}, "InternetGateways"),
    ("ec2", "describe_nat_gateways", {}, "NatGateways"),
    ("iam", "get_account_authorization_details", {"Filter": ["Role"]}, "RoleDetailList"),
    ("kms", "list_keys", {}, "Keys"),
    ("scheduler", "list_schedules", {}, "Schedules"),
    ("sns", "list_subscriptions", {}, "Subscriptions"),
    ("logs", "describe_metric_filters", {}, "metricFilters"),
    ("cloudtrail", "describe_trails", {}, "trailList"),
    ("accessanalyzer", "list_analyzers", {}, "analyzers"),
    ("ssm", "list_associations", {}, "Associations"),
    ("dlm", "get_lifecycle_policies", {}, "Policies"),
)  # fmt: skip
"""What only two engines side by side are compared by."""
_OF_BUCKETS = (
    "get_bucket_tagging",
    "get_bucket_versioning",
    "get_bucket_encryption",
    "get_bucket_policy",
    "get_public_access_block",
    "get_bucket_lifecycle_configuration",
    "get_bucket_logging",
    "get_bucket_ownership_controls",
    "get_bucket_replication",
    "get_object_lock_configuration",
)
_CHANCE = (
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b(?:[a-z]{1,8})-[0-9a-f]{8,17}\b"), "ID"),
    # Addresses go to machines in the order in which these happen to be made.
    (re.compile(r"\b(?:10|127)(?:\.\d{1,3}){3}\b(?!/)"), "ADDRESS"),
    (re.compile(r"\b(?:ip|ec2)(?:-\d{1,3}){4}\b"), "HOST"),
    (re.compile(r"\b(AKIA|ASIA|AROA|AIPA|ANPA)[A-Z0-9]{12,17}\b"), "KEY"),
    (re.compile(r"-[0-9a-f]{7,8}\b"), "-HEX"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(?:Z|[+-]\d\d:\d\d)?"), "TIME"),
)
_TIMES = re.compile(r"(Date|Time|Created|LastModified|creationTime)", re.IGNORECASE)
_BY_CHANCE = (
    "__creation", "soundstage:creation", "ClientToken", "ETag", "HostedZoneId", "InstanceProfileId", "MacAddress",
    "PolicyId", "RequestId", "ResponseMetadata", "RoleId", "VersionId",
)  # fmt: skip


def contents(cloud: Endpoint, region: str | None = None) -> dict[str, list[str]]:
    """Everything that the account holds, by kind, sorted."""
    found: dict[str, list[str]] = {}
    budgets = ("budgets", "describe_budgets", {"AccountId": cloud.account_id}, "Budgets")
    for service, operation, arguments, key in (*LISTS, *_MORE, budgets):
        client = cloud.client(service, region)
        paginated = client.can_paginate(operation)
        pages = client.get_paginator(operation).paginate(**arguments) if paginated else [
            getattr(client, operation)(**arguments)
        ]  # fmt: skip
        items = [item for page in pages for item in page.get(key, ())]
        found[f"{service} {key}"] = sorted(told(item) for item in items)
    s3 = cloud.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for operation in _OF_BUCKETS:
            about = f"{operation} {_without_chance(bucket['Name'])}"
            found[about] = sorted([*found.get(about, ()), _answer(s3, operation, bucket["Name"])])
    return found


def told(value: Any) -> str:
    """A value as JSON, with chance and time taken out and what has no order sorted."""
    return json.dumps(settled(value), sort_keys=True)


def settled(value: Any) -> Any:
    """A value with chance and time taken out."""
    if isinstance(value, dict):
        return {
            _without_chance(key): "TIME" if _TIMES.search(key) and not isinstance(item, (dict, list)) else settled(item)
            for key, item in sorted(value.items())
            if key not in _BY_CHANCE
        }
    if isinstance(value, (list, tuple)):
        items = [item for item in value if not (isinstance(item, dict) and item.get("Key") in _BY_CHANCE)]
        return sorted((settled(item) for item in items), key=lambda item: json.dumps(item, sort_keys=True, default=str))
    if isinstance(value, str):
        return _without_chance(value)
    return value if isinstance(value, (int, float, bool, type(None))) else "TIME"


def _without_chance(text: str) -> str:
    for pattern, word in _CHANCE:
        text = pattern.sub(word, text)
    return text


def _answer(s3: Any, operation: str, bucket: str) -> str:
    from botocore.exceptions import ClientError

    try:
        return told(getattr(s3, operation)(Bucket=bucket))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
