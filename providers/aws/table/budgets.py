"""Budgets and what they do when they are spent."""

from datetime import UTC, datetime
from typing import Any, Final

from soundstage.core.values import Properties, Value
from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Cloud, Entry, Look, Update, resent, sets
from soundstage.providers.mapping import WORDS, Block, Blocks, Field, Form, Tags, under

_DAY = "%Y-%m-%d_%H:%M"
_BUDGET = {"AccountId": "{account}", "BudgetName": "{in.name}"}
_ACTION = {"AccountId": "{account}", "BudgetName": "{in.budgetName}", "ActionId": "{part.ActionId}"}
_SUBSCRIPTIONS: Final = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}


class _Amount(Form):
    """Money as text: `100` and `100.00` are the same."""

    def encode(self, value: Value) -> Any:
        return str(value)

    def same(self, left: Value, right: Value) -> bool:
        try:
            return float(left) == float(right)
        except (TypeError, ValueError):
            return bool(left == right)


class _Moment(Form):
    """A date as pulumi-aws writes it for budgets, in UTC."""

    def encode(self, value: Value) -> Any:
        return datetime.strptime(value, _DAY).replace(tzinfo=UTC)

    def decode(self, found: Any) -> Value:
        return found.astimezone(UTC).strftime(_DAY) if isinstance(found, datetime) else found


class _Filters(Form):
    """Cost filters: a list of names with values, which the API keeps as a map."""

    def encode(self, value: Value) -> Any:
        return {item["name"]: list(item["values"]) for item in value}

    def decode(self, found: Any) -> Value:
        return [{"name": name, "values": values} for name, values in found.items()] or None

    def same(self, left: Value, right: Value) -> bool:
        return self._plain(left) == self._plain(right)

    @staticmethod
    def _plain(filters: Value) -> dict[str, set[str]]:
        return {item["name"]: set(item["values"]) for item in filters or ()}


class _Notifications(Form):
    """Who is told at which part of the budget. The API holds readers apart from notifications."""

    _block = Block(
        Field("comparisonOperator", required=True),
        Field("notificationType", required=True),
        Field("threshold", required=True),
        Field("thresholdType", default="PERCENTAGE"),
    )

    def encode(self, value: Value) -> Any:
        return [
            {
                "Notification": self._block.encode(item),
                "Subscribers": [
                    {"SubscriptionType": kind, "Address": address}
                    for key, kind in _SUBSCRIPTIONS.items()
                    for address in item.get(key) or ()
                ],
            }
            for item in value or ()
        ]

    def decode(self, found: Any) -> Value:
        return [
            {
                **self._block.decode(item["Notification"]),
                **{
                    key: addresses
                    for key, kind in _SUBSCRIPTIONS.items()
                    if (addresses := [s["Address"] for s in item["Subscribers"] if s["SubscriptionType"] == kind])
                },
            }
            for item in found
        ]

    def same(self, left: Value, right: Value) -> bool:
        return sorted(map(self._plain, left or ())) == sorted(map(self._plain, right or ()))

    def settle(self, recorded: Value, found: Value) -> Value:
        known = {self._plain(item): item for item in recorded or ()}
        settled = {self._plain(item): known.get(self._plain(item), item) for item in found or ()}
        kept = [item for key, item in known.items() if key in settled]
        return kept + [item for key, item in settled.items() if key not in known]

    def added(self, before: Value, after: Value) -> Any:
        known = {self._plain(item) for item in before or ()}
        return self.encode([item for item in after or () if self._plain(item) not in known])

    @staticmethod
    def _plain(item: Value) -> tuple[str, ...]:
        readers = [f"{kind}:{address}" for key, kind in _SUBSCRIPTIONS.items() for address in item.get(key) or ()]
        return (
            str(item.get("notificationType")),
            str(item.get("comparisonOperator")),
            str(item.get("thresholdType") or "PERCENTAGE"),
            str(float(item.get("threshold", 0))),
            *sorted(readers),
        )


def _notifications(cloud: Cloud, _id: str, inputs: Properties) -> Any:
    where = {"AccountId": cloud.account, "BudgetName": inputs["name"]}
    found = cloud.call("budgets", "DescribeNotificationsForBudget", where, missing_ok=True) or {}
    result = []
    for notification in found.get("Notifications", ()):
        known = {key: value for key, value in notification.items() if key != "NotificationState"}
        told = cloud.call(
            "budgets", "DescribeSubscribersForNotification", {**where, "Notification": known}, missing_ok=True
        )
        result.append({"Notification": known, "Subscribers": (told or {}).get("Subscribers", [])})
    return result


def _lost_action(cloud: Cloud, inputs: Properties, _token: str) -> str | None:
    """An action has neither a name nor a token: it is the one of its budget that does the same."""
    where = {"AccountId": cloud.account, "BudgetName": inputs["budgetName"]}
    found = cloud.call("budgets", "DescribeBudgetActionsForBudget", where, missing_ok=True) or {}
    wanted = DEFINITION.encode(inputs["definition"])
    for action in found.get("Actions", ()):
        if action["Definition"] == wanted and action["NotificationType"] == inputs["notificationType"]:
            return f"{cloud.account}:{action['ActionId']}:{inputs['budgetName']}"
    return None


_LIMITS = ("budgetType", "limitAmount", "limitUnit", "timeUnit", "costFilters", "timePeriodStart", "timePeriodEnd")
DEFINITION: Final = Block(
    Field(
        "iamActionDefinition",
        form=Block(
            Field("policyArn"), Field("groups", form=WORDS), Field("roles", form=WORDS), Field("users", form=WORDS)
        ),
    ),
    Field("scpActionDefinition", form=Block(Field("policyId"), Field("targetIds", form=WORDS))),
    Field("ssmActionDefinition", form=Block(Field("actionSubType"), Field("instanceIds", form=WORDS), Field("region"))),
)


def _retag(arn: str) -> Update:
    return retag({"ResourceARN": arn}, keys="ResourceTagKeys", tags="ResourceTags")


_BUDGET_ARN = "arn:{partition}:budgets::{account}:budget/{in.name}"
_ACTION_ARN = "arn:{partition}:budgets::{account}:budget/{in.budgetName}/action/{part.ActionId}"

TYPES: Final = (
    Entry(
        "aws:budgets/budget:Budget",
        "budgets",
        fields=(
            Field("accountId", read=None, computed=True, replaces=True),
            *under(
                "Budget",
                Field("name", "BudgetName", replaces=True),
                Field("budgetType", required=True),
                Field("limitAmount", "BudgetLimit.Amount", form=_Amount(), computed=True),
                Field("limitUnit", "BudgetLimit.Unit", computed=True),
                Field("timeUnit", required=True),
                Field("timePeriodStart", "TimePeriod.Start", form=_Moment(), computed=True),
                Field("timePeriodEnd", "TimePeriod.End", form=_Moment(), computed=True),
                Field("costFilters", form=_Filters()),
            ),
            Field("notifications", "NotificationsWithSubscribers", "-Notifications", form=_Notifications()),
            Field("tags", "ResourceTags", "-Tags", form=Tags()),
        ),
        unsent=("accountId",),
        id="{account}:{in.name}",
        create=Call("CreateBudget", {"AccountId": "{account}"}, needs=("budgets:TagResource",)),
        read=Call("DescribeBudget", _BUDGET, "Budget"),
        more=(
            Look("-Notifications", _notifications, needs=("budgets:ViewBudget",)),
            tags_of({"ResourceARN": _BUDGET_ARN}, "ResourceTags", "-Tags", drift=False),
        ),
        updates=(
            sets(
                _LIMITS,
                Call(
                    "UpdateBudget",
                    {
                        "AccountId": "{account}",
                        "NewBudget": {
                            "BudgetName": "{in.name}",
                            "BudgetType": "{in.budgetType}",
                            "BudgetLimit": {"Amount": "{api.limitAmount}", "Unit": "{in.limitUnit}"},
                            "TimeUnit": "{in.timeUnit}",
                            "TimePeriod": {"Start": "{api.timePeriodStart}", "End": "{api.timePeriodEnd}"},
                            "CostFilters": "{api.costFilters}",
                        },
                    },
                ),
            ),
            sets(
                "notifications",
                Call(
                    "DeleteNotification",
                    {**_BUDGET, "Notification": "{item.Notification}"},
                    each="{removed.notifications}",
                    absent=("NotFoundException",),
                ),
                Call(
                    "CreateNotification",
                    {**_BUDGET, "Notification": "{item.Notification}", "Subscribers": "{item.Subscribers}"},
                    each="{added.notifications}",
                    absent=("DuplicateRecordException",),
                ),
            ),
            _retag(_BUDGET_ARN),
        ),
        delete=Call("DeleteBudget", _BUDGET),
        outputs={"accountId": "{account}"},
        arn=_BUDGET_ARN,
        name=AutoName(longest=100),
        regional=False,
        settle=True,
        recorded="It counts the simulated bill. Alerts are kept and not sent: `workstation simulator mail`.",
    ),
    Entry(
        "aws:budgets/budgetAction:BudgetAction",
        "budgets",
        fields=(
            Field("accountId", read=None, computed=True, replaces=True),
            Field("budgetName", required=True, replaces=True),
            Field("actionType", required=True, replaces=True),
            Field("notificationType", required=True),
            Field(
                "actionThreshold",
                required=True,
                form=Block(Field("actionThresholdType", required=True), Field("actionThresholdValue", required=True)),
            ),
            Field("definition", required=True, form=DEFINITION),
            Field("executionRoleArn", required=True),
            Field("approvalModel", required=True),
            Field(
                "subscribers",
                required=True,
                form=Blocks(Field("address", required=True), Field("subscriptionType", required=True)),
            ),
            Field("tags", "ResourceTags", "-Tags", form=Tags()),
        ),
        unsent=("accountId",),
        id="{account}:{part.ActionId}:{in.budgetName}",
        create=Call("CreateBudgetAction", {"AccountId": "{account}"}, needs=("iam:PassRole",)),
        read=Call("DescribeBudgetAction", _ACTION, "Action"),
        more=(tags_of({"ResourceARN": _ACTION_ARN}, "ResourceTags", "-Tags", drift=False),),
        updates=(
            resent(
                (
                    "notificationType",
                    "actionThreshold",
                    "definition",
                    "executionRoleArn",
                    "approvalModel",
                    "subscribers",
                ),
                Call(
                    "UpdateBudgetAction",
                    {**_ACTION, "ActionThreshold": "{api.actionThreshold}"},
                    needs=("iam:PassRole",),
                ),
            ),
            _retag(_ACTION_ARN),
        ),
        delete=Call("DeleteBudgetAction", _ACTION),
        outputs={"accountId": "{account}", "actionId": "{part.ActionId}", "status": "@Status"},
        arn=_ACTION_ARN,
        regional=False,
        settle=True,
        finder=_lost_action,
        recorded="It stops machines when the simulated bill passes its threshold. Its other kinds do nothing.",
        passes_to="budgets.amazonaws.com",
    ),
)
