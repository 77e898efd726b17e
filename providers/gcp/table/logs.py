"""Logs and their sinks, alarms, private names, budgets and what acts on them."""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.core.values import Properties
from soundstage.providers.entry import Call, Cloud, Entry, Finder
from soundstage.providers.gcp.discovery import document
from soundstage.providers.gcp.fields import field
from soundstage.providers.gcp.forms import Map, Text
from soundstage.providers.gcp.resources import NAMED, ours, resource
from soundstage.providers.mapping import Field

_P: Final = "projects/{place.project}"
_L: Final = f"{_P}/locations/{{in.location}}"


def _alike(service: str, operation: str, parent: str, key: str, listed: str, *same: str) -> Finder:
    """Finds what the cloud named by itself: it is called as the program says, and says the same."""

    def find(cloud: Cloud, inputs: Properties, _token: str) -> str | None:
        whose = parent.format(project=inputs.get("project") or cloud.account, account=inputs.get("billingAccount"))
        asked: dict[str, Any] = {key: whose}
        while True:
            page = cloud.call(service, operation, asked, missing_ok=True) or {}
            for one in page.get(listed, ()):
                if all(_is_same(inputs.get(name), one.get(name)) for name in same):
                    return str(one["name"])
            if not page.get("nextPageToken"):
                return None
            asked["pageToken"] = page["nextPageToken"]

    return find


def _is_same(wanted: Any, found: Any) -> bool:
    """Whether something is called so. Labels may say more than is asked for, but not where nothing is."""
    if wanted and isinstance(wanted, Mapping):
        return wanted.items() <= (found or {}).items()
    return (wanted or None) == (found or None)


def _watched(token: str, collection: str, listed: str, **more: Any) -> Entry:
    """An alarm, or whom it tells."""
    path = f"projects.{collection}"
    return resource(
        token,
        f"monitoring.{path}",
        "@name",
        keys={"name": "{id}"},
        create=Call(f"{path}.create", {"name": _P, "body": "{body." + more.pop("body") + "}"}),
        along=(f"monitoring.{collection}.list",),
        finder=_alike("monitoring", f"{path}.list", "projects/{project}", "name", listed, "displayName", "userLabels"),
        **more,
    )


_BUCKET: Final = "projects/{in.project}/locations/{in.location}/buckets/{in.bucketId}"
_KEPT_LOGS: Final = "description|retentionDays|locked|indexConfigs|cmekSettings|enableAnalytics"
_ALERT: Final = (
    "alertStrategy combiner conditions displayName documentation enabled notificationChannels severity userLabels"
)
_CHANNEL: Final = "description displayName enabled labels userLabels"


def _budget() -> Entry:
    about = document("billingbudgets.v1")
    schema = "GoogleCloudBillingBudgetsV1Budget"
    rule = field(about, schema, "notificationsRule", "allUpdatesRule")
    return resource(
        "gcp:billing/budget:Budget",
        "billingbudgets.billingAccounts.budgets",
        "@name",
        patch="amount budgetFilter displayName thresholdRules ownershipScope",
        own=(
            rule,
            Field("billingAccount", read=None, replaces=True, required=True),
        ),
        keys={"name": "{id}"},
        create=Call(
            "billingAccounts.budgets.create",
            {
                "parent": "billingAccounts/{in.billingAccount}",
                "body": "{body.amount|budgetFilter|displayName|thresholdRules|ownershipScope|allUpdatesRule}",
            },
        ),
        finder=_alike(
            "billingbudgets",
            "billingAccounts.budgets.list",
            "billingAccounts/{account}",
            "parent",
            "budgets",
            "displayName",
        ),
        along=("billing.budgets.list",),
        named=lambda id: {"in.billingAccount": id.split("/")[1]},
        places=(),
        outputs="name",
    )


TYPES: Final = (
    resource(
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        "logging.projects.locations.buckets",
        _BUCKET,
        patch="description retentionDays locked indexConfigs cmekSettings enableAnalytics=analyticsEnabled",
        own=(
            Field("project", read=None, replaces=True, required=True, form=Text()),
            Field("location", read=None, replaces=True, required=True),
            Field("bucketId", read=None, replaces=True, required=True),
        ),
        places=(),
        # What is deleted keeps its name for seven days. It is gone until then, and whoever makes it again takes it back.
        gone=("lifecycleState", ("DELETE_REQUESTED",)),
        before_create=(
            Call("projects.locations.buckets.get", {"name": _BUCKET}, into="held", absent=("notFound", "NOT_FOUND")),
            Call(
                "projects.locations.buckets.undelete",
                {"name": _BUCKET},
                when="{is.held.lifecycleState=DELETE_REQUESTED}",
            ),
        ),
        create=Call(
            "projects.locations.buckets.create",
            {
                "parent": "projects/{in.project}/locations/{in.location}",
                "bucketId": "{in.bucketId}",
                "body": "{body." + _KEPT_LOGS + "}",
            },
            when="{isnt.held.lifecycleState=DELETE_REQUESTED}",
        ),
        after_create=(
            Call(
                "projects.locations.buckets.patch",
                {"name": _BUCKET, "updateMask": "{mask." + _KEPT_LOGS + "}", "body": "{patch." + _KEPT_LOGS + "}"},
                when="{is.held.lifecycleState=DELETE_REQUESTED}",
            ),
        ),
        outputs="lifecycleState name",
    ),
    resource(
        "gcp:logging/projectSink:ProjectSink",
        "logging.projects.sinks",
        f"{_P}/sinks/{{in.name}}",
        fixed="name",
        patch="description destination disabled filter exclusions bigqueryOptions",
        own=(ours("uniqueWriterIdentity", computed=False, quiet=(True,)), ours("customWriterIdentity")),
        sends={
            "uniqueWriterIdentity": "{in.uniqueWriterIdentity}",
            "customWriterIdentity": "{in.customWriterIdentity}",
        },
        outputs="writerIdentity",
        name=NAMED,
    ),
    _watched(
        "gcp:monitoring/alertPolicy:AlertPolicy",
        "alertPolicies",
        "alertPolicies",
        patch=_ALERT,
        body=_ALERT.replace(" ", "|"),
        forms={"enabled": {"quiet": (True,)}, "userLabels": {"form": Map()}},
        outputs="name",
    ),
    _watched(
        "gcp:monitoring/notificationChannel:NotificationChannel",
        "notificationChannels",
        "notificationChannels",
        fixed="type",
        patch=_CHANNEL,
        body="type|" + _CHANNEL.replace(" ", "|"),
        forms={"enabled": {"quiet": (True,)}, "userLabels": {"form": Map()}, "type": {"required": True}},
        own=(ours("forceDelete"), ours("sensitiveLabels", secret=True)),
        outputs="name verificationStatus",
    ),
    resource(
        "gcp:dns/managedZone:ManagedZone",
        "dns.managedZones",
        f"{_P}/managedZones/{{in.name}}",
        fixed="name dnsName visibility",
        patch="description cloudLoggingConfig dnssecConfig forwardingConfig peeringConfig privateVisibilityConfig serviceDirectoryConfig",
        forms={
            "visibility": {"quiet": ("public",)},
            "dnssecConfig": {"computed": True},
            "cloudLoggingConfig": {"computed": True},
        },
        own=(ours("forceDestroy"), ours("reverseLookup")),
        labels="patch",
        outputs="creationTime managedZoneId=id nameServers",
        name=NAMED,
    ),
    resource(
        "gcp:dns/recordSet:RecordSet",
        "dns.resourceRecordSets",
        f"{_P}/managedZones/{{in.managedZone}}/rrsets/{{in.name}}/{{in.type}}",
        fixed="name type",
        patch="ttl rrdatas routingPolicy",
        own=(Field("managedZone", read=None, replaces=True, required=True),),
    ),
    resource(
        "gcp:dns/policy:Policy",
        "dns.policies",
        f"{_P}/policies/{{in.name}}",
        fixed="name",
        patch="alternativeNameServerConfig description enableInboundForwarding enableLogging networks dns64Config",
        name=NAMED,
        # What networks use is not deleted.
        before_delete=(
            Call(
                "policies.patch",
                {"project": "{seg.1}", "policy": "{seg.3}", "networks": []},
                when="{seen.networks}",
                absent=("notFound",),
            ),
        ),
    ),
    resource(
        "gcp:pubsub/topic:Topic",
        "pubsub.projects.topics",
        f"{_P}/topics/{{in.name}}",
        patch="kmsKeyName messageRetentionDuration messageStoragePolicy schemaSettings ingestionDataSourceSettings messageTransforms",
        forms={"messageStoragePolicy": {"computed": True}},
        own=(Field("name", read=None, replaces=True, form=Text()), ours("tags")),
        create=Call(
            "projects.topics.create",
            {
                "name": f"{_P}/topics/{{in.name}}",
                "body": "{body.kmsKeyName|messageRetentionDuration|messageStoragePolicy|schemaSettings|labels}",
            },
        ),
        labels="patch",
        name=NAMED,
    ),
    _budget(),
    resource(
        "gcp:cloudfunctionsv2/function:Function",
        "cloudfunctions.projects.locations.functions",
        f"{_L}/functions/{{in.name}}",
        patch="buildConfig description eventTrigger kmsKeyName serviceConfig",
        forms={"eventTrigger": {"computed": True}},
        own=(
            Field("name", read=None, replaces=True, form=Text()),
            Field("location", read=None, replaces=True, required=True),
        ),
        sends={"functionId": "{in.name}"},
        labels="patch",
        shown={"serviceConfig": field(document("cloudfunctions.v2"), "Function", "serviceConfig", whole=True)},
        outputs="environment state updateTime url",
        name=NAMED,
    ),
)
