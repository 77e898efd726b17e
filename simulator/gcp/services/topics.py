"""Pub/Sub: topics, what is published on them, and who hears it."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.generic import delete
from soundstage.simulator.gcp.refusals import invalid
from soundstage.simulator.gcp.rules import check_key
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing

_ACK_SECONDS: Final = 10


def topic(work: Work) -> Thing:
    """A topic that was made."""
    if work.body.get("kmsKeyName"):
        check_key(work, work.body["kmsKeyName"], "pubsub")
    work.body["state"] = "ACTIVE"
    return work.body


def subscription(work: Work) -> Thing:
    """A subscription that was made: its topic must be there."""
    work.must(f"/v1/{work.body.get('topic', '')}")
    work.body.setdefault("ackDeadlineSeconds", _ACK_SECONDS)
    work.body.setdefault("messageRetentionDuration", "604800s")
    work.body["state"] = "ACTIVE"
    return work.body


def _queue(path: str) -> str:
    return f"/messages{path}"


def publish(work: Work) -> Thing:
    """Tell everybody who subscribed."""
    path = work.call.path.partition(":")[0]
    work.must(path)
    messages = work.body.get("messages", [])
    if not messages:
        invalid("Required field 'messages' not specified", "required")
    made = [{**message, "messageId": work.number()[:16], "publishTime": work.stamp} for message in messages]
    for key, held in list(work.world.things.items()):
        if "/subscriptions/" in key and held.get("topic") == named(path) and not key.startswith("/messages"):
            queue = work.world.things.setdefault(_queue(key), {"waiting": []})
            queue["waiting"] += [{"message": each, "until": 0.0, "ackId": ""} for each in made]
    return {"messageIds": [each["messageId"] for each in made]}


def pull(work: Work) -> Thing:
    """Hear what was told, each message until it is acknowledged."""
    path = work.call.path.partition(":")[0]
    held = work.must(path)
    most = int(work.body.get("maxMessages", 0))
    if most < 1:
        invalid("Invalid value for field 'maxMessages': it must be 1 or more.")
    heard: list[Thing] = []
    for each in work.world.things.get(_queue(path), {}).get("waiting", []):
        if each["until"] <= work.now and len(heard) < most:
            each |= {"until": work.now + int(held["ackDeadlineSeconds"]), "ackId": work.text(20)}
            heard.append({"ackId": each["ackId"], "message": each["message"]})
    return {"receivedMessages": heard} if heard else {}


def acknowledge(work: Work) -> Thing:
    """Say what was heard, so that it is not told again."""
    path = work.call.path.partition(":")[0]
    work.must(path)
    queue = work.world.things.get(_queue(path), {"waiting": []})
    queue["waiting"] = [each for each in queue["waiting"] if each["ackId"] not in work.body.get("ackIds", [])]
    return {}


def delete_topic(work: Work) -> Thing:
    """Take a topic away; who subscribed hears nothing more."""
    work.must(work.call.path)
    for key, held in work.world.things.items():
        if "/subscriptions/" in key and held.get("topic") == named(work.call.path):
            held["topic"] = "_deleted-topic_"
    return delete(work)


def subscriptions(work: Work) -> Thing:
    """Who hears a topic, by name."""
    path = work.call.path.removesuffix("/subscriptions")
    work.must(path)
    found = [
        each["name"]
        for key, each in work.world.things.items()
        if "/subscriptions/" in key and each.get("topic") == named(path)
    ]
    return {"subscriptions": found} if found else {}


HANDLERS: Final[Mapping[str, Handler]] = {
    "pubsub.projects.topics.publish": publish,
    "pubsub.projects.topics.delete": delete_topic,
    "pubsub.projects.topics.subscriptions.list": subscriptions,
    "pubsub.projects.subscriptions.pull": pull,
    "pubsub.projects.subscriptions.acknowledge": acknowledge,
}
MADE: Final[Mapping[str, Handler]] = {"pubsub.projects.topics": topic, "pubsub.projects.subscriptions": subscription}
