"""Components for AWS. Each is usable alone, with secure defaults."""

from soundstage.components.aws.access import AccessRoles, AccessRolesArgs
from soundstage.components.aws.access_logs import AccessLogBucket, AccessLogBucketArgs
from soundstage.components.aws.audit import AuditTrail, AuditTrailArgs
from soundstage.components.aws.boundaries import RoleBoundaries, RoleBoundariesArgs
from soundstage.components.aws.bucket_statements import BucketStatementArgs
from soundstage.components.aws.budget import ProjectBudget, ProjectBudgetArgs
from soundstage.components.aws.guardrails import AccountGuardrails, AccountGuardrailsArgs
from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.monthly_patching import MonthlyPatching, MonthlyPatchingArgs
from soundstage.components.aws.network import StudioNetwork
from soundstage.components.aws.network_args import StudioNetworkArgs
from soundstage.components.aws.state_bucket import StateBucket, StateBucketArgs
from soundstage.components.aws.storage import MediaBucket
from soundstage.components.aws.storage_args import LifecycleRuleArgs, MediaBucketArgs
from soundstage.components.aws.work_disk_snapshots import WorkDiskSnapshots, WorkDiskSnapshotsArgs
from soundstage.components.aws.workstation import Workstation
from soundstage.components.aws.workstation_args import (
    DiskArgs,
    InboundRuleArgs,
    OutboundRuleArgs,
    WorkstationArgs,
)
from soundstage.components.idle import IdleArgs

__all__ = [
    "AccessLogBucket",
    "AccessLogBucketArgs",
    "AccessRoles",
    "AccessRolesArgs",
    "AccountGuardrails",
    "AccountGuardrailsArgs",
    "AuditTrail",
    "AuditTrailArgs",
    "BucketStatementArgs",
    "DiskArgs",
    "EncryptionKey",
    "EncryptionKeyArgs",
    "IdleArgs",
    "InboundRuleArgs",
    "LifecycleRuleArgs",
    "MediaBucket",
    "MediaBucketArgs",
    "MonthlyPatching",
    "MonthlyPatchingArgs",
    "OutboundRuleArgs",
    "ProjectBudget",
    "ProjectBudgetArgs",
    "RoleBoundaries",
    "RoleBoundariesArgs",
    "StateBucket",
    "StateBucketArgs",
    "StudioNetwork",
    "StudioNetworkArgs",
    "WorkDiskSnapshots",
    "WorkDiskSnapshotsArgs",
    "Workstation",
    "WorkstationArgs",
]
