"""Flow logs: who talked to whom in a network, encrypted and kept."""

from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.place import Place, rendered
from soundstage.components.ownership import Tags
from soundstage.components.policydoc import Statement, allow, trust
from soundstage.components.tags import named

AGGREGATION_SECONDS: Final = 60


def writer_policy(log_group_arn: str) -> list[Statement]:
    """What the flow log's role may do: write to its own log group."""
    return [
        allow(
            "WriteOwnGroup",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [log_group_arn, f"{log_group_arn}:log-stream:*"],
        ),
        # The service looks its group up by prefix, which has no narrower resource.
        allow("FindGroup", ["logs:DescribeLogGroups"], ["*"]),
    ]


def writer_trust(place: Place) -> str:
    """The trust policy of the flow log's role: the service, for flow logs of this account and region only."""
    return trust(
        "vpc-flow-logs.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": place.account},
            "ArnLike": {"aws:SourceArn": place.arn("ec2", "vpc-flow-log/*")},
        },
    )


def logs_key(
    component: pulumi.Resource, name: str, description: str, region: str | None, tags: Tags
) -> pulumi.Output[str]:
    """ARN of a key of a log's own, which goes with the log: it protects addresses and names, not media."""
    wanted: EncryptionKeyArgs = {
        "description": description,
        "used_through": [],
        "used_by": ["logs"],
        "keep": False,
        "tags": tags,
    }
    if region:
        wanted["region"] = region
    return EncryptionKey(f"{name}-key", wanted, pulumi.ResourceOptions(parent=component)).arn


def record_traffic(
    component: pulumi.Resource,
    name: str,
    *,
    vpc_id: pulumi.Input[str],
    place: pulumi.Output[Place],
    group_name: str,
    days: int,
    key_arn: pulumi.Input[str] | None,
    region: str | None,
    path: str,
    boundary_arn: pulumi.Input[str] | None,
    tags: Tags,
) -> aws.ec2.FlowLog:
    """Record all traffic of a VPC, accepted and refused, in an encrypted log group kept for `days`. `path` and
    `boundary_arn` are the role's.

    Without `key_arn` a key of its own is made (`logs_key`).
    """
    child = pulumi.ResourceOptions(parent=component)
    if key_arn is None:
        key_arn = logs_key(component, f"{name}-traffic", f"Flow logs of {name}", region, tags)
    label = f"{name}-traffic"
    group = aws.cloudwatch.LogGroup(
        label,
        name=group_name,
        retention_in_days=days,
        kms_key_id=key_arn,
        region=region,
        tags=named(tags, label),
        opts=child,
    )
    role = aws.iam.Role(
        f"{label}-role",
        description=f"Writes the flow logs of {name}",
        path=path,
        force_detach_policies=True,
        permissions_boundary=boundary_arn,
        assume_role_policy=place.apply(writer_trust),
        tags=named(tags, label),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{label}-policy", role=role.id, policy=rendered(writer_policy, log_group_arn=group.arn), opts=child
    )
    only_these_policies(f"{label}-role", role, [policy], child)
    return aws.ec2.FlowLog(
        f"{label}-log",
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=AGGREGATION_SECONDS,
        region=region,
        tags=named(tags, label),
        # Without its permission the log is made and then stays silent.
        opts=pulumi.ResourceOptions(parent=component, depends_on=[policy]),
    )
