"""Trails: the account's record of who did what."""

from typing import Final

from soundstage.providers.aws.table.tagging import retag
from soundstage.providers.entry import AutoName, Call, Entry, resent, sets, switched
from soundstage.providers.mapping import WORDS, Blocks, Field, Tags

_TRAIL = {"Name": "{id}"}
_SELECTOR = (
    *(Field(name, f"{name[0].upper()}{name[1:]}", form=WORDS) for name in ("equals", "notEquals")),
    *(
        Field(f"{name}s", f"{name[0].upper()}{name[1:]}", form=WORDS)
        for name in ("startsWith", "notStartsWith", "endsWith", "notEndsWith")
    ),
)
_CHANGEABLE = (
    *("s3BucketName", "s3KeyPrefix", "snsTopicName", "kmsKeyId", "cloudWatchLogsGroupArn", "cloudWatchLogsRoleArn"),
    *("includeGlobalServiceEvents", "isMultiRegionTrail", "isOrganizationTrail", "enableLogFileValidation"),
)

TYPES: Final = (
    Entry(
        "aws:cloudtrail/trail:Trail",
        "cloudtrail",
        fields=(
            Field("name", replaces=True),
            Field("s3BucketName", required=True),
            Field("s3KeyPrefix"),
            Field("snsTopicName"),
            Field("kmsKeyId"),
            Field("cloudWatchLogsGroupArn", "CloudWatchLogsLogGroupArn"),
            Field("cloudWatchLogsRoleArn"),
            Field("includeGlobalServiceEvents", default=True),
            Field("isMultiRegionTrail", default=False),
            Field("isOrganizationTrail", default=False),
            Field("enableLogFileValidation", read="LogFileValidationEnabled", default=False),
            Field("enableLogging", read="-Status.IsLogging", default=True),
            Field(
                "eventSelectors",
                read="-Selectors.EventSelectors",
                form=Blocks(
                    Field("readWriteType", default="All"),
                    Field("includeManagementEvents", default=True),
                    Field("excludeManagementEventSources", form=WORDS),
                    Field("dataResources", form=Blocks(Field("type"), Field("values", form=WORDS))),
                ),
            ),
            Field(
                "advancedEventSelectors",
                read="-Selectors.AdvancedEventSelectors",
                form=Blocks(
                    Field("name"),
                    Field("fieldSelectors", required=True, form=Blocks(Field("field", required=True), *_SELECTOR)),
                ),
            ),
            Field("tags", "TagsList", "-Tags", form=Tags(keyed=True)),
        ),
        id="@TrailARN",
        create=Call("CreateTrail", needs=("cloudtrail:AddTags", "iam:PassRole")),
        read=Call("GetTrail", _TRAIL, "Trail"),
        more=(
            Call("GetTrailStatus", _TRAIL, into="-Status"),
            Call("GetEventSelectors", {"TrailName": "{id}"}, into="-Selectors"),
            Call("ListTags", {"ResourceIdList": ["{id}"]}, "ResourceTagList.0.TagsList", into="-Tags"),
        ),
        updates=(
            resent(_CHANGEABLE, Call("UpdateTrail", _TRAIL, needs=("iam:PassRole",))),
            sets(
                ("eventSelectors", "advancedEventSelectors"),
                Call("PutEventSelectors", {"TrailName": "{id}"}),
                sends=("eventSelectors", "advancedEventSelectors"),
                on_create=True,
            ),
            # A trail begins silent, so logging is switched on even where the program says nothing.
            switched("enableLogging", "StartLogging", "StopLogging", _TRAIL, on_create=True, always=True),
            retag({"ResourceId": "{id}"}, tag="AddTags", untag="RemoveTags", keys="TagsList", tags="TagsList"),
        ),
        delete=Call("DeleteTrail", {"Name": "{in.name}"}),
        outputs={"homeRegion": "{region}", "snsTopicArn": "@SnsTopicARN"},
        arn="{id}",
        name=AutoName(prefix="", longest=128),
        settle=True,
        finder=Call("GetTrail", {"Name": "{in.name}"}, "Trail.TrailARN"),
        recorded="No events are delivered.",
        passes_to="cloudtrail.amazonaws.com",
    ),
)
