"""Key pairs, and what the account sets for all machines."""

from typing import Final

from soundstage.providers.aws.table.ec2 import ARN, TAGGING, TAGS, retagged
from soundstage.providers.entry import AutoName, Call, Entry
from soundstage.providers.mapping import Field

_KEY_PAIR = Entry(
    "aws:ec2/keyPair:KeyPair",
    "ec2",
    fields=(
        Field("keyName", replaces=True),
        Field("publicKey", "PublicKeyMaterial", read=None, required=True, replaces=True),
        TAGS,
    ),
    id="{in.keyName}",
    create=Call("ImportKeyPair", needs=TAGGING),
    read=Call("DescribeKeyPairs", {"KeyNames": ["{id}"]}, "KeyPairs.0"),
    updates=(retagged("{out.keyPairId}"),),
    delete=Call("DeleteKeyPair", {"KeyName": "{id}"}),
    outputs={"keyPairId": "@KeyPairId", "fingerprint": "@KeyFingerprint", "keyType": "@KeyType"},
    arn=ARN + "key-pair/{id}",
    name=AutoName("keyName", "keyNamePrefix"),
    tagged="key-pair",
    every=Call("DescribeKeyPairs", gives="KeyPairs[].KeyName"),
    settle=True,
)

_METADATA_DEFAULTS = Entry(
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
    "ec2",
    fields=(
        Field("httpEndpoint", default="no-preference"),
        Field("httpTokens", default="no-preference"),
        Field("httpPutResponseHopLimit", default=-1),
        Field("instanceMetadataTags", default="no-preference"),
    ),
    id="{region}",
    create=Call("ModifyInstanceMetadataDefaults"),
    puts=True,
    read=Call("GetInstanceMetadataDefaults", gives="AccountLevel"),
    delete=Call(
        "ModifyInstanceMetadataDefaults",
        {
            "HttpEndpoint": "no-preference",
            "HttpTokens": "no-preference",
            "HttpPutResponseHopLimit": -1,
            "InstanceMetadataTags": "no-preference",
        },
    ),
)

_IMAGE_BLOCK = Entry(
    "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess",
    "ec2",
    fields=(Field("state", "ImageBlockPublicAccessState", required=True),),
    id="{region}",
    create=Call("EnableImageBlockPublicAccess"),
    puts=True,
    read=Call("GetImageBlockPublicAccessState"),
    gone=("ImageBlockPublicAccessState", ("unblocked",)),
    delete=Call("DisableImageBlockPublicAccess"),
)

TYPES: Final = (_KEY_PAIR, _METADATA_DEFAULTS, _IMAGE_BLOCK)
