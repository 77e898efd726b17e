"""Components for AWS. Each is usable alone, with secure defaults."""

from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.network import StudioNetwork, StudioNetworkArgs

__all__ = [
    "EncryptionKey",
    "EncryptionKeyArgs",
    "StudioNetwork",
    "StudioNetworkArgs",
]
