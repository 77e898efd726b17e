"""EventBridge Scheduler: what is called at which time."""

from typing import Final

from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Entry, sets
from soundstage.providers.mapping import Block, Field, Tags

_SCHEDULE = {"GroupName": "{in.groupName}", "Name": "{in.name}"}
_GROUP_ARN = "arn:{partition}:scheduler:{region}:{account}:schedule-group/{id}"
_CHANGEABLE = (
    *("scheduleExpression", "scheduleExpressionTimezone", "description", "state", "actionAfterCompletion"),
    *("startDate", "endDate", "kmsKeyArn", "flexibleTimeWindow", "target"),
)

_SCHEDULE_ENTRY = Entry(
    "aws:scheduler/schedule:Schedule",
    "scheduler",
    fields=(
        Field("name", replaces=True),
        Field("groupName", default="default", replaces=True),
        Field("scheduleExpression", required=True),
        Field("scheduleExpressionTimezone", default="UTC"),
        Field("description"),
        Field("state", default="ENABLED"),
        Field("actionAfterCompletion", computed=True),
        Field("startDate"),
        Field("endDate"),
        Field("kmsKeyArn"),
        Field(
            "flexibleTimeWindow",
            required=True,
            form=Block(Field("mode", required=True), Field("maximumWindowInMinutes")),
        ),
        Field(
            "target",
            required=True,
            form=Block(
                Field("arn", required=True),
                Field("roleArn", required=True),
                Field("input"),
                Field("deadLetterConfig", form=Block(Field("arn", required=True))),
                Field(
                    "retryPolicy",
                    form=Block(
                        Field("maximumEventAgeInSeconds", default=86400), Field("maximumRetryAttempts", default=185)
                    ),
                    computed=True,
                ),
            ),
        ),
    ),
    id="{in.groupName}/{in.name}",
    create=Call("CreateSchedule", {"ClientToken": "{token}"}, needs=("iam:PassRole",)),
    read=Call("GetSchedule", _SCHEDULE),
    updates=(
        sets(
            _CHANGEABLE,
            Call("UpdateSchedule", needs=("iam:PassRole",)),
            sends=("name", "groupName", *_CHANGEABLE),
        ),
    ),
    delete=Call("DeleteSchedule", _SCHEDULE),
    arn="arn:{partition}:scheduler:{region}:{account}:schedule/{in.groupName}/{in.name}",
    name=AutoName(longest=64),
    recorded="Only schedules of days of the week, or of one moment, act, and only by starting, stopping and tagging machines.",
    passes_to="scheduler.amazonaws.com",
    every=Call("ListSchedules", gives="Schedules[].Name"),
)

TYPES: Final = (
    _SCHEDULE_ENTRY,
    Entry(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "scheduler",
        fields=(Field("name", replaces=True), Field("tags", "Tags", "-Tags", form=Tags())),
        id="{in.name}",
        create=Call("CreateScheduleGroup", {"ClientToken": "{token}"}, needs=("scheduler:TagResource",)),
        read=Call("GetScheduleGroup", {"Name": "{id}"}),
        more=(tags_of({"ResourceArn": _GROUP_ARN}, into="-Tags"),),
        updates=(retag({"ResourceArn": _GROUP_ARN}),),
        delete=Call("DeleteScheduleGroup", {"Name": "{id}"}),
        outputs={"state": "@State", "creationDate": "@CreationDate", "lastModificationDate": "@LastModificationDate"},
        arn=_GROUP_ARN,
        name=AutoName(longest=64),
        settle=True,
    ),
)
