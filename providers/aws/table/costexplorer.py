"""Cost anomalies: what is watched, and who is told."""

from typing import Final

from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Entry, sets
from soundstage.providers.mapping import PARSED, WORDS, Block, Blocks, Field, Tags, under

_MATCHED = Block(Field("key"), Field("matchOptions", form=WORDS), Field("values", form=WORDS))


def _expression(depth: int) -> Block:
    """A cost expression; AWS nests them, pulumi-aws knows three levels."""
    leaves = (
        Field("dimension", "Dimensions", form=_MATCHED),
        Field("costCategory", "CostCategories", form=_MATCHED),
        Field("tags", "Tags", form=_MATCHED),
    )
    if depth == 0:
        return Block(*leaves)
    inner = _expression(depth - 1)
    return Block(
        *leaves,
        Field("ands", "And", form=Blocks(*inner.fields)),
        Field("ors", "Or", form=Blocks(*inner.fields)),
        Field("not", "Not", form=inner),
    )


_RETAG = retag({"ResourceArn": "{id}"}, keys="ResourceTagKeys", tags="ResourceTags")
_TAGS_OF = tags_of({"ResourceArn": "{id}"}, "ResourceTags", "-Tags")

TYPES: Final = (
    Entry(
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        "ce",
        fields=(
            *under(
                "AnomalyMonitor",
                Field("name", "MonitorName"),
                Field("monitorType", required=True, replaces=True),
                Field("monitorDimension", replaces=True),
                Field("monitorSpecification", form=PARSED, replaces=True),
            ),
            Field("tags", "ResourceTags", "-Tags", form=Tags()),
        ),
        id="@MonitorArn",
        create=Call("CreateAnomalyMonitor", needs=("ce:TagResource",)),
        read=Call(
            "GetAnomalyMonitors", {"MonitorArnList": ["{id}"]}, "AnomalyMonitors.0", absent=("UnknownMonitorException",)
        ),
        more=(_TAGS_OF,),
        updates=(
            sets("name", Call("UpdateAnomalyMonitor", {"MonitorArn": "{id}", "MonitorName": "{in.name}"})),
            _RETAG,
        ),
        delete=Call("DeleteAnomalyMonitor", {"MonitorArn": "{id}"}, absent=("UnknownMonitorException",)),
        arn="{id}",
        name=AutoName(prefix="", longest=1024),
        regional=False,
        finder=Call("GetAnomalyMonitors", gives="AnomalyMonitors[MonitorName={in.name}].MonitorArn"),
        recorded="No spending is ever found to be an anomaly.",
    ),
    Entry(
        "aws:costexplorer/anomalySubscription:AnomalySubscription",
        "ce",
        fields=(
            *under(
                "AnomalySubscription",
                Field("name", "SubscriptionName", replaces=True),
                Field("accountId", computed=True, replaces=True),
                Field("frequency", required=True),
                Field("monitorArnLists", "MonitorArnList", form=WORDS, required=True),
                Field(
                    "subscribers",
                    required=True,
                    form=Blocks(Field("type", required=True), Field("address", required=True)),
                ),
                Field("thresholdExpression", form=_expression(2), computed=True),
            ),
            Field("tags", "ResourceTags", "-Tags", form=Tags()),
        ),
        id="@SubscriptionArn",
        create=Call("CreateAnomalySubscription", needs=("ce:TagResource",)),
        read=Call(
            "GetAnomalySubscriptions",
            {"SubscriptionArnList": ["{id}"]},
            "AnomalySubscriptions.0",
            absent=("UnknownSubscriptionException",),
        ),
        more=(_TAGS_OF,),
        updates=(
            sets(
                ("frequency", "monitorArnLists", "subscribers", "thresholdExpression"),
                Call(
                    "UpdateAnomalySubscription",
                    {
                        "SubscriptionArn": "{id}",
                        "Frequency": "{in.frequency}",
                        "MonitorArnList": "{in.monitorArnLists}",
                        "Subscribers": "{api.subscribers}",
                        "ThresholdExpression": "{api.thresholdExpression}",
                    },
                ),
            ),
            _RETAG,
        ),
        delete=Call("DeleteAnomalySubscription", {"SubscriptionArn": "{id}"}, absent=("UnknownSubscriptionException",)),
        arn="{id}",
        name=AutoName(prefix="", longest=1024),
        settle=True,
        regional=False,
        finder=Call(
            "GetAnomalySubscriptions", gives="AnomalySubscriptions[SubscriptionName={in.name}].SubscriptionArn"
        ),
        recorded="There are no anomalies, so no alert is sent.",
    ),
)
