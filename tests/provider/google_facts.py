"""Write `simulator/gcp/data/*.json`: which permissions each of Google's methods asks for, what predefined roles hold, and where regions
and zones are. Run it with checkouts of `iann0036/iam-dataset` and `Cyclenerd/google-cloud-pricing-cost-calculator`:
`python -m tests.provider.google_facts IAM_DATASET COST_CALCULATOR DAY`, where DAY is that of the newest commit.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from soundstage.providers.gcp import discovery

DATA = Path(__file__).resolve().parents[2] / "simulator" / "gcp" / "data"
PERMISSIONS = DATA.parents[2] / "providers" / "gcp" / "data" / "permissions.json"
ROLES = [
    "billing.admin",
    "billing.costsManager",
    "billing.viewer",
    "browser",
    "cloudfunctions.admin",
    "cloudfunctions.developer",
    "cloudkms.admin",
    "cloudkms.cryptoKeyDecrypter",
    "cloudkms.cryptoKeyEncrypter",
    "cloudkms.cryptoKeyEncrypterDecrypter",
    "compute.admin",
    "compute.instanceAdmin",
    "compute.instanceAdmin.v1",
    "compute.networkAdmin",
    "compute.osAdminLogin",
    "compute.osLogin",
    "compute.securityAdmin",
    "compute.storageAdmin",
    "compute.viewer",
    "dns.admin",
    "editor",
    "iam.roleAdmin",
    "iam.securityAdmin",
    "iam.securityReviewer",
    "iam.serviceAccountAdmin",
    "iam.serviceAccountTokenCreator",
    "iam.serviceAccountUser",
    "iap.admin",
    "iap.tunnelResourceAccessor",
    "logging.admin",
    "logging.bucketWriter",
    "logging.configWriter",
    "logging.logWriter",
    "logging.viewer",
    "monitoring.alertPolicyEditor",
    "monitoring.editor",
    "monitoring.metricWriter",
    "monitoring.notificationChannelEditor",
    "monitoring.viewer",
    "orgpolicy.policyAdmin",
    "orgpolicy.policyViewer",
    "owner",
    "pubsub.admin",
    "pubsub.publisher",
    "pubsub.subscriber",
    "resourcemanager.projectIamAdmin",
    "run.invoker",
    "serviceusage.serviceUsageAdmin",
    "serviceusage.serviceUsageConsumer",
    "storage.admin",
    "storage.objectAdmin",
    "storage.objectCreator",
    "storage.objectUser",
    "storage.objectViewer",
    "viewer",
]
SERVICES = [
    "billing",
    "cloudbilling",
    "cloudfunctions",
    "cloudkms",
    "compute",
    "dns",
    "iam",
    "iap",
    "logging",
    "monitoring",
    "orgpolicy",
    "pubsub",
    "resourcemanager",
    "run",
    "serviceusage",
    "storage",
]
_OURS: dict[str, list[str]] = {
    "cloudbilling.projects.getBillingInfo": ["resourcemanager.projects.get"],
    "cloudbilling.projects.updateBillingInfo": ["resourcemanager.projects.createBillingAssignment"],
    "cloudresourcemanager.projects.search": ["resourcemanager.projects.get"],
    "iap.getIamPolicy": ["iap.tunnelInstances.getIamPolicy"],
    "iap.setIamPolicy": ["iap.tunnelInstances.setIamPolicy"],
    "logging.entries.list": ["logging.logEntries.list"],
    "logging.entries.write": ["logging.logEntries.create"],
    "logging.projects.locations.buckets.undelete": ["logging.buckets.undelete"],
    "logging.projects.metrics.create": ["logging.logMetrics.create"],
    "logging.projects.metrics.delete": ["logging.logMetrics.delete"],
    "logging.projects.metrics.get": ["logging.logMetrics.get"],
    "logging.projects.metrics.list": ["logging.logMetrics.list"],
    "logging.projects.metrics.update": ["logging.logMetrics.update"],
    "orgpolicy.projects.policies.patch": ["orgpolicy.policies.update"],
    "pubsub.projects.subscriptions.acknowledge": ["pubsub.subscriptions.consume"],
    "pubsub.projects.subscriptions.pull": ["pubsub.subscriptions.consume"],
    "pubsub.projects.topics.subscriptions.list": ["pubsub.topics.get"],
    "storage.buckets.patch": ["storage.buckets.update"],
    "storage.buckets.restore": ["storage.buckets.restore"],
    "storage.buckets.update": ["storage.buckets.update"],
    "storage.objects.bulkRestore": ["storage.objects.restore"],
    "storage.objects.restore": ["storage.objects.restore"],
    "storage.projects.serviceAccount.get": ["resourcemanager.projects.get"],
}
"""What the dataset lacks or has for uses that are not ours, from the reference of each method (read 2026-11)."""
_WHEN = {
    ("compute.instances.insert", "compute.subnetworks.useExternalIp"): "$.networkInterfaces[].accessConfigs",
    ("compute.instances.insert", "compute.instances.setServiceAccount"): "$.serviceAccounts[].email",
    ("compute.instances.insert", "compute.disks.create"): "$.disks[].initializeParams",
    ("compute.instances.insert", "compute.disks.use"): "$.disks[].source",
    ("compute.instances.insert", "compute.instances.setMetadata"): "$.metadata",
    ("compute.instances.insert", "compute.instances.setLabels"): "$.labels",
    ("compute.instances.insert", "compute.instances.setTags"): "$.tags",
    ("compute.disks.insert", "compute.snapshots.useReadOnly"): "$.sourceSnapshot",
    ("compute.disks.insert", "compute.disks.setLabels"): "$.labels",
    ("compute.snapshots.insert", "compute.snapshots.setLabels"): "$.labels",
    ("compute.snapshots.insert", "compute.disks.createSnapshot"): "$.sourceDisk",
    ("compute.instances.attachDisk", "compute.disks.use"): "$.source",
    ("compute.instances.addResourcePolicies", "compute.resourcePolicies.use"): "$.resourcePolicies",
    ("compute.disks.addResourcePolicies", "compute.resourcePolicies.use"): "$.resourcePolicies",
    ("compute.networkFirewallPolicies.addAssociation", "compute.networks.setFirewallPolicy"): "$.attachmentTarget",
    ("compute.subnetworks.insert", "compute.networks.updatePolicy"): "$.network",
    ("compute.routers.insert", "compute.networks.updatePolicy"): "$.network",
}
"""Permissions that a method asks for only with a certain part of the body (reference of each method, read 2026-11)."""
_NEVER = {
    *(("storage.objects." + method, "storage.objects.delete") for method in ("insert", "compose", "copy", "rewrite")),
    *(("storage.objects." + method, "storage.objects.getIamPolicy") for method in ("get", "list", "patch", "update")),
    *(("storage.objects." + method, "storage.objects.setIamPolicy") for method in ("patch", "update")),
    *(("storage.buckets." + method, "storage.buckets.getIamPolicy") for method in ("get", "list")),
}
"""Asked for by the dataset always, by Google only where an object is replaced (the simulated cloud asks then) or with access lists,
which buckets with uniform access do not have."""


def permissions(dataset: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Method → permissions, each with the path in the body that asks for it where there is one."""
    return {name: asked for name in sorted(discovery.methods()) if (asked := _asked(name, dataset))}


def _asked(name: str, dataset: dict[str, Any]) -> list[list[str]]:
    if name in _OURS:
        return [[each] for each in _OURS[name]]
    told = dataset["api"].get(name.partition(".")[0], {}).get("methods", {}).get(name, {}).get("permissions", [])
    by_hand = [each for each in told if "manual" in each["discoveryMethodologies"]]
    found = {}
    for each in by_hand or [each for each in told if not each.get("lowConfidence")] or told[:1]:
        when = each.get("condition", {}).get("bodyPathExists", "")
        if (name, each["name"]) not in _NEVER:
            found[each["name"]] = _WHEN.get((name, each["name"]), when)
    found |= {permission: when for (method, permission), when in _WHEN.items() if method == name}
    return [[permission, when] if when else [permission] for permission, when in found.items()]


def roles(folder: Path) -> dict[str, dict[str, Any]]:
    """Role → its title and, by service, its permissions there."""
    found = {}
    for name in ROLES:
        told = json.loads((folder / f"{name}.json").read_text())
        held: dict[str, list[str]] = defaultdict(list)
        for permission in told.get("includedPermissions", ()):
            service, _, rest = permission.partition(".")
            if service in SERVICES:
                held[service].append(rest)
        found[f"roles/{name}"] = {"title": told.get("title", name), "holds": {k: " ".join(v) for k, v in held.items()}}
    return found


def places(folder: Path) -> dict[str, str]:
    """Region → the letters of its zones; a, b and c where the list of zones is older than the region."""
    zones: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader((folder / "zones.csv").open(), delimiter=";"):
        zones[row["REGION"]].append(row["NAME"].rpartition("-")[2])
    regions = [row["NAME"] for row in csv.DictReader((folder / "regions.csv").open(), delimiter=";")]
    return {name: "".join(sorted(zones.get(name, "abc"))) for name in sorted(regions)}


def _write(name: str | Path, source: str, rows: dict[str, Any]) -> None:
    lines = [f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}" for key, row in rows.items()]
    head = json.dumps({"source": source})[:-1]
    (DATA / name).write_text(f'{head}, "rows": {{\n' + ",\n".join(lines) + "\n}}\n")


def main() -> None:
    """Replace the facts by those of two checkouts."""
    dataset, calculator, day = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    about = f"iann0036/iam-dataset (MIT), gcp/, {day}"
    _write(PERMISSIONS, about, permissions(json.loads((dataset / "gcp" / "map.json").read_text())))
    _write("roles.json", about, roles(dataset / "gcp" / "roles"))
    about = "Cyclenerd/google-cloud-pricing-cost-calculator, tools/regions.csv (2026-01-09), zones.csv (2023-03-30)"
    _write("places.json", about, places(calculator / "tools"))


if __name__ == "__main__":
    main()
