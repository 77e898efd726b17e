"""What a simulated project of Google Cloud holds, asked for from outside and told without the names that chance gave."""

import re
from typing import Any

from tests.parity.contents import told

from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import Endpoint

P, R = process.GOOGLE_PROJECT, process.GOOGLE_REGION
_OF_COMPUTE = ("networks", "routes", "networkFirewallPolicies", "snapshots")
_EVERYWHERE = ("subnetworks", "instances", "disks", "resourcePolicies", "routers", "addresses")
LISTS = (
    *((f"compute.{one}.list", {"project": P}) for one in _OF_COMPUTE),
    *((f"compute.{one}.aggregatedList", {"project": P}) for one in _EVERYWHERE),
    ("storage.buckets.list", {"project": P}),
    ("dns.managedZones.list", {"project": P}),
    ("pubsub.projects.topics.list", {"project": f"projects/{P}"}),
    ("iam.projects.serviceAccounts.list", {"name": f"projects/{P}"}),
    ("iam.projects.roles.list", {"parent": f"projects/{P}"}),
    ("cloudkms.projects.locations.keyRings.list", {"parent": f"projects/{P}/locations/{R}"}),
    ("logging.projects.locations.buckets.list", {"parent": f"projects/{P}/locations/-"}),
    ("logging.projects.sinks.list", {"parent": f"projects/{P}"}),
    ("monitoring.projects.alertPolicies.list", {"name": f"projects/{P}"}),
    ("monitoring.projects.notificationChannels.list", {"name": f"projects/{P}"}),
    ("orgpolicy.projects.policies.list", {"parent": f"projects/{P}"}),
    ("cloudresourcemanager.projects.getIamPolicy", {"resource": f"projects/{P}"}),
    ("billingbudgets.billingAccounts.budgets.list", {"parent": f"billingAccounts/{process.GOOGLE_BILLING_ACCOUNT}"}),
)
_CHANCE = (
    "creationTimestamp", "etag", "fingerprint", "generation", "id", "labelFingerprint", "lastStartTimestamp", "lastStopTimestamp",
    "lastAttachTimestamp", "lastDetachTimestamp", "metageneration", "oauth2ClientId", "selfLinkWithId", "uniqueId", "firewallPolicyId",
    "timeCreated", "updated", "createTime", "updateTime", "mutateTime", "snapshotId", "sourceDiskId", "numericId",
)  # fmt: skip
_NUMBERS = re.compile(r"(?<=/)\d{6,}|:\d{4,5}(?=/)|\b203\.0\.113\.\d+\b|(?<=-last-)\d{8}-\d{6}\b")
"""Numbers that an API gives to what has no name, the port of the simulated cloud, public addresses, and when a last snapshot was taken."""


def contents(cloud: Endpoint) -> dict[str, list[str]]:
    """Everything that the project holds, by the list that tells of it, sorted."""
    account = simulated_project(cloud)
    return {name: sorted(told(_plain(one)) for one in _items(called(account, name, asked))) for name, asked in LISTS}


def _items(answer: Any) -> list[Any]:
    """What a list holds: Google gives it another name in every API, and where it is of many places a list for each."""
    found: list[Any] = []
    for name, value in answer.items():
        if isinstance(value, list):
            found += [{name: one} if name in ("bindings", "auditConfigs") else one for one in value]
        elif name == "items":
            found += [
                one for place in value.values() for kind in place.values() if isinstance(kind, list) for one in kind
            ]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _CHANCE}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _NUMBERS.sub("N", value) if isinstance(value, str) else value
