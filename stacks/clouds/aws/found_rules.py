"""The rules of security groups that somebody added by hand: a comparison knows their ids, only the cloud knows what they open."""

from collections.abc import Iterator, Mapping
from typing import Any

from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.stacks.clouds.aws.calls import Clients, pages

EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"


def found_rules(clients: Clients, plan: Plan) -> dict[str, Mapping[str, Any]]:
    """Rules by their id, as `DescribeSecurityGroupRules` tells them, of the groups in `plan` whose lists differ.

    Only reads, and only to explain: where the cloud does not answer, nothing is known, and the ids have to do.
    """
    groups = {group: resource for resource in plan for group in _groups(resource)}
    found: dict[str, Mapping[str, Any]] = {}
    for group, resource in groups.items():
        region = resource.property("region")
        client = clients.client("ec2", region if isinstance(region, str) else None)
        asked = [{"Name": "group-id", "Values": [group]}]
        try:
            rules = list(pages(client, "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=asked))
        except (CloudError, PreflightRefused):
            continue
        found |= {str(rule["SecurityGroupRuleId"]): rule for rule in rules}
    return found


def _groups(resource: PlannedResource) -> Iterator[str]:
    group = resource.property("securityGroupId")
    if resource.type == EXCLUSIVE and resource.changes and isinstance(group, str):
        yield group
