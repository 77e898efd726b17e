"""Topics, who may use them, and who reads them."""

from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Entry, Update, sets
from soundstage.providers.mapping import DOCUMENT, TEXT, Field, Form, Tags, under


class _Flag(Form):
    """A boolean that SNS writes as a word."""

    def encode(self, value: Value) -> Any:
        return "true" if value else "false"

    def decode(self, found: Any) -> Value:
        return str(found).lower() == "true"


_FLAG = _Flag()
_OWNER_ONLY = (
    '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",'
    '"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",'
    '"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],'
    '"Resource":"{in.arn}","Condition":{"StringEquals":{"AWS:SourceOwner":"{account}"}}}]}'
)
"""What SNS gives a new topic (Amazon SNS API Reference, GetTopicAttributes, read 2026-11)."""
_TOPIC_ATTRIBUTES = (
    "displayName",
    "policy",
    "kmsMasterKeyId",
    "deliveryPolicy",
    "signatureVersion",
    "tracingConfig",
    "contentBasedDeduplication",
)
_SUBSCRIPTION_ATTRIBUTES = (
    "deliveryPolicy",
    "filterPolicy",
    "filterPolicyScope",
    "rawMessageDelivery",
    "redrivePolicy",
)


def _named(field: str) -> str:
    return f"{field[0].upper()}{field[1:]}"


def _set_topic(field: str) -> Update:
    about = {"TopicArn": "{id}", "AttributeName": _named(field)}
    change = Call("SetTopicAttributes", {**about, "AttributeValue": f"{{api.{field}}}"}, when=f"{{in.{field}}}")
    reset = Call("SetTopicAttributes", {**about, "AttributeValue": ""}, when=f"{{off.{field}}}")
    return sets(field, change, reset)


def _set_subscription(field: str) -> Update:
    about = {"SubscriptionArn": "{id}", "AttributeName": _named(field)}
    return sets(field, Call("SetSubscriptionAttributes", {**about, "AttributeValue": f"{{api.{field}}}"}))


TYPES: Final = (
    Entry(
        "aws:sns/topic:Topic",
        "sns",
        fields=(
            Field("name", read=None, replaces=True),
            *under(
                "Attributes",
                Field("displayName"),
                Field("policy", form=DOCUMENT, computed=True),
                Field("kmsMasterKeyId"),
                Field("deliveryPolicy", form=DOCUMENT),
                Field("signatureVersion", form=TEXT, computed=True),
                Field("tracingConfig", computed=True),
                Field("fifoTopic", form=_FLAG, default=False, replaces=True),
                Field("contentBasedDeduplication", form=_FLAG, quiet=(False,)),
            ),
            Field("tags", form=Tags()),
        ),
        unsent=("fifoTopic",),
        id="@TopicArn",
        create=Call("CreateTopic", needs=("sns:TagResource", "sns:SetTopicAttributes")),
        read=Call("GetTopicAttributes", {"TopicArn": "{id}"}, "Attributes"),
        more=(tags_of({"ResourceArn": "{id}"}),),
        updates=(
            *map(_set_topic, _TOPIC_ATTRIBUTES),
            retag({"ResourceArn": "{id}"}),
        ),
        delete=Call("DeleteTopic", {"TopicArn": "{id}"}),
        outputs={"owner": "{account}"},
        arn="{id}",
        name=AutoName(longest=256),
        settle=True,
        finder=Call(
            "GetTopicAttributes",
            {"TopicArn": "arn:{partition}:sns:{region}:{account}:{in.name}"},
            "Attributes.TopicArn",
        ),
        every=Call("ListTopics", gives="Topics[].TopicArn"),
    ),
    Entry(
        "aws:sns/topicPolicy:TopicPolicy",
        "sns",
        fields=(Field("arn", "TopicArn", required=True, replaces=True), Field("policy", required=True, form=DOCUMENT)),
        unsent=("arn", "policy"),
        id="{in.arn}",
        create=Call(
            "SetTopicAttributes", {"TopicArn": "{in.arn}", "AttributeName": "Policy", "AttributeValue": "{in.policy}"}
        ),
        puts=True,
        read=Call("GetTopicAttributes", {"TopicArn": "{in.arn}"}, "Attributes"),
        # A topic without a policy of its own goes back to the one that SNS gives it: its account may use it.
        delete=Call(
            "SetTopicAttributes", {"TopicArn": "{in.arn}", "AttributeName": "Policy", "AttributeValue": _OWNER_ONLY}
        ),
        outputs={"owner": "{account}"},
    ),
    Entry(
        "aws:sns/topicSubscription:TopicSubscription",
        "sns",
        fields=(
            Field("topic", "TopicArn", required=True, replaces=True),
            Field("protocol", required=True, replaces=True),
            Field("endpoint", required=True, replaces=True),
            *under(
                "Attributes",
                Field("deliveryPolicy", form=DOCUMENT),
                Field("filterPolicy", form=DOCUMENT),
                Field("filterPolicyScope", computed=True),
                Field("rawMessageDelivery", form=_FLAG, default=False),
                Field("redrivePolicy", form=DOCUMENT),
            ),
            Field("confirmationTimeoutInMinutes", read=None, default=1),
            Field("endpointAutoConfirms", read=None, default=False),
        ),
        unsent=("filterPolicyScope", "rawMessageDelivery", "confirmationTimeoutInMinutes", "endpointAutoConfirms"),
        id="@SubscriptionArn",
        create=Call("Subscribe", {"ReturnSubscriptionArn": True}),
        read=Call("GetSubscriptionAttributes", {"SubscriptionArn": "{id}"}, "Attributes"),
        updates=tuple(map(_set_subscription, _SUBSCRIPTION_ATTRIBUTES)),
        delete=Call("Unsubscribe", {"SubscriptionArn": "{id}"}),
        outputs={
            "ownerId": "{account}",
            "pendingConfirmation": Field("pendingConfirmation", form=_FLAG),
            "confirmationWasAuthenticated": Field("confirmationWasAuthenticated", form=_FLAG),
        },
        arn="{id}",
        unique=("topic", "protocol", "endpoint"),
        settle=True,
        finder=Call(
            "ListSubscriptionsByTopic",
            {"TopicArn": "{in.topic}"},
            "Subscriptions[Endpoint={in.endpoint}].SubscriptionArn",
        ),
        recorded="No e-mail is sent.",
    ),
)
