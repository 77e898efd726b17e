"""Access analysers: who outside the account can reach what is in it."""

from typing import Final

from soundstage.providers.aws.table.tagging import retag
from soundstage.providers.entry import AutoName, Call, Entry
from soundstage.providers.mapping import MAP, Field

_ARN = "arn:{partition}:access-analyzer:{region}:{account}:analyzer/{id}"

TYPES: Final = (
    Entry(
        "aws:accessanalyzer/analyzer:Analyzer",
        "accessanalyzer",
        fields=(
            Field("analyzerName", "analyzerName", "name", replaces=True),
            Field("type", "type", default="ACCOUNT", replaces=True),
            Field("tags", "tags", form=MAP),
        ),
        id="{in.analyzerName}",
        create=Call("CreateAnalyzer", needs=("access-analyzer:TagResource", "iam:CreateServiceLinkedRole")),
        read=Call("GetAnalyzer", {"analyzerName": "{id}"}, "analyzer"),
        updates=(retag({"resourceArn": _ARN}, keys="tagKeys", tags="tags"),),
        delete=Call("DeleteAnalyzer", {"analyzerName": "{id}"}),
        arn=_ARN,
        name=AutoName("analyzerName", prefix="", longest=255),
        recorded="Nothing is analysed; there are never findings.",
    ),
)
