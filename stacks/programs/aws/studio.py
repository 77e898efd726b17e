"""The studio's program: the baseline of one cloud account, made once, used by every project."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from soundstage.components.aws import AccessLogBucket, AccountGuardrails, AuditTrail, RoleBoundaries, StateBucket
from soundstage.components.aws.guardrails import AccountGuardrailsArgs
from soundstage.components.tags import base_tags
from soundstage.core.clouds import CloudName
from soundstage.engines.base import MadeOf, Program
from soundstage.projectfile.bucket_address import managed_bucket
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Singletons
from soundstage.stacks.programs.file_arguments import alarmed
from soundstage.stacks.programs.studio_outputs import declared


def studio_program(
    studio: Studio, cloud: CloudName, regions: Sequence[str], there: Singletons | None = None
) -> Program:
    """Declares the studio on `cloud`, with an access log archive in its home region and in `regions`.

    `there` is what the account has already of the things that it may have one of; nothing when absent.

    Raises `UsageError` when a real account would have alarms that nobody hears.
    """
    emails = alarmed(studio, cloud)
    name = studio.studio
    tags = base_tags(name)
    days = studio.log_retention_days
    there = there or Singletons()

    def declare() -> None:
        provider = aws.Provider(
            "aws",
            region=studio.home_region,
            allowed_account_ids=[studio.account] if studio.account else None,
        )
        options = pulumi.ResourceOptions(providers={"aws": provider})
        archives = {
            region: AccessLogBucket(
                f"{name}-access-logs-{region}", {"studio": name, "days": days, "region": region, "tags": tags}, options
            )
            for region in sorted({studio.home_region, *regions})
        }
        boundaries = RoleBoundaries(f"{name}-boundaries", {"studio": name, "tags": tags}, options)
        trail = AuditTrail(
            f"{name}-audit",
            {
                "studio": name,
                "alert_emails": emails,
                "log_days": days,
                "log_bucket": archives[studio.home_region].bucket_name,
                "boundary_arn": boundaries.services_arn,
                "region": studio.home_region,
                "tags": tags,
            },
            options,
        )
        rails: AccountGuardrailsArgs = {
            "studio": name,
            "regions": sorted(archives),
            "alert_emails": emails,
            "topic_arn": trail.topic_arn,
            "monthly_usd": studio.budget.monthly_usd,
            "alert_at_percent": list(studio.budget.alert_at_percent),
            "analyser_arns": there.analyser_arns,
            "tags": tags,
        }
        if there.anomaly_monitor_arn:
            rails["anomaly_monitor_arn"] = there.anomaly_monitor_arn
        if kept := managed_bucket(studio.state):
            StateBucket(
                f"{name}-state",
                {
                    "studio": name,
                    "bucket": kept.name,
                    "log_bucket": archives[studio.home_region].bucket_name,
                    "region": studio.home_region,
                    "tags": tags,
                },
                options,
            )
        guardrails = AccountGuardrails(f"{name}-guardrails", rails, options)
        pulumi.export("log_buckets", {region: archive.bucket_name for region, archive in archives.items()})
        pulumi.export("alert_topic_arn", trail.topic_arn)
        pulumi.export("boundary_arns", {"people": boundaries.people_arn, "services": boundaries.services_arn})
        pulumi.export("trail_arn", trail.trail_arn)
        pulumi.export("trail_bucket", trail.bucket_name)
        pulumi.export("declared", declared(studio))
        pulumi.export("warnings", guardrails.warnings)

    return MadeOf((studio, cloud, tuple(regions), there), declare)
