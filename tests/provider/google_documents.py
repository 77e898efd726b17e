"""Write `providers/gcp/documents/*.json`: Google's discovery documents, as `google-api-python-client` carries them, trimmed to the
collections below and without descriptions. Run it with a newer client or after a collection was added: `make provider-facts`.
"""

import datetime
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

DOCUMENTS = Path(__file__).resolve().parents[2] / "providers" / "gcp" / "documents"
IAM = "getIamPolicy setIamPolicy testIamPermissions"
PLAIN = "create delete get list patch"
COLLECTIONS: dict[str, dict[str, str]] = {
    "compute.v1": {
        "acceleratorTypes": "aggregatedList get list",
        "addresses": "aggregatedList delete get insert list setLabels",
        "diskTypes": "aggregatedList get list",
        "disks": f"addResourcePolicies aggregatedList createSnapshot delete get insert list removeResourcePolicies resize "
        f"setLabels update {IAM}",
        "firewalls": "delete get insert list patch update",
        "globalAddresses": "delete get insert list setLabels",
        "globalOperations": "delete get list wait",
        "images": f"delete deprecate get getFromFamily insert list patch setLabels {IAM}",
        "instances": "addAccessConfig addResourcePolicies aggregatedList attachDisk delete deleteAccessConfig detachDisk get "
        "getEffectiveFirewalls getGuestAttributes getSerialPortOutput getShieldedInstanceIdentity insert list "
        "removeResourcePolicies reset resume setDeletionProtection setDiskAutoDelete setLabels setMachineResources "
        "setMachineType setMetadata setMinCpuPlatform setScheduling setServiceAccount setShieldedInstanceIntegrityPolicy "
        f"setTags simulateMaintenanceEvent start stop suspend update updateDisplayDevice updateNetworkInterface "
        f"updateShieldedInstanceConfig {IAM}",
        "machineTypes": "aggregatedList get list",
        "networkFirewallPolicies": "addAssociation addRule delete get getAssociation getRule insert list patch patchRule "
        f"removeAssociation removeRule {IAM}",
        "networks": "delete get getEffectiveFirewalls insert list patch",
        "projects": "get setCommonInstanceMetadata",
        "regionOperations": "delete get list wait",
        "regions": "get list",
        "resourcePolicies": f"aggregatedList delete get insert list patch {IAM}",
        "routers": "aggregatedList delete get getRouterStatus insert list patch update",
        "routes": "delete get insert list",
        "snapshots": f"delete get insert list setLabels {IAM}",
        "subnetworks": f"aggregatedList delete expandIpCidrRange get insert list patch setPrivateIpGoogleAccess {IAM}",
        "zoneOperations": "delete get list wait",
        "zones": "get list",
    },
    "storage.v1": {
        "buckets": f"delete get insert list lockRetentionPolicy patch restore update {IAM}",
        "objects": "bulkRestore compose copy delete get insert list patch restore rewrite update",
        "projects.serviceAccount": "get",
    },
    "iam.v1": {
        "permissions": "queryTestablePermissions",
        "projects.roles": f"{PLAIN} undelete",
        "projects.serviceAccounts": f"{PLAIN} disable enable undelete {IAM}",
        "projects.serviceAccounts.keys": "create delete get list",
        "roles": "get list",
    },
    "cloudkms.v1": {
        "projects.locations": "get list",
        "projects.locations.keyRings": f"create get list {IAM}",
        "projects.locations.keyRings.cryptoKeys": f"create decrypt encrypt get list patch updatePrimaryVersion {IAM}",
        "projects.locations.keyRings.cryptoKeys.cryptoKeyVersions": "create destroy get list patch restore",
    },
    "cloudresourcemanager.v3": {
        "operations": "get",
        "projects": f"create delete get list patch search undelete {IAM}",
    },
    "cloudbilling.v1": {
        "billingAccounts": "get list testIamPermissions",
        "projects": "getBillingInfo updateBillingInfo",
    },
    "logging.v2": {
        "entries": "list write",
        "projects.locations.buckets": f"{PLAIN} undelete",
        "projects.metrics": "create delete get list update",
        "projects.sinks": f"{PLAIN} update",
    },
    "monitoring.v3": {
        "projects.alertPolicies": PLAIN,
        "projects.notificationChannels": PLAIN,
        "projects.timeSeries": "create list",
    },
    "billingbudgets.v1": {"billingAccounts.budgets": PLAIN},
    "pubsub.v1": {
        "projects.subscriptions": f"acknowledge {PLAIN} pull {IAM}",
        "projects.topics": f"{PLAIN} publish {IAM}",
        "projects.topics.subscriptions": "list",
    },
    "orgpolicy.v2": {"projects.constraints": "list", "projects.policies": f"{PLAIN} getEffectivePolicy"},
    "iap.v1": {"v1": IAM},
    "oslogin.v1": {"users": "getLoginProfile importSshPublicKey", "users.sshPublicKeys": "create delete get"},
    "dns.v1": {
        "changes": "create get list",
        "managedZones": f"{PLAIN} update",
        "policies": f"{PLAIN} update",
        "resourceRecordSets": PLAIN,
    },
    "cloudfunctions.v2": {
        "projects.locations.functions": f"{PLAIN} generateUploadUrl {IAM}",
        "projects.locations.operations": "get list",
    },
    "run.v2": {"projects.locations.services": f"get list {IAM}"},
    "secretmanager.v1": {
        "projects.secrets": f"addVersion {PLAIN} {IAM}",
        "projects.secrets.versions": "access destroy disable enable get list",
    },
    "sts.v1": {"v1": "token"},
    "serviceusage.v1": {"operations": "get", "services": "batchEnable batchGet disable enable get list"},
}
"""API → collection → the methods that are kept."""
_METHOD = ("id", "httpMethod", "path", "flatPath", "parameterOrder", "mediaUpload", "supportsMediaDownload")
_VALUE = (
    *("type", "format", "$ref", "enum", "pattern", "required", "repeated", "default", "location", "minimum", "maximum"),
    *("readOnly", "annotations"),
)


def trimmed(document: dict[str, Any], collections: dict[str, str], client: str, read: str) -> dict[str, Any]:
    """What is kept of a discovery document."""
    methods = {}
    for collection, name, method in _methods(document["resources"]):
        if name in collections.get(collection, "").split():
            methods[method["id"]] = {"collection": collection, "method": name, **_method(method)}
    missing = {
        f"{collection}.{name}"
        for collection, names in collections.items()
        for name in names.split()
        if not any(each["collection"] == collection and each["method"] == name for each in methods.values())
    }
    if missing:
        raise SystemExit(f"{document['name']} has no {', '.join(sorted(missing))}")
    wanted, schemas = _references(list(methods.values())), {}
    while wanted:
        name = wanted.pop()
        schemas[name] = _value(document["schemas"][name])
        wanted |= _references(schemas[name]) - schemas.keys()
    head = {key: document[key] for key in ("name", "version", "revision", "rootUrl", "servicePath")}
    return {
        **head, "client": client, "read": read, "parameters": sorted(document["parameters"]), "methods": methods,
        "schemas": dict(sorted(schemas.items())),
    }  # fmt: skip


def _methods(resources: dict[str, Any], above: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, resource in resources.items():
        for method, about in resource.get("methods", {}).items():
            yield above + name, method, about
        yield from _methods(resource.get("resources", {}), f"{above}{name}.")


def _method(method: dict[str, Any]) -> dict[str, Any]:
    kept = {key: method[key] for key in _METHOD if key in method}
    kept |= {key: method[key]["$ref"] for key in ("request", "response") if key in method}
    return {**kept, "parameters": {name: _value(about) for name, about in method.get("parameters", {}).items()}}


def _value(about: dict[str, Any]) -> dict[str, Any]:
    kept = {key: about[key] for key in _VALUE if key in about}
    told = about.get("description", "").lower()
    if told.startswith(("[output only]", "output only", "[output-only]")):
        kept["readOnly"] = True
    if "immutable." in told:
        kept["immutable"] = True
    for key in ("items", "additionalProperties"):
        if key in about:
            kept[key] = _value(about[key])
    if "properties" in about:
        kept["properties"] = {name: _value(each) for name, each in about["properties"].items()}
    return kept


def _references(node: Any) -> set[str]:
    """The schemas that something names."""
    if isinstance(node, list):
        return set().union(*(_references(each) for each in node))
    if not isinstance(node, dict):
        return set()
    named = {value for key, value in node.items() if key in ("$ref", "request", "response") and isinstance(value, str)}
    return named.union(*(_references(value) for value in node.values()))


def text(document: dict[str, Any]) -> str:
    """One line for each method and schema, so that a diff shows which changed."""
    parts = []
    for name, value in document.items():
        if name in ("methods", "schemas"):
            lines = [f"{json.dumps(key)}:{json.dumps(each, separators=(',', ':'))}" for key, each in value.items()]
            parts.append(f"{json.dumps(name)}:{{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(name)}:{json.dumps(value)}")
    return "{" + ",\n".join(parts) + "}\n"


def published(api: str) -> dict[str, Any]:
    """The whole document of an API, such as compute.v1, in the client that is installed."""
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    found: dict[str, Any] = json.loads((folder / f"{api}.json").read_text())
    return found


def main() -> None:
    """Replace the documents by those of the client that is installed."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    client = f"google-api-python-client {version('google-api-python-client')}"
    for api, collections in COLLECTIONS.items():
        (DOCUMENTS / f"{api}.json").write_text(text(trimmed(published(api), collections, client, today)))


if __name__ == "__main__":
    main()
