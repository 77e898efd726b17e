"""What stands above a call, whoever makes it: switched-off APIs, missing billing, organisation policies, keys that may not be used."""

import re
from typing import Any, Final

from soundstage.simulator.gcp import permits, seeds
from soundstage.simulator.gcp.refusals import Refused, disabled, invalid, precondition
from soundstage.simulator.gcp.work import Work, named
from soundstage.simulator.gcp.world import Thing, World
from soundstage.simulator.process import GOOGLE_PROJECT

_BILLED: Final = ("compute", "storage", "cloudkms", "pubsub", "cloudfunctions", "dns")
AGENTS: Final = {
    "compute": "compute-system",
    "storage": "gs-project-accounts",
    "pubsub": "gcp-sa-pubsub",
    "secretmanager": "gcp-sa-secretmanager",
    "logging": "gcp-sa-logging",
}


def number_of(world: World, project: str) -> str:
    """The number of a project; empty where there is none."""
    found: str = world.things.get(f"/v3/projects/{project}", {}).get("name", "")
    return found.removeprefix("projects/")


def _check_switched_on(work: Work, project: str, service: str) -> None:
    name = f"{service}.googleapis.com"
    state = work.world.things.get(f"/v1/projects/{project}/services/{name}", {}).get("state")
    titles = seeds.data("services.json")
    if service in titles and state == "DISABLED":
        raise disabled(name, titles[service], number_of(work.world, project))


def check_project(work: Work) -> None:
    """Raise `Refused` for a project that is not there, an API that is off in it, or one that nobody pays for."""
    project = work.call.project or work.call.one("project") or work.call.one("projectId") or GOOGLE_PROJECT
    service = work.method.api.partition(".")[0]
    held = work.world.things.get(f"/v3/projects/{project}")
    if held is not None and service == "cloudresourcemanager":
        _check_switched_on(work, project, service)
    if service == "cloudresourcemanager" or (service in ("serviceusage", "cloudbilling") and held is None):
        return  # they say themselves what is not there
    if project in seeds.data("images.json") and work.method.verb == "GET":
        return
    if held is None or held["state"] != "ACTIVE":
        if service == "compute":
            raise Refused(404, "notFound", f"The resource 'projects/{project}' was not found")
        raise Refused(403, "forbidden", f"Permission denied on resource project {project}.")
    _check_switched_on(work, project, service)
    pays = work.world.things.get(f"/v1/projects/{project}/billingInfo", {}).get("billingEnabled")
    if service in _BILLED and not pays and work.method.name in ("insert", "create", "start", "createSnapshot"):
        address = f"https://console.developers.google.com/billing/enable?project={project}"
        raise Refused(
            403, "forbidden", f"This API method requires billing to be enabled. Please enable billing on project #{project} by visiting "
            f"{address} then retry. If you enabled billing for this project recently, wait a few minutes for the action to propagate to "
            "our systems and retry.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "BILLING_DISABLED", "domain": "googleapis.com",
                    "metadata": {"service": f"{service}.googleapis.com", "consumer": f"projects/{project}"},
                }
            ],
        )  # fmt: skip


def constraint(work: Work, name: str) -> list[Thing]:
    """The rules of an organisation policy of the project; none where it has none."""
    policy = work.world.things.get(f"/v2/projects/{work.call.project or GOOGLE_PROJECT}/policies/{name}", {})
    found: list[Thing] = policy.get("spec", {}).get("rules", [])
    return found


def enforced(work: Work, name: str) -> bool:
    """Whether a constraint that is on or off is on."""
    return any(rule.get("enforce") is True for rule in constraint(work, name))


def violated(work: Work, name: str, why: str) -> None:
    """Refuse what an organisation policy forbids."""
    project = work.call.project or GOOGLE_PROJECT
    precondition(
        f"Constraint constraints/{name} violated for project {project}. {why} See https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints for more information."
    )


def check_region(work: Work, region: str) -> None:
    """Raise `Refused` for a place that the organisation does not allow."""
    rules = constraint(work, "gcp.resourceLocations")
    allowed = [value for rule in rules for value in rule.get("values", {}).get("allowedValues", [])]
    if rules and not any(rule.get("allowAll") for rule in rules):
        wide = region.rpartition("-")[0] if re.fullmatch(r".*-[a-z]", region) else region
        names = {f"in:{wide}-locations", f"in:{region}-locations", wide, region}
        if region != "global" and not names & {each.lower() for each in allowed}:
            violated(work, "gcp.resourceLocations", f"The location {region} is not allowed.")


def check_public(work: Work, instance: str) -> None:
    """Raise `Refused` where machines may have no public address."""
    rules = constraint(work, "compute.vmExternalIpAccess")
    allowed = [value for rule in rules for value in rule.get("values", {}).get("allowedValues", [])]
    if any(rule.get("denyAll") for rule in rules) or (rules and allowed and named(instance) not in allowed):
        violated(
            work,
            "compute.vmExternalIpAccess",
            f"Add instance {named(instance)} to the constraint to use external IP with it.",
        )


def check_machine(work: Work, body: Thing, disks: list[Any]) -> None:
    """Raise `Refused` for a machine that the organisation does not allow."""
    zone = work.call.path.split("/zones/")[1].split("/")[0]
    check_region(work, zone.rpartition("-")[0])
    if any(card.get("accessConfigs") for card in body.get("networkInterfaces", [])):
        check_public(work, f"{work.call.path}/{body['name']}")
    if enforced(work, "compute.requireShieldedVm") and not body.get("shieldedInstanceConfig", {}).get(
        "enableSecureBoot"
    ):
        violated(work, "compute.requireShieldedVm", "The boot disk's image and the instance must be Shielded.")
    values = {each.get("key"): each.get("value", "").lower() for each in body.get("metadata", {}).get("items", [])}
    if enforced(work, "compute.requireOsLogin") and values.get("enable-oslogin") == "false":
        violated(work, "compute.requireOsLogin", "Only metadata that enables OS Login is allowed.")
    if enforced(work, "compute.disableSerialPortAccess") and values.get("serial-port-enable") in ("true", "1"):
        violated(work, "compute.disableSerialPortAccess", "Serial port access is not allowed.")
    rules = constraint(work, "compute.trustedImageProjects")
    allowed = [value for rule in rules for value in rule.get("values", {}).get("allowedValues", [])]
    for disk in disks:
        image = disk.get("initializeParams", {}).get("sourceImage", "")
        found = re.search(r"projects/([^/]+)", image)
        if rules and found and found[1] != work.call.project and f"projects/{found[1]}" not in allowed:
            violated(work, "compute.trustedImageProjects", f"Use of images from project {found[1]} is prohibited.")
    check_keys(work, {"disks": disks})


def check_keys(work: Work, machine: Thing) -> None:
    """Raise `Refused` where a disk's key cannot be used: it is not there, it is disabled, or compute may not use it."""
    for disk in machine.get("disks", []):
        key = disk.get("diskEncryptionKey", {}).get("kmsKeyName", "")
        if key:
            check_key(work, key, "compute")


def check_key(work: Work, key: str, service: str) -> None:
    """Raise `Refused` where a service cannot use a key."""
    name = key.partition("/cryptoKeyVersions/")[0]
    held = work.world.things.get(f"/v1/{name}")
    number = number_of(work.world, work.call.project or GOOGLE_PROJECT)
    agent = f"serviceAccount:service-{number}@{AGENTS[service]}.iam.gserviceaccount.com"
    start = f"Cloud KMS error when using key {name}: "
    if held is None or not permits.may(
        work.world, agent, "cloudkms.cryptoKeyVersions.useToEncrypt", f"/v1/{name}", work.now
    ):
        raise Refused(
            400 if service == "compute" else 403, "kmsPermissionDenied",
            f"{start}Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '{name}' (or it may not exist). "
            f"The account that needs it: {agent.partition(':')[2]}.",
        )  # fmt: skip
    primary = work.world.things.get(f"/v1/{held.get('primary', {}).get('name', '')}", {})
    if primary.get("state") != "ENABLED":
        invalid(
            f"{start}{primary.get('name', name)} is not enabled, current state is: {primary.get('state', 'none')}.",
            "kmsKeyDisabled",
        )
