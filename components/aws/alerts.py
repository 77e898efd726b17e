"""The topic that alarms, budgets and cost anomalies report to, and the people who read it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.naming import fingerprint
from soundstage.components.ownership import Tags
from soundstage.components.policydoc import ANYONE, Statement, allow, deny
from soundstage.components.tags import named


@dataclass(frozen=True)
class Topic:
    """A topic to make. `emails` each get a message in which they must confirm that they want the alerts."""

    name: str
    key_arn: pulumi.Input[str]
    emails: Sequence[str]
    region: str | None
    tags: Tags


def topic_statements(place: Place, name: str) -> list[Statement]:
    """Who may publish: this account's alarms, budgets and anomaly monitors. Nobody may publish in clear."""
    topic = [place.arn("sns", name)]
    mine = {"aws:SourceAccount": place.account}
    sources = {
        "AlarmsPublish": ("cloudwatch.amazonaws.com", place.arn("cloudwatch", "alarm:*")),
        "BudgetsPublish": ("budgets.amazonaws.com", f"arn:{place.partition}:budgets::{place.account}:*"),
        "AnomaliesPublish": ("costalerts.amazonaws.com", f"arn:{place.partition}:ce::{place.account}:*"),
    }
    statements = [
        allow(
            sid,
            ["sns:Publish"],
            topic,
            principals={"Service": (service,)},
            conditions={"StringEquals": mine, "ArnLike": {"aws:SourceArn": source}},
        )
        for sid, (service, source) in sources.items()
    ]
    in_clear = deny(
        "DenyClearText",
        ["sns:Publish"],
        topic,
        principals=ANYONE,
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
    return [*statements, in_clear]


def alert_topic(parent: pulumi.Resource, name: str, wanted: Topic) -> aws.sns.Topic:
    """Create the topic, its policy and its subscriptions as children of `parent`."""
    options = pulumi.ResourceOptions(parent=parent)
    topic = aws.sns.Topic(
        f"{name}-alerts",
        name=wanted.name,
        display_name="Soundstage alerts",
        kms_master_key_id=wanted.key_arn,
        region=wanted.region,
        tags=named(wanted.tags, wanted.name),
        opts=options,
    )
    aws.sns.TopicPolicy(
        f"{name}-alerts-policy",
        arn=topic.arn,
        policy=rendered(topic_statements, place=place_of(parent, wanted.region), name=wanted.name),
        region=wanted.region,
        opts=options,
    )
    for email in wanted.emails:
        # Named after the address, so that adding one reader does not ask all others to confirm again.
        aws.sns.TopicSubscription(
            f"{name}-alerts-{fingerprint(email)}",
            topic=topic.arn,
            protocol="email",
            endpoint=email,
            region=wanted.region,
            opts=options,
        )
    return topic
