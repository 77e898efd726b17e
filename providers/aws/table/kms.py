"""Keys and their aliases."""

from typing import Final

from soundstage.core.values import Properties, Value
from soundstage.providers.aws.table.tagging import retag
from soundstage.providers.entry import AutoName, Call, Cloud, Entry, resent, sets, switched
from soundstage.providers.mapping import CREATION_TAG, DOCUMENT, Field, Form, Tags

_KEY = {"KeyId": "{id}"}


class KeyName(Form):
    """A key's id or its ARN."""

    def same(self, left: Value, right: Value) -> bool:
        return str(left).rpartition("/")[2] == str(right).rpartition("/")[2]


KEY_NAME = KeyName()


def _by_mark(cloud: Cloud, _inputs: Properties, token: str) -> str | None:
    """Neither names nor client tokens exist for keys, and the tagging service knows keys only by their ARN."""
    params = {"TagFilters": [{"Key": CREATION_TAG, "Values": [token]}], "ResourceTypeFilters": ["kms"]}
    found = cloud.call("resourcegroupstaggingapi", "GetResources", params)["ResourceTagMappingList"]
    return str(found[0]["ResourceARN"]).rpartition("/")[2] if found else None


TYPES: Final = (
    Entry(
        "aws:kms/key:Key",
        "kms",
        fields=(
            Field("description", computed=True),
            Field("keyUsage", default="ENCRYPT_DECRYPT", replaces=True),
            Field("customerMasterKeySpec", "KeySpec", default="SYMMETRIC_DEFAULT", replaces=True),
            Field("multiRegion", replaces=True, computed=True),
            Field("policy", form=DOCUMENT, computed=True),
            Field("bypassPolicyLockoutSafetyCheck", read=None, default=False),
            Field("enableKeyRotation", read="Rotation.KeyRotationEnabled", default=False),
            Field("rotationPeriodInDays", read="Rotation.RotationPeriodInDays", computed=True),
            Field("isEnabled", read="Enabled", default=True),
            Field("deletionWindowInDays", read=None),
            Field("tags", form=Tags(key="TagKey", value="TagValue")),
        ),
        unsent=("deletionWindowInDays",),
        id="@KeyId",
        create=Call("CreateKey", gives="KeyMetadata", needs=("kms:TagResource", "tag:GetResources")),
        read=Call("DescribeKey", _KEY, "KeyMetadata"),
        more=(
            Call("GetKeyPolicy", {"KeyId": "{id}", "PolicyName": "default"}, "Policy", into="Policy"),
            Call("GetKeyRotationStatus", _KEY, into="Rotation", absent=("UnsupportedOperationException",)),
            Call("ListResourceTags", _KEY, "Tags", into="Tags"),
        ),
        updates=(
            resent(("description",), Call("UpdateKeyDescription", _KEY)),
            resent(
                ("policy", "bypassPolicyLockoutSafetyCheck"),
                Call("PutKeyPolicy", {"KeyId": "{id}", "PolicyName": "default"}, when="{in.policy}"),
            ),
            sets(
                ("enableKeyRotation", "rotationPeriodInDays"),
                Call("DisableKeyRotation", _KEY, when="{off.enableKeyRotation}"),
                Call(
                    "EnableKeyRotation",
                    {"KeyId": "{id}", "RotationPeriodInDays": "{in.rotationPeriodInDays}"},
                    when="{in.enableKeyRotation}",
                ),
                on_create=True,
            ),
            switched("isEnabled", "EnableKey", "DisableKey", _KEY, on_create=True),
            retag({"KeyId": "{id}"}),
        ),
        delete=Call(
            "ScheduleKeyDeletion",
            {"KeyId": "{id}", "PendingWindowInDays": "{in.deletionWindowInDays}"},
            absent=("KMSInvalidStateException",),
        ),
        outputs={"keyId": "{id}"},
        arn="arn:{partition}:kms:{region}:{account}:key/{id}",
        marked=True,
        gone=("KeyState", ("PendingDeletion", "PendingReplicaDeletion")),
        finder=_by_mark,
    ),
    Entry(
        "aws:kms/alias:Alias",
        "kms",
        fields=(
            Field("name", "AliasName", read=None, replaces=True),
            Field("targetKeyId", read="KeyId", required=True, form=KEY_NAME),
        ),
        id="{in.name}",
        create=Call("CreateAlias"),
        read=Call("DescribeKey", {"KeyId": "{id}"}, "KeyMetadata"),
        updates=(sets("targetKeyId", Call("UpdateAlias", {"AliasName": "{id}", "TargetKeyId": "{in.targetKeyId}"})),),
        delete=Call("DeleteAlias", {"AliasName": "{id}"}),
        outputs={"targetKeyArn": "@Arn"},
        settle=True,
        arn="arn:{partition}:kms:{region}:{account}:{in.name}",
        name=AutoName(start="alias/", longest=256),
        every=Call("ListAliases", gives="Aliases[].AliasName"),
    ),
)
