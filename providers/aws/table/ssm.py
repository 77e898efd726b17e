"""Parameters and documents of Systems Manager."""

from typing import Final

from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Entry, Update, sets
from soundstage.providers.mapping import DOCUMENT, Field, Tags

_CHANGEABLE = ("type", "value", "description", "keyId", "tier", "allowedPattern", "dataType")

_NO_DOCUMENT: Final = ("InvalidDocument",)
"""What Systems Manager says of a document that is not there."""


def _tags_of(kind: str) -> tuple[Call, Update]:
    """How the tags of a parameter or a document are read and changed."""
    named = {"ResourceType": kind, "ResourceId": "{id}"}
    update = retag(named, tag="AddTagsToResource", untag="RemoveTagsFromResource")
    return tags_of(named, "TagList", "-Tags"), update


_PARAMETER_TAGS, _PARAMETER_RETAG = _tags_of("Parameter")
_DOCUMENT_TAGS, _DOCUMENT_RETAG = _tags_of("Document")

TYPES: Final = (
    Entry(
        "aws:ssm/parameter:Parameter",
        "ssm",
        fields=(
            Field("name", replaces=True),
            Field("type", required=True),
            Field("value", secret=True),
            Field("description", read="-About.Description"),
            Field("keyId", read="-About.KeyId", computed=True),
            Field("tier", read="-About.Tier", computed=True),
            Field("allowedPattern", read="-About.AllowedPattern"),
            Field("dataType", computed=True),
            Field("tags", "Tags", "-Tags", form=Tags()),
        ),
        id="{in.name}",
        create=Call("PutParameter", needs=("ssm:AddTagsToResource",)),
        read=Call("GetParameter", {"Name": "{id}", "WithDecryption": True}, "Parameter"),
        more=(
            Call(
                "DescribeParameters",
                {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": ["{id}"]}]},
                "Parameters.0",
                into="-About",
            ),
            _PARAMETER_TAGS,
        ),
        updates=(
            sets(_CHANGEABLE, Call("PutParameter", {"Name": "{id}", "Overwrite": True}), sends=_CHANGEABLE),
            _PARAMETER_RETAG,
        ),
        delete=Call("DeleteParameter", {"Name": "{id}"}),
        outputs={"version": "@Version"},
        arn="arn:{partition}:ssm:{region}:{account}:parameter/{id}",
        name=AutoName(prefix="", longest=2048),
        settle=True,
    ),
    Entry(
        "aws:ssm/document:Document",
        "ssm",
        fields=(
            Field("name", replaces=True),
            Field("documentType", required=True, replaces=True),
            Field("documentFormat", default="JSON", replaces=True),
            Field("targetType", replaces=True),
            Field("versionName", replaces=True),
            # What is no document of schema 2 cannot be changed, only made anew.
            Field("content", read="-Content", form=DOCUMENT, required=True, replaces=True),
            Field("tags", "Tags", "-Tags", form=Tags()),
        ),
        id="{in.name}",
        create=Call("CreateDocument", gives="DocumentDescription", needs=("ssm:AddTagsToResource",)),
        read=Call("DescribeDocument", {"Name": "{id}"}, "Document", absent=_NO_DOCUMENT),
        more=(Call("GetDocument", {"Name": "{id}"}, "Content", into="-Content"), _DOCUMENT_TAGS),
        updates=(_DOCUMENT_RETAG,),
        delete=Call("DeleteDocument", {"Name": "{id}"}, absent=_NO_DOCUMENT),
        outputs={
            "createdDate": "@CreatedDate",
            "defaultVersion": "@DefaultVersion",
            "description": "@Description",
            "documentVersion": "@DocumentVersion",
            "latestVersion": "@LatestVersion",
            "owner": "@Owner",
            "platformTypes": "@PlatformTypes",
            "schemaVersion": "@SchemaVersion",
            "status": "@Status",
        },
        arn="arn:{partition}:ssm:{region}:{account}:document/{id}",
        name=AutoName(prefix="", longest=128),
        unique=("name",),
        settle=True,
    ),
)
