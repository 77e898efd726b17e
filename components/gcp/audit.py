"""AuditTrail: what everybody does in a Google Cloud project, kept where nobody changes it, and alarms on what should not happen."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components.arguments import email_faults, refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.key import key_of_its_own
from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.naming import component_faults, place_faults
from soundstage.components.gcp.place import place_of
from soundstage.components.labels import label_carry_faults
from soundstage.components.naming import notices_log, trail_name
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.retention import SHORTEST_DAYS, retention_faults
from soundstage.components.tags import STUDIO, tag_faults

KINDS: Final = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
"""What is recorded besides changes, which Google always records: reads of settings, and reads and writes of data."""
ALARMS: Final = {
    "owners": (
        "Somebody was made or unmade an owner",
        ('protoPayload.serviceName="cloudresourcemanager.googleapis.com" AND (ProjectOwnership OR projectOwnerInvitee OR '
        'protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner")'),
    ),
    "audit": (
        "What is recorded was changed",
        'protoPayload.methodName="SetIamPolicy" AND protoPayload.serviceData.policyDelta.auditConfigDeltas:*',
    ),
    "roles": (
        "A custom role was changed",
        'resource.type="iam_role" AND protoPayload.methodName=~"google.iam.admin.v1.(Create|Delete|Update)Role"',
    ),
    "firewall": (
        "A firewall was changed",
        ('protoPayload.serviceName="compute.googleapis.com" AND '
        'protoPayload.methodName=~"(compute.firewalls|compute.networkFirewallPolicies).*(insert|patch|delete|addRule|patchRule|removeRule|removeAssociation)"'),
    ),
    "routes": (
        "A route was changed",
        'resource.type="gce_route" AND protoPayload.methodName=~"compute.routes.(insert|delete)"',
    ),
    "networks": (
        "A network was changed",
        'resource.type="gce_network" AND protoPayload.methodName=~"compute.networks.(insert|patch|delete|removePeering|addPeering)"',
    ),
    "buckets": (
        "Who may reach a bucket was changed",
        'resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"',
    ),
    "keys": (
        "A key was disabled or is going to be destroyed",
        ('protoPayload.serviceName="cloudkms.googleapis.com" AND '
        'protoPayload.methodName=~"(DestroyCryptoKeyVersion|UpdateCryptoKeyVersion)"'),
    ),
    "account-keys": (
        "A key of a service account was made",
        'protoPayload.methodName="google.iam.admin.v1.CreateServiceAccountKey"',
    ),
}  # fmt: skip
"""Alarm → its words and the log entries that raise it (CIS Google Cloud Platform Foundation Benchmark 5.0, 2.5 to 2.11)."""
_RATE: Final = "300s"


class AuditTrailArgs(TypedDict):
    studio: str
    """Name of the studio. One trail serves the whole Google Cloud project."""
    alert_emails: list[str]
    """Who is told when an alarm is raised, one address at least."""
    log_days: NotRequired[int]
    """Days that the log is kept: 365 to 3653. 365 when absent."""
    lock: NotRequired[bool]
    """Whether the log bucket is locked: from then on nobody, no owner either, shortens `log_days` or deletes it before. It cannot be
    taken back. False when absent."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the log. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether log and key survive when the stack is destroyed. True when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio`, which become labels. Log buckets and sinks have none."""


@dataclass(frozen=True)
class _Audit:
    studio: str
    alert_emails: tuple[str, ...]
    log_days: int
    lock: bool
    project_id: str | None
    region: str | None
    keep: bool
    tags: Tags


def _resolve(name: str, args: AuditTrailArgs) -> _Audit:
    args, faults = conformed(args, AuditTrailArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults, tagged=("studio",), of_stack=False)
    emails, days = args.get("alert_emails", []), args.get("log_days", SHORTEST_DAYS)
    faults += email_faults("alert_emails", emails) + retention_faults("log_days", days)
    if not emails:
        faults.append("alert_emails is empty; name who is told when an alarm is raised")
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    refuse("AuditTrail", name, faults)
    return _Audit(
        studio=owner.studio,
        alert_emails=tuple(sorted(set(emails))),
        log_days=days,
        lock=args.get("lock", False),
        project_id=args.get("project_id"),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags={STUDIO: owner.studio, **owner.tags},
    )


class AuditTrail(Component):
    """Data-access logs of all services, a sink of every log entry into an encrypted log bucket of its own, and alarms.

    Only logs that Google does not take for itself are billed by volume: data-access logs of media are.
    """

    log_bucket_id: pulumi.Output[str]
    """Id of the log bucket, `projects/PROJECT/locations/REGION/buckets/STUDIO-audit`."""
    sink_name: pulumi.Output[str]
    """Name of the sink that fills it."""
    key_id: pulumi.Output[str]
    """Id of the key that encrypts it."""
    notices_id: pulumi.Output[str]
    """Id of the alarm that tells the addresses of each entry of the log `soundstage-notices-STUDIO`."""

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, wanted.project_id, wanted.region)
        here = place.apply(lambda known: known.project_id)
        child = pulumi.ResourceOptions(parent=self)
        kept = pulumi.ResourceOptions(parent=self, protect=wanted.keep)
        self.key_id = self._key(name, wanted)
        self.log_bucket: gcp.logging.ProjectBucketConfig = gcp.logging.ProjectBucketConfig(
            f"{name}-log",
            project=here,
            location=place.apply(lambda known: known.region),
            bucket_id=trail_name(wanted.studio),
            retention_days=wanted.log_days,
            locked=wanted.lock,
            description=f"Everything that is done in the project of {wanted.studio}",
            cmek_settings={"kms_key_name": self.key_id},
            opts=kept,
        )
        """Where everything is kept."""
        self.sink: gcp.logging.ProjectSink = gcp.logging.ProjectSink(
            f"{name}-sink",
            name=trail_name(wanted.studio),
            description="Every log entry, whatever it is",
            destination=self.log_bucket.id.apply(lambda id: f"logging.googleapis.com/{id}"),
            unique_writer_identity=True,
            project=wanted.project_id,
            opts=kept,
        )
        """What fills it."""
        self.recorded: gcp.projects.IAMAuditConfig = gcp.projects.IAMAuditConfig(
            f"{name}-recorded",
            project=here,
            service="allServices",
            audit_log_configs=[{"log_type": kind} for kind in KINDS],
            # A Google Cloud project has one, which another studio there relies on too; and media that stay are still read.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.sink], protect=wanted.keep),
        )
        """What is recorded."""
        channels = [
            gcp.monitoring.NotificationChannel(
                f"{name}-email-{number}",
                display_name=f"Alarms of {wanted.studio}: {email}",
                type="email",
                labels={"email_address": email},
                user_labels=labels(wanted.tags),
                project=wanted.project_id,
                opts=child,
            )
            for number, email in enumerate(wanted.alert_emails, start=1)
        ]
        for label, (words, entries) in ALARMS.items():
            gcp.monitoring.AlertPolicy(
                f"{name}-{label}",
                display_name=f"{wanted.studio}: {words}",
                combiner="OR",
                conditions=[{"display_name": words, "condition_matched_log": {"filter": entries}}],
                alert_strategy={"notification_rate_limit": {"period": _RATE}},
                notification_channels=[channel.id for channel in channels],
                documentation={
                    "content": f"{words}. Who did it stands in the log entry.",
                    "mime_type": "text/markdown",
                },
                user_labels=labels(wanted.tags),
                project=wanted.project_id,
                opts=child,
            )
        self.notices_id = self._notices(name, wanted, here, [channel.id for channel in channels])
        self.log_bucket_id, self.sink_name = self.log_bucket.id, self.sink.name
        self.record_outputs()

    def _notices(
        self, name: str, wanted: _Audit, here: pulumi.Output[str], channels: list[pulumi.Output[str]]
    ) -> pulumi.Output[str]:
        """What sends on the notices of `workstation notices`."""
        words = "Something that people have to know"
        entries = here.apply(lambda project: f'logName="projects/{project}/logs/{notices_log(wanted.studio)}"')
        told: gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgsDict = {
            "filter": entries,
            "label_extractors": {"notice": "EXTRACT(jsonPayload.subject)"},
        }
        return gcp.monitoring.AlertPolicy(
            f"{name}-notices",
            display_name=f"{wanted.studio}: {words}",
            combiner="OR",
            conditions=[{"display_name": words, "condition_matched_log": told}],
            alert_strategy={"notification_rate_limit": {"period": _RATE}},
            notification_channels=channels,
            documentation={
                "content": "${log.extracted_label.notice}\n\nAll of it stands in the log entry.",
                "mime_type": "text/markdown",
            },
            user_labels=labels(wanted.tags),
            project=wanted.project_id,
            opts=pulumi.ResourceOptions(parent=self),
        ).id

    def _key(self, name: str, wanted: _Audit) -> pulumi.Output[str]:
        return key_of_its_own(
            self,
            f"{name}-log",
            f"Audit log of {wanted.studio}",
            "logging",
            keep=wanted.keep,
            tags=wanted.tags,
            project_id=wanted.project_id,
            region=wanted.region,
        )
