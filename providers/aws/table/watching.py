"""CloudWatch and CloudWatch Logs: log groups, metric filters, alarms."""

from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Entry, sets
from soundstage.providers.mapping import MAP, WORDS, Block, Blocks, Field, Form, Tags

_GROUP = {"logGroupName": "{id}"}
_ALARM = {"ResourceARN": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}"}
_GROUP_ARN = "arn:{partition}:logs:{region}:{account}:log-group:{id}"


class _Dimensions(Form):
    """A map that CloudWatch keeps as a list of names and values."""

    def encode(self, value: Value) -> Any:
        return [{"Name": name, "Value": item} for name, item in value.items()]

    def decode(self, found: Any) -> Value:
        return {item["Name"]: item["Value"] for item in found} or None


class _Transformation(Form):
    """The one transformation of a metric filter, which the API keeps in a list."""

    _block = Block(
        Field("name", "metricName", required=True),
        Field("namespace", "metricNamespace", required=True),
        Field("value", "metricValue", required=True),
        Field("defaultValue", "defaultValue"),
        Field("dimensions", "dimensions", form=MAP),
        Field("unit", "unit", default="None"),
    )

    def encode(self, value: Value) -> Any:
        encoded = self._block.encode(value)
        if "defaultValue" in encoded:
            encoded["defaultValue"] = float(encoded["defaultValue"])
        return [encoded]

    def decode(self, found: Any) -> Value:
        return self._block.decode(found[0]) if found else None

    def same(self, left: Value, right: Value) -> bool:
        return self._block.same(left, right)

    def settle(self, recorded: Value, found: Value) -> Value:
        return self._block.settle(recorded, found)


_ALARM_FIELDS = (
    Field("name", "AlarmName", read=None, replaces=True),
    Field("comparisonOperator"),
    Field("evaluationPeriods"),
    Field("actionsEnabled", default=True),
    Field("alarmActions", form=WORDS),
    Field("okActions", "OKActions", form=WORDS),
    Field("insufficientDataActions", form=WORDS),
    Field("alarmDescription"),
    Field("datapointsToAlarm"),
    Field("dimensions", form=_Dimensions()),
    Field("evaluateLowSampleCountPercentiles", "EvaluateLowSampleCountPercentile"),
    Field("extendedStatistic"),
    Field("metricName"),
    Field("namespace"),
    Field("period"),
    Field("statistic"),
    Field("threshold"),
    Field("thresholdMetricId"),
    Field("treatMissingData", default="missing"),
    Field("unit"),
    Field(
        "metricQueries",
        "Metrics",
        form=Blocks(
            Field("id", required=True),
            Field("accountId"),
            Field("expression"),
            Field("label"),
            Field("period"),
            Field("returnData", quiet=(False,)),
            Field(
                "metric",
                "MetricStat",
                form=Block(
                    Field("metricName", "Metric.MetricName"),
                    Field("namespace", "Metric.Namespace"),
                    Field("dimensions", "Metric.Dimensions", form=_Dimensions()),
                    Field("period", "Period"),
                    Field("stat", "Stat"),
                    Field("unit", "Unit"),
                ),
            ),
        ),
    ),
    Field("tags", form=Tags()),
)

TYPES: Final = (
    Entry(
        "aws:cloudwatch/logGroup:LogGroup",
        "logs",
        fields=(
            Field("name", "logGroupName", replaces=True),
            Field("retentionInDays", "retentionInDays", default=0),
            Field("kmsKeyId", "kmsKeyId"),
            Field("logGroupClass", "logGroupClass", computed=True, replaces=True),
            Field("skipDestroy", read=None, default=False),
            Field("deletionProtectionEnabled", read=None, computed=True),
            Field("tags", "tags", form=MAP),
        ),
        unsent=("skipDestroy", "deletionProtectionEnabled"),
        id="{in.name}",
        create=Call("CreateLogGroup", needs=("logs:TagResource",)),
        read=Call("DescribeLogGroups", {"logGroupNamePrefix": "{id}"}, "logGroups[logGroupName={id}]"),
        more=(tags_of({"resourceArn": _GROUP_ARN}, "tags", "tags"),),
        updates=(
            sets(
                "retentionInDays",
                Call(
                    "PutRetentionPolicy",
                    {**_GROUP, "retentionInDays": "{in.retentionInDays}"},
                    when="{in.retentionInDays}",
                ),
                Call("DeleteRetentionPolicy", _GROUP, when="{off.retentionInDays}"),
                on_create=True,
            ),
            sets(
                "kmsKeyId",
                Call("AssociateKmsKey", {**_GROUP, "kmsKeyId": "{in.kmsKeyId}"}, when="{in.kmsKeyId}"),
                Call("DisassociateKmsKey", _GROUP, when="{off.kmsKeyId}"),
            ),
            retag({"resourceArn": _GROUP_ARN}, keys="tagKeys", tags="tags"),
        ),
        delete=Call("DeleteLogGroup", _GROUP, when="{off.skipDestroy}"),
        arn=_GROUP_ARN,
        name=AutoName(longest=512),
        recorded="Nothing but what is put by hand arrives, and nothing expires.",
        every=Call("DescribeLogGroups", gives="logGroups[].logGroupName", service="logs"),
    ),
    Entry(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "logs",
        fields=(
            Field("name", "filterName", replaces=True),
            Field("logGroupName", "logGroupName", required=True, replaces=True),
            Field("pattern", "filterPattern", required=True),
            Field("metricTransformation", "metricTransformations", form=_Transformation(), required=True),
            Field("applyOnTransformedLogs", "applyOnTransformedLogs", computed=True),
        ),
        id="{in.logGroupName}:{in.name}",
        create=Call("PutMetricFilter"),
        puts=True,
        read=Call(
            "DescribeMetricFilters",
            {"logGroupName": "{in.logGroupName}", "filterNamePrefix": "{in.name}"},
            "metricFilters[filterName={in.name}]",
        ),
        delete=Call("DeleteMetricFilter", {"logGroupName": "{in.logGroupName}", "filterName": "{in.name}"}),
        name=AutoName(prefix="", longest=512),
        recorded="No metric is made from log events.",
    ),
    Entry(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "cloudwatch",
        fields=_ALARM_FIELDS,
        id="{in.name}",
        create=Call("PutMetricAlarm", needs=("cloudwatch:TagResource",)),
        puts=True,
        read=Call("DescribeAlarms", {"AlarmNames": ["{id}"]}, "MetricAlarms.0"),
        more=(tags_of(_ALARM),),
        updates=(retag(_ALARM),),
        delete=Call("DeleteAlarms", {"AlarmNames": ["{id}"]}),
        arn=_ALARM["ResourceARN"],
        name=AutoName(prefix="", longest=255),
        recorded="The alarm is never evaluated and does nothing.",
        every=Call("DescribeAlarms", gives="MetricAlarms[].AlarmName"),
    ),
)
