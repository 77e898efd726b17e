"""Parameters, documents and associations of Systems Manager."""

from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Entry, Update, resent
from soundstage.providers.mapping import DOCUMENT, WORDS, Blocks, Field, Form, Tags

_CHANGEABLE = ("type", "value", "description", "keyId", "tier", "allowedPattern", "dataType")

_NO_DOCUMENT: Final = ("InvalidDocument",)
"""What Systems Manager says of a document that is not there."""


def _tags_of(kind: str) -> tuple[Call, Update]:
    """How the tags of a parameter or a document are read and changed."""
    named = {"ResourceType": kind, "ResourceId": "{id}"}
    update = retag(named, tag="AddTagsToResource", untag="RemoveTagsFromResource")
    return tags_of(named, "TagList", "-Tags"), update


class _Lists(Form):
    """A map of texts, each of which the service keeps as a list of one."""

    def encode(self, value: Value) -> Any:
        return {name: [each] for name, each in value.items()}

    def decode(self, found: Any) -> Value:
        return {name: each[0] for name, each in found.items()} if found else None


_PARAMETER_TAGS, _PARAMETER_RETAG = _tags_of("Parameter")
_DOCUMENT_TAGS, _DOCUMENT_RETAG = _tags_of("Document")
_ASSOCIATION_TAGS, _ASSOCIATION_RETAG = _tags_of("Association")
_ASSOCIATION: Final = (
    "applyOnlyAtCronInterval",
    "associationName",
    "complianceSeverity",
    "documentVersion",
    "maxConcurrency",
    "maxErrors",
    "name",
    "parameters",
    "scheduleExpression",
    "targets",
)

TYPES: Final = (
    Entry(
        "aws:ssm/association:Association",
        "ssm",
        fields=(
            Field("name", replaces=True),
            Field("associationName"),
            Field("scheduleExpression"),
            Field("applyOnlyAtCronInterval", default=False),
            Field("parameters", form=_Lists(), computed=True),
            Field(
                "targets",
                form=Blocks(Field("key", required=True), Field("values", form=WORDS, required=True)),
                computed=True,
            ),
            Field("documentVersion", computed=True),
            Field("maxConcurrency"),
            Field("maxErrors"),
            Field("complianceSeverity"),
            Field("tags", "Tags", "-Tags", form=Tags()),
        ),
        id="@AssociationId",
        create=Call(
            "CreateAssociation", gives="AssociationDescription", needs=("ssm:AddTagsToResource", "ssm:ListAssociations")
        ),
        read=Call(
            "DescribeAssociation",
            {"AssociationId": "{id}"},
            "AssociationDescription",
            absent=("AssociationDoesNotExist",),
        ),
        more=(_ASSOCIATION_TAGS,),
        # What the call leaves out is taken away.
        updates=(
            resent(_ASSOCIATION, Call("UpdateAssociation", {"AssociationId": "{id}"})),
            _ASSOCIATION_RETAG,
        ),
        delete=Call("DeleteAssociation", {"AssociationId": "{id}"}, absent=("AssociationDoesNotExist",)),
        outputs={"associationId": "@AssociationId"},
        arn="arn:{partition}:ssm:{region}:{account}:association/{id}",
        settle=True,
        # Neither unique names nor client tokens exist for them, and whoever finds one looks at its tags as well.
        finder=Call(
            "ListAssociations",
            {"AssociationFilterList": [{"key": "AssociationName", "value": "{in.associationName}"}]},
            "Associations[].AssociationId",
        ),
        every=Call("ListAssociations", gives="Associations[].AssociationId"),
        recorded="Nothing is run on a machine by the clock.",
    ),
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
            resent(_CHANGEABLE, Call("PutParameter", {"Name": "{id}", "Overwrite": True})),
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
