"""Amazon Data Lifecycle Manager: snapshots of disks by the clock."""

from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.tagging import retag
from soundstage.providers.entry import Call, Entry, resent
from soundstage.providers.mapping import MAP, WORDS, Block, Blocks, Field, Form, Tags

_ARN: Final = "arn:{partition}:dlm:{region}:{account}:policy/{id}"


class _Only(Form):
    """One value, which the service keeps as a list of one."""

    def encode(self, value: Value) -> Any:
        return [value]

    def decode(self, found: Any) -> Value:
        return found[0] if found else None


_SCHEDULE: Final = (
    Field("name", required=True),
    Field("copyTags", computed=True),
    Field("tagsToAdd", form=Tags()),
    Field("variableTags", form=Tags()),
    Field(
        "createRule",
        required=True,
        form=Block(
            Field("interval"),
            Field("intervalUnit", computed=True),
            Field("times", form=_Only(), computed=True),
            Field("cronExpression"),
            Field("location", computed=True),
        ),
    ),
    Field("retainRule", required=True, form=Block(Field("count"), Field("interval"), Field("intervalUnit"))),
)
_DETAILS: Final = Block(
    Field("policyType", default="EBS_SNAPSHOT_MANAGEMENT"),
    Field("resourceTypes", form=WORDS),
    Field("resourceLocations", computed=True),
    Field("policyLanguage", computed=True),
    Field("targetTags", form=Tags()),
    Field("schedules", form=Blocks(*_SCHEDULE, ordered=True)),
)


TYPES: Final = (
    Entry(
        "aws:dlm/lifecyclePolicy:LifecyclePolicy",
        "dlm",
        fields=(
            Field("description", required=True),
            Field("executionRoleArn", required=True),
            Field("policyDetails", form=_DETAILS, required=True),
            Field("state", default="ENABLED"),
            Field("tags", form=MAP),
        ),
        id="@PolicyId",
        create=Call("CreateLifecyclePolicy", needs=("iam:PassRole", "dlm:TagResource", "dlm:GetLifecyclePolicies")),
        read=Call("GetLifecyclePolicy", {"PolicyId": "{id}"}, "Policy"),
        updates=(
            resent(
                ("description", "executionRoleArn", "policyDetails", "state"),
                Call("UpdateLifecyclePolicy", {"PolicyId": "{id}"}, needs=("iam:PassRole",)),
            ),
            retag({"ResourceArn": _ARN}),
        ),
        delete=Call("DeleteLifecyclePolicy", {"PolicyId": "{id}"}),
        arn=_ARN,
        settle=True,
        # Neither names nor client tokens exist for policies, and whoever finds one looks at its tags as well.
        finder=Call("GetLifecyclePolicies", gives="Policies[Description={in.description}].PolicyId"),
        every=Call("GetLifecyclePolicies", gives="Policies[].PolicyId"),
        recorded="No snapshot is taken by the clock.",
        passes_to="dlm.amazonaws.com",
    ),
)
