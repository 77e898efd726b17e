"""Machines: made with their disks and addresses, started, stopped, changed and taken away."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from soundstage.components.google_sizes import google_machines
from soundstage.simulator.gcp import operations, rules
from soundstage.simulator.gcp.checking import merged
from soundstage.simulator.gcp.compute import quotas
from soundstage.simulator.gcp.compute.disks import attached, new_disk
from soundstage.simulator.gcp.compute.machines import STATES, free, said_of_project
from soundstage.simulator.gcp.compute.networks import free_address, join
from soundstage.simulator.gcp.generic import (
    absent,
    born,
    check_fingerprint,
    fingerprint,
    full_links,
    unused,
)
from soundstage.simulator.gcp.listing import check_place
from soundstage.simulator.gcp.refusals import FAULTS, Refused, invalid, wrong
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing
from soundstage.simulator.spot import GOOGLE_PREEMPTED, metadata_key

_GPU_FAMILIES: Final = ("g2-", "g4-", "a2-", "a3-")


def insert(work: Work) -> Thing:
    """Make a machine."""
    check_place(work)
    zone = work.call.path.removesuffix("/instances")
    path = f"{work.call.path}/{work.body['name']}"
    absent(work, path)
    before = dict(work.world.things)
    try:
        machine = _new(work, zone, path)
    except Refused:
        work.world.things = before
        for disk in work.body.get("disks", []):
            free(work.world, work.path_of(disk.get("source", "")), path)
        raise
    work.world.things[path] = machine
    return operations.begun(work, path, "run")


def _new(work: Work, zone: str, path: str) -> Thing:
    body = full_links(work, {key: value for key, value in work.body.items() if key != "disks"})
    rules.check_machine(work, body, work.body.get("disks", []))
    _check_type(work, body, zone)
    region = zone.rpartition("/")[2].rpartition("-")[0]
    spot = body.get("scheduling", {}).get("provisioningModel") == "SPOT"
    quotas.check(work, region, quotas.of_machine(body["machineType"], body.get("guestAccelerators", []), spot))
    for account in body.get("serviceAccounts", []):
        check_account(work, account.get("email", ""))
    machine = born(work, path, body)
    machine["status"] = "PROVISIONING"
    machine.setdefault("canIpForward", False)
    machine.setdefault("deletionProtection", False)
    machine.setdefault("scheduling", {})
    for key, value in (("onHostMaintenance", "MIGRATE"), ("automaticRestart", True), ("provisioningModel", "STANDARD")):
        machine["scheduling"].setdefault(key, value)
    for key in ("metadata", "tags"):
        machine[key] = dict(machine.get(key, {}))
        machine[key]["fingerprint"] = fingerprint(machine[key])
    machine["metadata"]["kind"] = "compute#metadata"
    _disks(work, machine, zone, path)
    if not machine.get("networkInterfaces"):
        wrong("resource.networkInterfaces", "", "At least one network interface is required.", "required")
    for number, card in enumerate(machine["networkInterfaces"]):
        join(work, card, region, number)
    return machine


def _disks(work: Work, machine: Thing, zone: str, path: str) -> None:
    disks = work.body.get("disks", [])
    if not any(each.get("boot") for each in disks):
        wrong("resource.disks", "", "Boot disk must be specified.", "required")
    machine["disks"] = []
    for number, disk in enumerate(disks):
        machine["disks"].append(_disk(work, machine, dict(disk), zone, path, number))


def _disk(work: Work, machine: Thing, disk: Thing, zone: str, path: str, number: int) -> Thing:
    first = disk.pop("initializeParams", None)
    scratch = disk.get("type") == "SCRATCH"
    if first is not None and not scratch:
        default = machine["name"] if not number else f"{machine['name']}-{number}"
        disk["source"] = new_disk(
            work, zone, first.pop("diskName", "") or default, first, disk.get("diskEncryptionKey")
        )
    elif not scratch and not disk.get("source"):
        invalid(f"Invalid value for field 'resource.disks[{number}]': a disk needs a source or initializeParams.")
    return attached(work, disk, path, number)


def _check_type(work: Work, body: Thing, zone: str) -> None:
    """The machine type must be there, and go with its accelerators."""
    type_path = work.path_of(body.get("machineType", ""))
    if not type_path.startswith(f"{zone}/machineTypes/"):
        wrong("resource.machineType", body.get("machineType", ""), "It must be in the zone of the instance.")
    work.must(type_path)
    name = type_path.rpartition("/")[2]
    cards = body.get("guestAccelerators", [])
    for card in cards:
        kind = card["acceleratorType"].rpartition("/")[2]
        family = google_machines().get(name)
        fits = (
            family and family.accelerator and family.accelerator.name.removesuffix("-vws") == kind.removesuffix("-vws")
        )
        if not fits and not name.startswith("n1-"):
            invalid(f"[{name}, {kind}] features are not compatible for creating instance.")
    if (cards or name.startswith(_GPU_FAMILIES)) and body.get("scheduling", {}).get("onHostMaintenance") != "TERMINATE":
        invalid("Instances with guest accelerators do not support live migration.")


def check_account(work: Work, email: str) -> None:
    """Raise `Refused` for an account of this project that is not there."""
    found = re.fullmatch(r"[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com", email)
    if email and found and found[1] == work.call.project and not account(work, email):
        invalid(
            f"The resource '{email}' of type 'serviceAccount' was not found. The user does not have access to service account '{email}'. "
            f"User: '{work.call.caller}'. Ask a project owner to grant you the iam.serviceAccountUser role on it."
        )


def account(work: Work, email: str) -> Thing | None:
    """A service account by its address."""
    return work.world.things.get(f"/v1/projects/{work.call.project}/serviceAccounts/{email}")


def become(work: Work, what: str) -> Thing:
    """Start, stop, suspend, resume, reset."""
    path, machine = work.target, work.must(work.target)
    needed, meanwhile, then = STATES[what]
    if machine["status"] not in needed:
        state = f"it is {machine['status']}, and {what} needs {' or '.join(needed)}"
        invalid(f"The resource '{named(path)}' is not ready: {state}.", "resourceNotReady")
    if then == "RUNNING" and what != "reset":
        region = path.split("/zones/")[1].split("/")[0].rpartition("-")[0]
        spot = machine["scheduling"].get("provisioningModel") == "SPOT"
        quotas.check(
            work, region, quotas.of_machine(machine["machineType"], machine.get("guestAccelerators", []), spot)
        )
        rules.check_keys(work, machine)
    if what == "start" and said_of_project(work, metadata_key(*_where(path))):
        return operations.begun(work, path, refused=no_room(_where(path)[0]))
    local = any(disk["type"] == "SCRATCH" for disk in machine["disks"])
    if local and what in ("stop", "suspend") and not work.call.one("discardLocalSsd"):
        invalid("VM has a Local SSD attached but an undefined value for `discard-local-ssd`.")
    if what == "suspend" and machine.get("guestAccelerators"):
        invalid("Instances with guest accelerators do not support suspend.")
    machine["status"] = meanwhile
    return operations.begun(work, path, "run" if then == "RUNNING" else "halt", {"status": then})


def _where(path: str) -> tuple[str, str]:
    """The zone and the name of a machine."""
    parts = path.split("/")
    return parts[-3], parts[-1]


def no_room(zone: str) -> tuple[str, str]:
    """How an operation fails for which a zone has no room, in Google's own words."""
    return "ZONE_RESOURCE_POOL_EXHAUSTED", FAULTS["no-capacity"][2].format(zone=f"zones/{zone}")


def maintain(work: Work) -> None:
    """A maintenance event: a spot machine is taken back by it, and stops within half a minute (Compute Engine, "Create and use Spot VMs",
    read 2026-11). The half minute is not waited for."""
    path, machine = work.target, work.must(work.target)
    if machine["status"] == "RUNNING" and machine["scheduling"].get("provisioningModel") == "SPOT":
        machine["status"] = "STOPPING"
        operations.begun(work, path, "halt", {"status": "TERMINATED"}, GOOGLE_PREEMPTED)


def delete(work: Work) -> Thing:
    """Take a machine away, with those of its disks that go with it."""
    path, machine = work.target, work.must(work.target)
    if machine.get("deletionProtection"):
        invalid(
            f"Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. {named(path)}'."
        )
    unused(work, path)
    machine["status"] = "STOPPING"
    return operations.begun(work, path, "remove machine")


def _stopped(work: Work, what: str) -> Thing:
    machine = work.must(work.target)
    if machine["status"] != "TERMINATED":
        invalid(f"The instance must be stopped before {what} can be changed.", "resourceInUseByAnotherResource")
    return machine


def set_machine_type(work: Work) -> None:
    """Another machine type, for one that is stopped."""
    machine = _stopped(work, "the machine type")
    body = full_links(work, work.body)
    changed = {**machine, **body}
    _check_type(work, changed, work.target.partition("/instances/")[0])
    machine.update(body)


def set_accelerators(work: Work) -> None:
    """Other accelerators, for one that is stopped."""
    machine = _stopped(work, "its accelerators")
    machine.update(full_links(work, work.body))


def set_service_account(work: Work) -> None:
    """Another account, for one that is stopped."""
    machine = _stopped(work, "the service account")
    check_account(work, work.body.get("email", ""))
    machine["serviceAccounts"] = [work.body] if work.body.get("email") else []


def set_scheduling(work: Work) -> None:
    """What becomes of it when its host is maintained, and how long it may run."""
    path, machine = work.target, work.must(work.target)
    fixed = [
        key
        for key in ("provisioningModel", "preemptible")
        if work.body.get(key, machine["scheduling"].get(key)) != machine["scheduling"].get(key)
    ]
    if fixed and machine["status"] != "TERMINATED":
        invalid(f"The field 'resource.scheduling.{fixed[0]}' cannot be changed while the instance is not stopped.")
    machine["scheduling"] = merged(machine["scheduling"], work.body)
    if machine["status"] == "RUNNING":
        operations.EFFECTS["run"](work.world, path, {}, work.now)


def policies(work: Work, add: bool) -> None:
    """Attach or detach resource policies, of a machine or a disk."""
    thing = work.must(work.target)
    given = full_links(work, work.body).get("resourcePolicies", [])
    held = thing.get("resourcePolicies", [])
    schedules = "instanceSchedulePolicy" if work.method.collection == "instances" else "snapshotSchedulePolicy"
    for link in given if add else ():
        if schedules not in work.must(work.path_of(link)):
            invalid(
                f"Resource policy '{named(work.path_of(link))}' cannot be attached to this resource: it is not a {schedules}."
            )
        if held and link not in held:
            invalid("Cannot attach more than 1 resource policies to this resource.")
    thing["resourcePolicies"] = (
        [*dict.fromkeys([*held, *given])] if add else [each for each in held if each not in given]
    )
    if not thing["resourcePolicies"]:
        del thing["resourcePolicies"]


def attach_disk(work: Work) -> None:
    """Give a machine a disk that is there."""
    path, machine = work.target, work.must(work.target)
    machine["disks"].append(attached(work, dict(work.body), path, len(machine["disks"])))


def _named_disk(work: Work, machine: Thing) -> Thing:
    name = work.call.one("deviceName")
    found: Thing | None = next((each for each in machine["disks"] if each.get("deviceName") == name), None)
    if found is None:
        wrong("deviceName", name, f"No attached disk found with device name '{name}'")
    return found


def detach_disk(work: Work) -> None:
    """Take a disk out of a machine."""
    path, machine = work.target, work.must(work.target)
    disk = _named_disk(work, machine)
    if disk.get("boot") and machine["status"] != "TERMINATED":
        invalid("Boot disks cannot be detached while the instance is running.")
    machine["disks"].remove(disk)
    free(work.world, work.path_of(disk["source"]), path)


def set_disk_auto_delete(work: Work) -> None:
    """Whether a disk goes with its machine."""
    machine = work.must(work.target)
    _named_disk(work, machine)["autoDelete"] = work.call.flag("autoDelete")


def access_config(work: Work, add: bool) -> None:
    """Give a machine a public address, or take it away."""
    path, machine = work.target, work.must(work.target)
    name = work.call.one("networkInterface")
    card = next((each for each in machine["networkInterfaces"] if each["name"] == name), None)
    if card is None:
        wrong("networkInterface", name, "There is no such interface.")
    if add:
        rules.check_public(work, path)
        card["accessConfigs"] = [
            {"name": "External NAT", "type": "ONE_TO_ONE_NAT", "natIP": free_address(work), **work.body}
        ]
    else:
        card.pop("accessConfigs", None)


def update(work: Work) -> None:
    """Several properties at once; those that are fixed while it runs take `mostDisruptiveAllowedAction`, which is not simulated."""
    machine = work.must(work.target)
    body = {
        key: value
        for key, value in work.body.items()
        if key in ("labels", "metadata", "tags", "deletionProtection", "description")
    }
    if "labels" in body:
        check_fingerprint(
            work.body.get("labelFingerprint", machine["labelFingerprint"]), machine["labelFingerprint"], "labels"
        )
    machine.update(body)
    machine["labelFingerprint"] = fingerprint(machine.get("labels", {}))
    for key in ("metadata", "tags"):
        machine[key]["fingerprint"] = fingerprint(
            {name: value for name, value in machine[key].items() if name != "fingerprint"}
        )


HANDLERS: Final[Mapping[str, Handler]] = {
    "compute.instances.insert": insert,
    "compute.instances.delete": delete,
    "compute.instances.setMachineType": set_machine_type,
    "compute.instances.setMachineResources": set_accelerators,
    "compute.instances.setServiceAccount": set_service_account,
    "compute.instances.setScheduling": set_scheduling,
    "compute.instances.addResourcePolicies": partial(policies, add=True),
    "compute.instances.removeResourcePolicies": partial(policies, add=False),
    "compute.disks.addResourcePolicies": partial(policies, add=True),
    "compute.disks.removeResourcePolicies": partial(policies, add=False),
    "compute.instances.attachDisk": attach_disk,
    "compute.instances.detachDisk": detach_disk,
    "compute.instances.setDiskAutoDelete": set_disk_auto_delete,
    "compute.instances.addAccessConfig": partial(access_config, add=True),
    "compute.instances.deleteAccessConfig": partial(access_config, add=False),
    "compute.instances.update": update,
    "compute.instances.simulateMaintenanceEvent": maintain,
    **{f"compute.instances.{what}": partial(become, what=what) for what in STATES},
}
