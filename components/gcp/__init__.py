"""Components for Google Cloud. Each is usable alone, with secure defaults. They need the extra `gcp`."""

from importlib.util import find_spec

if find_spec("pulumi_gcp") is None:
    raise ModuleNotFoundError(
        "The components for Google Cloud need the extra gcp, which is not installed here. "
        "In the checkout of Soundstage run `pip install '.[gcp]'`.",
        name="pulumi_gcp",
    )

from soundstage.components.gcp.access import AccessRoles, AccessRolesArgs
from soundstage.components.gcp.access_logs import AccessLogBucket, AccessLogBucketArgs
from soundstage.components.gcp.audit import AuditTrail, AuditTrailArgs
from soundstage.components.gcp.budget import ProjectBudget, ProjectBudgetArgs
from soundstage.components.gcp.guardrails import AccountGuardrails, AccountGuardrailsArgs
from soundstage.components.gcp.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.gcp.network import StudioNetwork
from soundstage.components.gcp.network_args import StudioNetworkArgs
from soundstage.components.gcp.storage import MediaBucket
from soundstage.components.gcp.storage_args import MediaBucketArgs
from soundstage.components.gcp.transfer import TransferBucket, TransferBucketArgs
from soundstage.components.gcp.workstation import Workstation
from soundstage.components.gcp.workstation_args import WorkstationArgs
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
    "EncryptionKey",
    "EncryptionKeyArgs",
    "IdleArgs",
    "MediaBucket",
    "MediaBucketArgs",
    "ProjectBudget",
    "ProjectBudgetArgs",
    "StudioNetwork",
    "StudioNetworkArgs",
    "TransferBucket",
    "TransferBucketArgs",
    "Workstation",
    "WorkstationArgs",
]
