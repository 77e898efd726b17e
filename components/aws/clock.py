"""Starting and stopping a machine by the clock."""

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.place import Place, rendered
from soundstage.components.hours import Hours
from soundstage.components.naming import schedule_name
from soundstage.components.ownership import Tags
from soundstage.components.policydoc import Statement, allow, trust
from soundstage.components.tags import named


def timer_trust(place: Place) -> str:
    """The trust policy of the role that starts and stops a machine by the clock."""
    return trust("scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": place.account}})


def timer_policy(place: Place, instance_arn: str, key_arn: str) -> list[Statement]:
    """What the clock may do: start and stop this machine. Starting one with encrypted disks takes a grant on their key."""
    return [
        allow("StartAndStopThisMachine", ["ec2:StartInstances", "ec2:StopInstances"], [instance_arn]),
        allow(
            "OpenItsDisks",
            ["kms:CreateGrant"],
            [key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"ec2.{place.region}.amazonaws.com"},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        ),
    ]


def keep_hours(
    component: pulumi.Resource,
    name: str,
    hours: Hours,
    *,
    label: tuple[str, str, str],
    instance: aws.ec2.Instance,
    place: pulumi.Output[Place],
    key_arn: pulumi.Input[str],
    path: pulumi.Input[str | None],
    boundary_arn: pulumi.Input[str] | None,
    region: str | None,
    tags: Tags,
) -> None:
    """Schedules that start and stop one instance, under a role that can do nothing else. `label` is the instance's studio,
    project and workstation.

    EventBridge Scheduler calls EC2 itself ("universal target"), so that no function of ours needs to run or be patched.
    """
    child = pulumi.ResourceOptions(parent=component)
    role = aws.iam.Role(
        f"{name}-clock-role",
        description="Starts and stops one workstation by the clock",
        path=path,
        force_detach_policies=True,
        permissions_boundary=boundary_arn,
        assume_role_policy=place.apply(timer_trust),
        tags=named(tags, f"{name}-clock"),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-clock-policy",
        role=role.id,
        policy=rendered(timer_policy, place=place, instance_arn=instance.arn, key_arn=key_arn),
        opts=child,
    )
    only_these_policies(f"{name}-clock-role", role, [policy], child)
    for verb, when in (("start", hours.start), ("stop", hours.stop)):
        if when is None:
            continue
        aws.scheduler.Schedule(
            f"{name}-{verb}",
            name=schedule_name(*label, verb),
            description=f"{verb.capitalize()} {name}",
            schedule_expression=when,
            schedule_expression_timezone=hours.timezone,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": pulumi.Output.format(
                    "arn:{0}:scheduler:::aws-sdk:ec2:{1}Instances", place.apply(lambda known: known.partition), verb
                ),
                "role_arn": role.arn,
                "input": pulumi.Output.json_dumps({"InstanceIds": [instance.id]}),
            },
            region=region,
            opts=child,
        )
