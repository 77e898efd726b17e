"""The studio's program on Google Cloud: the baseline of one project of Google Cloud, made once, used by every project of ours in it."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp import AccessLogBucket, AccountGuardrails, AuditTrail, EncryptionKey
from soundstage.components.naming import disks_key
from soundstage.components.tags import base_tags
from soundstage.core.clouds import CloudName
from soundstage.engines.base import MadeOf, Program
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Singletons
from soundstage.stacks.programs.file_arguments import alarmed
from soundstage.stacks.programs.studio_outputs import declared

WITHOUT_ORGANISATION = (
    "The Google Cloud project has no organisation above it, so it has no organisation policies: what nobody may do in it whatever "
    "their role is limited by roles alone."
)


def studio_program(
    studio: Studio, cloud: CloudName, regions: Sequence[str], there: Singletons | None = None
) -> Program:
    """Declares the studio on `cloud`, with an access log archive in its home region and in `regions`.

    `there` is what there is above and in the Google Cloud project already. Raises `UsageError` when a real one would have alarms that
    nobody hears.
    """
    emails = alarmed(studio, cloud)
    name, there = studio.studio, there or Singletons()
    tags = base_tags(name)
    days = studio.log_retention_days

    def declare() -> None:
        provider = gcp.Provider("gcp", project=studio.account, region=studio.home_region)
        options = pulumi.ResourceOptions(providers={"gcp": provider})
        places, allowed = sorted({studio.home_region, *regions}), options
        if there.has_organisation:
            # Linux machines with a GPU start a driver that nobody signed; of all others WS-07 wants Secure Boot.
            rails = AccountGuardrails(f"{name}-guardrails", {"regions": places, "secure_boot": False}, options)
            # What is made in a region that is new waits until its policy allows it.
            waiting = pulumi.ResourceOptions(depends_on=[rails.policies["regions"]])
            allowed = pulumi.ResourceOptions.merge(options, waiting)
        archives = {
            region: AccessLogBucket(
                f"{name}-logs-{region}", {"studio": name, "days": days, "region": region, "tags": tags}, allowed
            )
            for region in places
        }
        keys = {
            region: EncryptionKey(
                disks_key(name, region),
                {
                    "description": f"Images of {name} and the disks that they are made of, in {region}",
                    "used_by": ["compute"],
                    "studio": name,
                    "region": region,
                    "tags": tags,
                },
                allowed,
            )
            for region in places
        }
        trail = AuditTrail(
            f"{name}-audit",
            {
                "studio": name,
                "alert_emails": emails,
                "log_days": days,
                "region": studio.home_region,
                "tags": tags,
            },
            options,
        )
        pulumi.export("log_buckets", {region: archive.bucket_name for region, archive in archives.items()})
        pulumi.export("alert_topic_arn", trail.notices_id)
        pulumi.export("boundary_arns", {})
        pulumi.export("disk_keys", {region: key.key_id for region, key in keys.items()})
        pulumi.export("trail_arn", trail.log_bucket_id)
        pulumi.export("trail_bucket", trail.log_bucket_id)
        pulumi.export("declared", declared(studio))
        first = (
            f"The organisation policies here are those of the studio {' '.join(there.other_studios)}, which came first."
        )
        told = [] if there.has_organisation else [first] if there.other_studios else [WITHOUT_ORGANISATION]
        pulumi.export("warnings", told)

    return MadeOf((studio, cloud, tuple(regions), there), declare)
