"""A stack that is on record as a Terraform configuration in JSON syntax, for the genuine provider.

Every value that another resource holds becomes a reference to it, also inside documents, so that nothing of the stack's own
identity is left: another account, or another day, gives other ids. A reference is made only to what the stack's own record
says that a resource depends on, so that there is no circle.

Terraform's JSON syntax: "JSON Configuration Syntax" (read 2026-11): `${` begins an expression in any string.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from soundstage.core.values import UNKNOWN, Value, reveal
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.plan.terraform import addresses_of
from soundstage.plan.terraform_names import Block, content_of, name_of, shaped, table

HELD: Final = {
    "arn": "arn",
    "id": "id",
    "prefixListId": "prefix_list_id",
    "name": "name",
    "bucket": "bucket",
    "keyId": "key_id",
}
"""Outputs by which other resources are called, and their attribute."""
SERVICES: Final = (
    "accessanalyzer", "budgets", "ce", "cloudtrail", "cloudwatch", "dlm", "ec2", "events", "iam", "kms", "logs",
    "resourcegroupstaggingapi", "route53resolver", "s3", "s3control", "scheduler", "sns", "ssm", "sts",
)  # fmt: skip


LATER: Final = "${terraform_data.later.output}"
"""In the place of what is not known yet: Terraform cannot know it either, nor of what type it will be."""


def configuration(plan: Plan, endpoint: Any, home: str) -> dict[str, Any]:
    """The resources of a stack and the provider of each of their regions, all at `endpoint` (`process.Endpoint`)."""
    known = [each for each in plan if each.custom and each.type in table().types]
    kept = [each for each in known if table().types[each.type] not in table().newer_types]
    addresses = addresses_of(kept)
    regions = sorted({home, *(region for each in kept if isinstance(region := each.inputs.get("region"), str))})
    below = _below(plan)
    resources: dict[str, dict[str, Any]] = {}
    for each in kept:
        kind, _, name = addresses[each.urn].partition(".")
        resources.setdefault(kind, {})[name] = _resource(
            each, kind, addresses, [plan.by_urn[urn] for urn in below[each.urn]], home
        )
    if LATER in json.dumps(resources):
        resources["terraform_data"] = {"later": {}}
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": [provider(endpoint, region, home) for region in regions]},
        "resource": resources,
    }


def provider(endpoint: Any, region: str, home: str) -> dict[str, Any]:
    """The provider for a region at the simulated cloud. S3 Control puts the account before the host name, and there is no
    name before `127.0.0.1`; the cloud as its own proxy answers it (Go sends to a proxy whatever is not plainly loopback)."""
    return {
        "region": region,
        **({} if region == home else {"alias": region.replace("-", "_")}),
        "access_key": endpoint.access_key,
        "secret_key": endpoint.secret_key,
        "http_proxy": endpoint.url,
        "max_retries": 1,
        "s3_use_path_style": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "endpoints": [dict.fromkeys(SERVICES, endpoint.url)],
    }


def _below(plan: Plan) -> dict[str, list[str]]:
    """Everything that a resource depends on, directly or not."""
    found: dict[str, dict[str, None]] = {}
    for each in plan:
        mine: dict[str, None] = {}
        direct = [*each.dependencies, *(urn for urns in each.property_dependencies.values() for urn in urns)]
        for urn in direct:
            mine[urn] = None
            mine.update(found.get(urn, {}))
        found[each.urn] = mine
    return {urn: list(urns) for urn, urns in found.items()}


def _resource(
    item: PlannedResource, kind: str, addresses: Mapping[str, str], below: Iterable[PlannedResource], home: str
) -> dict[str, Any]:
    content = content_of(kind)
    assert isinstance(content, Block), f"{kind}: its schema is not known; run `make provider-facts`"
    newer = {**table().newer_names["*"], **table().newer_names.get(kind, {})}
    values = {name: value for name, value in shaped(reveal(item.inputs), content, kind).items() if name not in newer}
    held = {}
    for other in below:
        if other.urn in addresses:
            held.update(_held(other, addresses[other.urn]))
    found = {name: _referring(value, held) for name, value in values.items() if value is not None}
    region = item.inputs.get("region", home)
    if region != home:
        found["provider"] = f"aws.{str(region).replace('-', '_')}"
    direct = sorted({addresses[urn] for urn in item.dependencies if urn in addresses})
    if direct:
        found["depends_on"] = direct
    if item.options.ignore_changes:
        found["lifecycle"] = {"ignore_changes": [name_of(key, content, kind) for key in item.options.ignore_changes]}
    return found


def _held(item: PlannedResource, address: str) -> dict[str, str]:
    """What others call a resource by, and the expression for it. Short or plain words are no identity."""
    found = {}
    for output, attribute in reversed(HELD.items()):
        text = item.id if output == "id" else item.property(output)
        if isinstance(text, str) and len(text) > 7:
            found[text] = f"${{{address}.{attribute}}}"
    return found


def _referring(value: Value, held: Mapping[str, str]) -> Value:
    if isinstance(value, Mapping):
        return {key: _referring(each, held) for key, each in value.items()}
    if isinstance(value, list):
        return [_referring(each, held) for each in value]
    if value is UNKNOWN:
        return LATER
    if not isinstance(value, str):
        return value
    escaped = value.replace("${", "$${").replace("%{", "%%{")
    if not held:
        return escaped
    longest = sorted(held, key=len, reverse=True)
    pattern = "|".join(rf"(?<![\w-]){re.escape(text)}(?![\w-])" for text in longest)
    return re.sub(pattern, lambda found: held[found[0]], escaped)
