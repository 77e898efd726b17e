"""Starting and stopping a machine by the clock."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.place import Place, rendered
from soundstage.components.boot.idle_watch import OVER_TAG
from soundstage.components.closed_days import START_RETRIED, Closed
from soundstage.components.hours import Hours
from soundstage.components.naming import schedule_name
from soundstage.components.ownership import Tags
from soundstage.components.policydoc import Conditions, Statement, allow, deny, trust
from soundstage.components.tags import named

ONLY_HOURS_OVER: Final[Conditions] = {
    "ForAllValues:StringEquals": {"aws:TagKeys": [OVER_TAG]},
    # For all of none would hold as well.
    "Null": {"aws:TagKeys": "false"},
}
"""That no tag is given but the one that says since when a machine's hours are over."""
NOT_OVER: Final = "no"
"""What the tag says from the next beginning on. Anything but a time does."""


def timer_trust(place: Place) -> str:
    """The trust policy of the role that starts and stops a machine by the clock."""
    return trust("scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": place.account}})


def timer_policy(place: Place, instance_arn: str, key_arn: str, closed: Sequence[Closed] = ()) -> list[Statement]:
    """What the clock may do: start this machine except at the times of `closed`, and tell it whether its hours are over. Starting one with
    encrypted disks takes a grant on their key."""
    return [
        allow("StartThisMachine", ["ec2:StartInstances"], [instance_arn]),
        allow("EndItsHours", ["ec2:CreateTags"], [instance_arn], conditions=ONLY_HOURS_OVER),
        allow(
            "OpenItsDisks",
            ["kms:CreateGrant"],
            [key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"ec2.{place.region}.amazonaws.com"},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        ),
        *(_closed(each) for each in closed),
    ]


def _closed(time: Closed) -> Statement:
    """Of any machine, which is shorter than the name of this one."""
    return deny(
        f"Closed{time.day:%Y%m%d}",
        ["ec2:StartInstances"],
        ["*"],
        conditions={
            "DateGreaterThanEquals": {"aws:CurrentTime": f"{time.since:%Y-%m-%dT%H:%M:%SZ}"},
            "DateLessThan": {"aws:CurrentTime": f"{time.until:%Y-%m-%dT%H:%M:%SZ}"},
        },
    )


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
    """Schedules that start one instance and tell it when its hours begin and are over, under a role that can do nothing else. `label` is the
    instance's studio, project and workstation.

    The machine stops by itself then, as soon as no person and no render needs it: a call to stop it would cut both. EventBridge
    Scheduler calls EC2 itself ("universal target"), so that no function of ours needs to run or be patched.
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
        policy=rendered(
            partial(timer_policy, closed=hours.closed), place=place, instance_arn=instance.arn, key_arn=key_arn
        ),
        opts=child,
    )
    only_these_policies(f"{name}-clock-role", role, [policy], child)
    started = pulumi.Output.json_dumps({"InstanceIds": [instance.id]})
    begun, ended = (
        pulumi.Output.json_dumps({"Resources": [instance.id], "Tags": [{"Key": OVER_TAG, "Value": value}]})
        for value in (NOT_OVER, "<aws.scheduler.scheduled-time>")
    )
    for number, window in enumerate(hours.windows, 1):
        for verb, when, call, told, what in (
            ("start", window.start, "startInstances", started, f"Start {name}"),
            # It may be up since the stretch before this one.
            ("begin", window.start, "createTags", begun, f"Tell {name} that its hours have begun"),
            ("stop", window.stop, "createTags", ended, f"Tell {name} that its hours are over"),
        ):
            if when is None:
                continue
            title = verb if number == 1 else f"{verb}-{number}"
            aws.scheduler.Schedule(
                f"{name}-{title}",
                name=schedule_name(*label, title),
                description=what,
                schedule_expression=when,
                schedule_expression_timezone=hours.timezone,
                flexible_time_window={"mode": "OFF"},
                target=aws.scheduler.ScheduleTargetArgs(
                    arn=pulumi.Output.format(
                        "arn:{0}:scheduler:::aws-sdk:ec2:{1}", place.apply(lambda known: known.partition), call
                    ),
                    role_arn=role.arn,
                    input=told,
                    retry_policy=_retry() if verb == "start" else None,
                ),
                region=region,
                opts=child,
            )


def _retry() -> aws.scheduler.ScheduleTargetRetryPolicyArgs:
    return aws.scheduler.ScheduleTargetRetryPolicyArgs(
        maximum_event_age_in_seconds=int(START_RETRIED.total_seconds()), maximum_retry_attempts=60
    )
