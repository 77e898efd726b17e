"""EC2 settings of the account in a region: encryption by default, public sharing blocked, defaults of the metadata service.

Source: Amazon EC2 API Reference, the pages of these operations (2026-11).
"""

from dataclasses import dataclass, field
from typing import Any

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Shape


@dataclass
class RegionSettings:
    """What the account has set for a region."""

    snapshot_sharing: str = "unblocked"
    image_sharing: str = "unblocked"
    metadata: dict[str, str] = field(default_factory=dict)
    """`HttpTokens`, `HttpEndpoint`, `InstanceMetadataTags`, `HttpPutResponseHopLimit`; absent: no preference."""


def get_ebs_default_kms_key_id(call: Call) -> Shape:
    key = call.moto("ec2").default_kms_key_id
    return {"kmsKeyId": key or "alias/aws/ebs"}


def reset_ebs_default_kms_key_id(call: Call) -> Shape:
    call.moto("ec2").default_kms_key_id = None
    return {"kmsKeyId": "alias/aws/ebs"}


def _snapshot_sharing(call: Call) -> Shape:
    settings = call.own(RegionSettings)
    match call.request.operation:
        case "EnableSnapshotBlockPublicAccess":
            state = call.params.get("State", "")
            if state not in ("block-all-sharing", "block-new-sharing"):
                raise Refusal("InvalidParameterValue", f"Invalid value '{state}' for State.")
            settings.snapshot_sharing = state
        case "DisableSnapshotBlockPublicAccess":
            settings.snapshot_sharing = "unblocked"
    return {"state": settings.snapshot_sharing, "managedBy": "account"}


def _image_sharing(call: Call) -> Shape:
    settings = call.own(RegionSettings)
    match call.request.operation:
        case "EnableImageBlockPublicAccess":
            settings.image_sharing = "block-new-sharing"
        case "DisableImageBlockPublicAccess":
            settings.image_sharing = "unblocked"
    return {"imageBlockPublicAccessState": settings.image_sharing, "managedBy": "account"}


def modify_snapshot_attribute(call: Call) -> Answer:
    if _shares_with_all(call, "CreateVolumePermission") and call.own(RegionSettings).snapshot_sharing != "unblocked":
        raise Refusal("OperationNotPermitted", "Public sharing of snapshots is blocked for this account.")
    return call.forward()


def modify_image_attribute(call: Call) -> Answer:
    if _shares_with_all(call, "LaunchPermission") and call.own(RegionSettings).image_sharing != "unblocked":
        raise Refusal("OperationNotPermitted", "Public sharing of AMIs is blocked for this account.")
    return call.forward()


def _shares_with_all(call: Call, permission: str) -> bool:
    adds = call.params.get("OperationType") == "add" and "all" in call.request.members("UserGroup")
    return adds or any(
        value == "all" and key.startswith(f"{permission}.Add.") and key.endswith(".Group")
        for key, value in call.params.items()
    )


def modify_instance_metadata_defaults(call: Call) -> Shape:
    kept = call.own(RegionSettings).metadata
    for name in ("HttpTokens", "HttpEndpoint", "InstanceMetadataTags", "HttpPutResponseHopLimit"):
        value = call.params.get(name)
        if value in ("no-preference", "-1"):
            kept.pop(name, None)
        elif value:
            kept[name] = value
    return {"return": True}


def get_instance_metadata_defaults(call: Call) -> Shape:
    kept = call.own(RegionSettings).metadata
    level: dict[str, Any] = {name[0].lower() + name[1:]: value for name, value in kept.items()}
    return {"accountLevel": {**level, "managedBy": "account"}}


HANDLERS = {
    "EnableSnapshotBlockPublicAccess": _snapshot_sharing,
    "DisableSnapshotBlockPublicAccess": _snapshot_sharing,
    "GetSnapshotBlockPublicAccessState": _snapshot_sharing,
    "EnableImageBlockPublicAccess": _image_sharing,
    "DisableImageBlockPublicAccess": _image_sharing,
    "GetImageBlockPublicAccessState": _image_sharing,
}
