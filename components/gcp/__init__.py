"""Components for Google Cloud. Each is usable alone, with secure defaults. They need the extra `gcp`."""

from soundstage.components.gcp.access_logs import AccessLogBucket, AccessLogBucketArgs
from soundstage.components.gcp.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.gcp.network import StudioNetwork
from soundstage.components.gcp.network_args import StudioNetworkArgs
from soundstage.components.gcp.storage import MediaBucket
from soundstage.components.gcp.storage_args import MediaBucketArgs
from soundstage.components.gcp.workstation import Workstation
from soundstage.components.gcp.workstation_args import WorkstationArgs
from soundstage.components.idle import IdleArgs

__all__ = [
    "AccessLogBucket",
    "AccessLogBucketArgs",
    "EncryptionKey",
    "EncryptionKeyArgs",
    "IdleArgs",
    "MediaBucket",
    "MediaBucketArgs",
    "StudioNetwork",
    "StudioNetworkArgs",
    "Workstation",
    "WorkstationArgs",
]
