"""AuditTrail: what happened in the account, kept where nobody can change it, and alarms on what should not happen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components import choices
from soundstage.components.alarms import ALARMS
from soundstage.components.arguments import choice_fault, email_faults, number_faults, refuse
from soundstage.components.aws.alerts import Topic, alert_topic
from soundstage.components.aws.bucket import BucketPlan, Lock, LockMode, PrivateBucket, private_bucket
from soundstage.components.aws.bucket_policies import trail_statements
from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.lifecycle import log_rules
from soundstage.components.naming import (
    alarm_name,
    bucket_name,
    label_faults,
    media_bucket_prefix,
    role_path,
    trail_name,
)
from soundstage.components.ownership import Tags, plain_tags
from soundstage.components.policydoc import Statement, allow, trust
from soundstage.components.tags import named, tag_faults

LEAST_LOG_DAYS: Final = 365
METRIC_NAMESPACE: Final = "Soundstage/Audit"
ALARM_PERIOD_SECONDS: Final = 300

LOG_GROUP_DAYS: Final = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Retentions of a year and more that CloudWatch Logs offers (API reference, `PutRetentionPolicy`, read 2026-11)."""


class AuditTrailArgs(TypedDict):
    studio: str
    """Name of the studio. One trail serves the whole account, every region included."""
    alert_emails: list[str]
    """Who is told when an alarm is raised, one address at least. Each must confirm once, by a link in a message."""
    log_days: NotRequired[int]
    """Days that the trail is kept and locked: 365 to 3653. 365 when absent."""
    lock_mode: NotRequired[choices.LockMode]
    """`governance`: an administrator may shorten the retention by a right of its own. `compliance`: nobody may, the
    root user included. `governance` when absent."""
    log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket of the same region that receives access logs of the trail's bucket. No access logs when absent."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the role that fills the log group, usually `services_arn` of `RoleBoundaries`.
    No boundary when absent."""
    region: NotRequired[str]
    """Home region of the trail, which records all regions. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether trail bucket, log group and key survive when the stack is destroyed. True when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Audit:
    studio: str
    alert_emails: tuple[str, ...]
    log_days: int
    lock_mode: LockMode
    log_bucket: pulumi.Input[str] | None
    boundary_arn: pulumi.Input[str] | None
    region: str | None
    keep: bool
    tags: Tags

    @property
    def trail(self) -> str:
        return trail_name(self.studio)


def _resolve(name: str, args: AuditTrailArgs) -> _Audit:
    args, faults = conformed(args, AuditTrailArgs)
    audit = _Audit(
        studio=args.get("studio", ""),
        alert_emails=tuple(args.get("alert_emails", ())),
        log_days=args.get("log_days", LEAST_LOG_DAYS),
        lock_mode=args.get("lock_mode", "governance"),
        log_bucket=args.get("log_bucket"),
        boundary_arn=args.get("boundary_arn"),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags=args.get("tags", {}),
    )
    faults += label_faults("studio", audit.studio)
    faults += choice_fault("lock_mode", audit.lock_mode, ("governance", "compliance"))
    faults += email_faults("alert_emails", audit.alert_emails) + tag_faults(plain_tags(audit.tags))
    if not audit.alert_emails:
        faults.append("alert_emails is empty; give at least one address")
    faults += number_faults("log_days", audit.log_days, LEAST_LOG_DAYS, LOG_GROUP_DAYS[-1])
    refuse("AuditTrail", name, faults)
    return audit


def log_group_days(days: int) -> int:
    """The shortest retention that CloudWatch Logs offers and that is not shorter than `days`."""
    return next(offered for offered in LOG_GROUP_DAYS if offered >= days)


def delivery_statements(place: Place, log_group: str) -> list[Statement]:
    """What CloudTrail may do in CloudWatch Logs: write its own streams of one group."""
    stream = place.arn("logs", f"log-group:{log_group}:log-stream:{place.account}_CloudTrail_{place.region}*")
    return [allow("TrailWritesStreams", ["logs:CreateLogStream", "logs:PutLogEvents"], [stream])]


def event_selectors(partition: str, studio: str) -> Sequence[aws.cloudtrail.TrailAdvancedEventSelectorArgsDict]:
    """All management events, and every read and write of an object in the studio's media buckets, by their prefix.

    By prefix, because projects come and go without touching the studio's trail; and only media, because every data
    event is billed.
    """
    media = f"arn:{partition}:s3:::{media_bucket_prefix(studio)}"
    return [
        {"name": "Management", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
        {
            "name": "Media",
            "field_selectors": [
                {"field": "eventCategory", "equals": ["Data"]},
                {"field": "resources.type", "equals": ["AWS::S3::Object"]},
                {"field": "resources.ARN", "starts_withs": [media]},
            ],
        },
    ]


class AuditTrail(Component):
    """A multi-region trail with validated log files in a locked bucket and a log group, its key, alarms and a topic."""

    trail_arn: pulumi.Output[str]
    """ARN of the trail."""
    bucket_name: pulumi.Output[str]
    """Name of the bucket that holds the trail's files."""
    log_group_name: pulumi.Output[str]
    """Name of the log group that the alarms watch."""
    topic_arn: pulumi.Output[str]
    """ARN of the topic; budgets and anomaly monitors of the account may publish to it too."""
    key_arn: pulumi.Output[str]
    """ARN of the key that encrypts trail, logs and topic."""

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        audit = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, audit.region)
        self.key_arn = self._key(name, audit)
        bucket = self._bucket(name, audit, place)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            # Not under /soundstage/, where projects write and their admins read: one may be named like the studio.
            name=f"/soundstage-studio/{audit.studio}/trail",
            retention_in_days=log_group_days(audit.log_days),
            kms_key_id=self.key_arn,
            region=audit.region,
            tags=named(audit.tags, audit.trail),
            opts=pulumi.ResourceOptions(parent=self, protect=audit.keep),
        )
        trail = self._trail(name, audit, place, bucket, log_group)
        topic = alert_topic(
            self,
            name,
            Topic(f"{audit.studio}-alerts", self.key_arn, audit.alert_emails, audit.region, audit.tags),
        )
        self._alarms(name, audit, log_group, topic)
        self.trail_arn = trail.arn
        self.bucket_name = bucket.name
        self.log_group_name = log_group.name
        self.topic_arn = topic.arn
        self.record_outputs()

    def _key(self, name: str, audit: _Audit) -> pulumi.Output[str]:
        wanted: EncryptionKeyArgs = {
            "description": f"Audit trail and alerts of {audit.studio}",
            # People publish notices to the topic, and keep the address of their chat in a parameter.
            "used_through": ["s3", "sns", "ssm"],
            "used_by": ["cloudtrail", "logs", "cloudwatch", "budgets", "costalerts"],
            "keep": audit.keep,
            "tags": audit.tags,
        }
        if audit.region:
            wanted["region"] = audit.region
        return EncryptionKey(f"{name}-audit", wanted, pulumi.ResourceOptions(parent=self)).arn

    def _bucket(self, name: str, audit: _Audit, place: pulumi.Output[Place]) -> PrivateBucket:
        bucket = place.apply(lambda known: bucket_name(audit.trail, known.account, known.region))
        plan = BucketPlan(
            bucket=bucket,
            policy=lambda bucket: rendered(trail_statements, place=place, bucket=bucket, trail=audit.trail),
            # A day after the lock has ended: a rule that meets a locked version would only hide it.
            rules=log_rules(audit.log_days + 1),
            region=audit.region,
            keep=audit.keep,
            tags=audit.tags,
            key_arn=self.key_arn,
            lock=Lock(audit.log_days, audit.lock_mode),
            log_bucket=audit.log_bucket,
        )
        return private_bucket(self, name, plan)

    def _trail(
        self,
        name: str,
        audit: _Audit,
        place: pulumi.Output[Place],
        bucket: PrivateBucket,
        log_group: aws.cloudwatch.LogGroup,
    ) -> aws.cloudtrail.Trail:
        options = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-delivery",
            # CloudTrail supports neither aws:SourceArn nor aws:SourceAccount here (AWS, "Role policy document for CloudTrail
            # to use CloudWatch Logs for monitoring", read 2026-11).
            assume_role_policy=trust("cloudtrail.amazonaws.com"),
            description="Lets CloudTrail write to its log group",
            path=role_path(audit.studio),
            force_detach_policies=True,
            permissions_boundary=audit.boundary_arn,
            tags=named(audit.tags, f"{audit.trail}-delivery"),
            opts=options,
        )
        permission = aws.iam.RolePolicy(
            f"{name}-delivery-policy",
            role=role.name,
            policy=rendered(delivery_statements, place=place, log_group=log_group.name),
            opts=options,
        )
        only_these_policies(f"{name}-delivery", role, [permission], options)
        return aws.cloudtrail.Trail(
            f"{name}-trail",
            name=audit.trail,
            s3_bucket_name=bucket.bucket.bucket,
            kms_key_id=self.key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            cloud_watch_logs_group_arn=pulumi.Output.concat(log_group.arn, ":*"),
            cloud_watch_logs_role_arn=role.arn,
            advanced_event_selectors=place.apply(lambda known: event_selectors(known.partition, audit.studio)),
            region=audit.region,
            tags=named(audit.tags, audit.trail),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission, *bucket.ready]),
        )

    def _alarms(self, name: str, audit: _Audit, log_group: aws.cloudwatch.LogGroup, topic: aws.sns.Topic) -> None:
        options = pulumi.ResourceOptions(parent=self)
        for alarm in ALARMS:
            metric = f"{audit.studio}-{alarm.name}"
            title = alarm_name(audit.studio, alarm.name)
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{alarm.name}-filter",
                name=metric,
                log_group_name=log_group.name,
                pattern=alarm.pattern,
                metric_transformation={"name": metric, "namespace": METRIC_NAMESPACE, "value": "1"},
                region=audit.region,
                opts=options,
            )
            aws.cloudwatch.MetricAlarm(
                f"{name}-{alarm.name}-alarm",
                name=title,
                alarm_description=f"{alarm.meaning}. {alarm.reference}".rstrip(),
                namespace=METRIC_NAMESPACE,
                metric_name=metric,
                statistic="Sum",
                period=ALARM_PERIOD_SECONDS,
                evaluation_periods=1,
                threshold=1,
                comparison_operator="GreaterThanOrEqualToThreshold",
                # Silence is the normal case, not a missing measurement.
                treat_missing_data="notBreaching",
                alarm_actions=[topic.arn],
                region=audit.region,
                tags=named(audit.tags, title),
                opts=options,
            )
