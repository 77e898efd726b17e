"""Logging's buckets, sinks and entries; monitoring's and billing's things, which have names of their own making."""

import re
from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.checking import masked
from soundstage.simulator.gcp.generic import change, delete
from soundstage.simulator.gcp.refusals import invalid, unfit, wrong
from soundstage.simulator.gcp.rules import number_of
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing

_ALWAYS: Final = ("_Default", "_Required")
_DESTINATION: Final = re.compile(
    r"storage\.googleapis\.com/[\w.-]+|logging\.googleapis\.com/projects/[^/]+/locations/[^/]+/buckets/[^/]+|"
    r"pubsub\.googleapis\.com/projects/[^/]+/topics/[^/]+|bigquery\.googleapis\.com/.+"
)
_CREATED: Final = "2026-01-05T08:00:00.000Z"


def bucket(work: Work) -> Thing:
    """A bucket for logs that was made."""
    work.body.setdefault("retentionDays", 30)
    work.body["lifecycleState"] = "ACTIVE"
    return work.body


def get_bucket(work: Work) -> Thing:
    """A bucket, also one that is always there."""
    name = work.call.path.rpartition("/")[2]
    held = work.world.things.get(work.call.path)
    if held is None and name in _ALWAYS:
        days = 400 if name == "_Required" else 30
        return {
            "name": named(work.call.path), "retentionDays": days, "lifecycleState": "ACTIVE", "locked": name == "_Required",
            "createTime": _CREATED,
        }  # fmt: skip
    return dict(held or work.must(work.call.path))


def patch_bucket(work: Work) -> Thing:
    """Change a bucket; one that is locked can only be kept longer."""
    held = get_bucket(work)
    changed = masked(held, work.body, work.call.one("updateMask"))
    if held.get("locked") and (not changed.get("locked") or int(changed["retentionDays"]) < int(held["retentionDays"])):
        unfit("The bucket is locked: it can neither be unlocked nor keep logs for less time.")
    work.world.things[work.call.path] = held
    return change(work)


def delete_bucket(work: Work) -> Thing:
    """Have a bucket deleted, which takes a week in which it can come back."""
    held = get_bucket(work)
    if work.call.path.rpartition("/")[2] in _ALWAYS or held.get("locked"):
        unfit(f"Bucket {held['name']} cannot be deleted.")
    work.world.things[work.call.path]["lifecycleState"] = "DELETE_REQUESTED"
    return {}


def undelete_bucket(work: Work) -> Thing:
    """Bring a bucket back."""
    work.must(work.call.path.partition(":")[0])["lifecycleState"] = "ACTIVE"
    return {}


def sink(work: Work) -> Thing:
    """A sink that was made, with the account that writes for it."""
    body = work.body
    given = body["name"].rpartition("/")[2]
    if not _DESTINATION.fullmatch(body.get("destination", "")):
        wrong("resource.destination", body.get("destination", ""), "It is no bucket, topic, dataset or log bucket.")
    number = number_of(work.world, work.call.project)
    own = work.call.flag("uniqueWriterIdentity") or not body["destination"].startswith("logging.")
    body["name"] = given
    body["writerIdentity"] = f"serviceAccount:service-{number}@gcp-sa-logging.iam.gserviceaccount.com" if own else ""
    body["resourceName"] = f"projects/{work.call.project}/sinks/{given}"
    return body


def write_entries(work: Work) -> Thing:
    """Write entries, kept as they come."""
    entries = work.body.get("entries", [])
    for number, entry in enumerate(entries):
        kept = {key: work.body[key] for key in ("logName", "resource", "labels") if key in work.body} | entry
        kept |= {"receiveTimestamp": work.stamp, "insertId": entry.get("insertId", work.text(12))}
        work.world.things[f"/entries/{work.stamp}-{number:06d}-{work.text(4)}"] = {"timestamp": work.stamp, **kept}
    return {}


def list_entries(work: Work) -> Thing:
    """The entries of the projects that are asked for, the oldest first."""
    asked = tuple(f"{each}/" for each in work.body.get("resourceNames", []))
    found = [
        each
        for key, each in sorted(work.world.things.items())
        if key.startswith("/entries/") and each.get("logName", "").startswith(asked)
    ]
    if "desc" in work.body.get("orderBy", ""):
        found.reverse()
    return {"entries": found[: work.body.get("pageSize", 50)]}


def metric(work: Work) -> Thing:
    """A metric of logs that was made."""
    work.body["name"] = work.body["name"].rpartition("/")[2]
    return work.body


def channel(work: Work) -> Thing:
    """Somebody who is told of alerts."""
    if not work.body.get("type"):
        invalid("Required field 'resource.type' not specified", "required")
    if work.body["type"] == "email" and "@" not in work.body.get("labels", {}).get("email_address", ""):
        invalid("Field 'labels.email_address' must be an e-mail address.")
    work.body.setdefault("enabled", True)
    work.body["creationRecord"] = {"mutateTime": work.stamp}
    return work.body


def delete_channel(work: Work) -> Thing:
    """Take somebody away who is told; with `force` also from the alerts that tell them."""
    name = named(work.call.path)
    using = [
        each
        for key, each in work.world.things.items()
        if "/alertPolicies/" in key and name in each.get("notificationChannels", [])
    ]
    if using and not work.call.flag("force"):
        unfit(f"The notification channel {name} is used by the alert policy {using[0]['name']}.")
    for each in using:
        each["notificationChannels"].remove(name)
    return delete(work)


def alert(work: Work) -> Thing:
    """An alert that was made: it must say when, and tell people who are there."""
    for field in ("displayName", "conditions", "combiner"):
        if not work.body.get(field):
            invalid(f"Field alert_policy.{field} must be set.", "required")
    for name in work.body.get("notificationChannels", []):
        work.must(f"/v3/{name}")
    for number, each in enumerate(work.body["conditions"], start=1):
        each["name"] = f"{work.body['name']}/conditions/{number}"
    work.body.setdefault("enabled", True)
    work.body["creationRecord"] = {"mutateTime": work.stamp, "mutatedBy": work.call.caller}
    return work.body


def series(work: Work) -> Thing:
    """What was measured is not kept."""
    for each in work.body.get("timeSeries", []):
        if not each.get("metric", {}).get("type"):
            invalid("Field timeSeries[0].metric.type must be set.", "required")
    return {}


def _check_labels(work: Work) -> None:
    """A budget counts by one label at most (Cloud Billing Budget API, `Filter.labels`, read 2026-11)."""
    labels = (work.body.get("budgetFilter") or {}).get("labels") or {}
    if len(labels) > 1 or any(len(values or ()) > 1 for values in labels.values()):
        invalid(
            "Invalid value for field 'budget.budgetFilter.labels': multiple entries or multiple values are not allowed."
        )


def patch_budget(work: Work) -> Thing:
    """Change a budget."""
    _check_labels(work)
    return change(work)


def budget(work: Work) -> Thing:
    """A budget that was made."""
    _check_labels(work)
    work.must(work.call.path.removesuffix("/budgets"))
    if not work.body.get("amount"):
        invalid("Required field 'resource.amount' not specified", "required")
    topic = work.body.get("notificationsRule", {}).get("pubsubTopic")
    if topic:
        work.must(f"/v1/{topic}")
    for rule in work.body.get("thresholdRules", []):
        if rule.get("thresholdPercent", -1) < 0:
            invalid("Field thresholdRules.thresholdPercent must be 0 or more.")
    for name in work.body.get("notificationsRule", {}).get("monitoringNotificationChannels", []):
        work.must(f"/v3/{name}")
    return work.body


_BUCKETS: Final = "logging.projects.locations.buckets."
HANDLERS: Final[Mapping[str, Handler]] = {
    _BUCKETS + "get": get_bucket,
    _BUCKETS + "patch": patch_bucket,
    _BUCKETS + "delete": delete_bucket,
    _BUCKETS + "undelete": undelete_bucket,
    "logging.entries.write": write_entries,
    "logging.entries.list": list_entries,
    "billingbudgets.billingAccounts.budgets.patch": patch_budget,
    "monitoring.projects.notificationChannels.delete": delete_channel,
    "monitoring.projects.timeSeries.create": series,
    "monitoring.projects.timeSeries.list": lambda work: {"timeSeries": []} if work.call.path else {},
}
MADE: Final[Mapping[str, Handler]] = {
    "logging.projects.locations.buckets": bucket,
    "logging.projects.sinks": sink,
    "logging.projects.metrics": metric,
    "monitoring.projects.notificationChannels": channel,
    "monitoring.projects.alertPolicies": alert,
    "billingbudgets.billingAccounts.budgets": budget,
}
