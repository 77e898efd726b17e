"""AWS as a Pulumi provider."""

from collections.abc import Callable
from typing import Final

from soundstage.providers.aws import PACKAGE, light
from soundstage.providers.aws.actions import action_of
from soundstage.providers.aws.boto3_calls import Endpoint, by_boto3
from soundstage.providers.aws.recorded import RECORDED_ONLY
from soundstage.providers.aws.table import INVOKES, TYPES
from soundstage.providers.table_provider import Catalogue, TableProvider, unheard

_IN_USE: Final = frozenset(
    {
        "BucketNotEmpty",
        "CannotDelete",
        "DeleteConflict",
        "DependencyViolation",
        "InvalidGroup.InUse",
        "InvalidIPAddress.InUse",
        "InvalidNetworkInterface.InUse",
        "ResourceInUse",
        "ResourceInUseException",
        "VolumeInUse",
    }
)
"""Codes with which AWS refuses to delete what something else needs."""
AWS: Final = Catalogue(PACKAGE, TYPES, INVOKES, frozenset(RECORDED_ONLY), _IN_USE, by_boto3, light.send, action_of)


class AwsProvider(TableProvider):
    """Makes, reads, changes and deletes resources of AWS through boto3."""

    def __init__(self, endpoint: Endpoint, region: str, on_retry: Callable[[str], None] = unheard) -> None:
        super().__init__(AWS, endpoint, region, on_retry)
