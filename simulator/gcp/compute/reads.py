"""What machines, projects and regions tell of themselves."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.components.boot.report import written
from soundstage.components.labels import tags_of
from soundstage.components.tags import PROJECT, STUDIO, WORKSTATION
from soundstage.simulator.gcp.compute import quotas
from soundstage.simulator.gcp.compute.machines import said_of_project
from soundstage.simulator.gcp.generic import check_fingerprint, fingerprint
from soundstage.simulator.gcp.refusals import not_found
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing
from soundstage.simulator.starts import metadata_key, report_of, start_of

_READY: Final = "soundstage/ready"
_HOST_KEYS: Final = "hostkeys/"


def guest_attributes(work: Work) -> Thing:
    """What the machine says of itself: what a person told the simulated cloud in the metadata, under `guest-attributes/`."""
    machine = work.must(work.target)
    asked = work.call.one("queryPath")
    start = "guest-attributes/"
    values = {each["key"]: each.get("value", "") for each in machine["metadata"].get("items", [])}
    if asked.startswith(_HOST_KEYS) and values.get("enable-guest-attributes", "").lower() == "true":
        return _told(work, asked, _host_keys(work, machine))
    if asked == _READY and (report := _report(work, machine)):
        return _told(work, asked, [{"namespace": "soundstage", "key": "ready", "value": report}])
    items = [
        dict(zip(("namespace", "key"), each["key"].removeprefix(start).split("/", 1), strict=True), value=each["value"])
        for each in machine["metadata"].get("items", [])
        if each["key"].startswith(start) and each["key"].removeprefix(start).startswith(asked)
    ]
    if not items:
        not_found(f"{named(work.target)}/{asked}")
    return _told(work, asked, items)


def _report(work: Work, machine: Thing) -> str:
    """What the probe tells of a machine of which somebody said how it starts (`simulator.starts`); empty for any other."""
    tags = tags_of(machine.get("labels", {}))
    whose = [tags.get(key, "") for key in (STUDIO, PROJECT, WORKSTATION)]
    kept = said_of_project(work, metadata_key(*whose))
    if not kept or machine["status"] != "RUNNING":
        return ""
    began = datetime.fromisoformat(machine["lastStartTimestamp"]).astimezone(UTC)
    elapsed = (datetime.fromtimestamp(work.now, UTC) - began).total_seconds()
    return written(report_of(start_of(kept), whose[2], whose[1], began, elapsed))


def _host_keys(work: Work, machine: Thing) -> list[dict[str, str]]:
    """What Google's guest agent tells at every start (Compute Engine, "Storing host keys by enabling guest attributes", read 2026-11)."""
    if work.door is None or machine["status"] != "RUNNING":
        not_found(_HOST_KEYS)
    return [
        {"namespace": "hostkeys", "key": kind, "value": key}
        for kind, key in work.door.host_keys(f"{machine['name']}-{machine['id']}")
    ]


def _told(work: Work, asked: str, items: list[dict[str, str]]) -> Thing:
    return {
        "kind": "compute#guestAttributes",
        "queryPath": asked,
        "queryValue": {"items": items},
        "selfLink": work.link(work.call.path),
    }


def serial_port(work: Work) -> Thing:
    """What the machine printed at its start."""
    machine = work.must(work.target)
    text = (
        ""
        if machine["status"] == "PROVISIONING"
        else f"{machine['name']} google_metadata_script_runner: startup-script exit status 0\n"
    )
    begin = int(work.call.one("start", "0") or 0)
    return {
        "kind": "compute#serialPortOutput",
        "contents": text[begin:],
        "start": str(begin),
        "next": str(len(text)),
        "selfLink": work.link(work.call.path),
    }


def effective_firewalls(work: Work) -> Thing:
    """The firewall policies of the network that it is in."""
    machine = work.must(work.target)
    network = machine["networkInterfaces"][0].get("network", "")
    found: list[dict[str, Any]] = [
        {"name": policy["name"], "type": "NETWORK", "rules": policy.get("rules", [])}
        for path, policy in work.world.things.items()
        if "/firewallPolicies/" in path
        and any(each.get("attachmentTarget") == network for each in policy.get("associations", []))
    ]
    return {
        "firewallPolicys": found,
        "firewalls": [
            each
            for path, each in work.world.things.items()
            if "/global/firewalls/" in path and each.get("network") == network
        ],
    }


def _project_metadata(work: Work) -> None:
    held = work.world.things.setdefault(
        work.target, {"commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": fingerprint({})}}
    )
    check_fingerprint(work.body.get("fingerprint"), held["commonInstanceMetadata"]["fingerprint"], "metadata")
    given = {key: value for key, value in work.body.items() if key != "fingerprint"}
    held["commonInstanceMetadata"] = {"kind": "compute#metadata", **given, "fingerprint": fingerprint(given)}


def _project(work: Work) -> Thing:
    project = work.must(f"/v3/projects/{work.call.project}")
    held = work.world.things.get(
        work.call.path, {"commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": fingerprint({})}}
    )
    number = project["name"].removeprefix("projects/")
    return {
        "kind": "compute#project", "id": number, "name": work.call.project, "creationTimestamp": project["createTime"],
        "defaultServiceAccount": f"{number}-compute@developer.gserviceaccount.com", "selfLink": work.link(work.call.path),
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS", "defaultNetworkTier": "PREMIUM",
        "quotas": quotas.told(work.world, work.call.project, ""), **held,
    }  # fmt: skip


def _region(work: Work) -> Thing:
    region = work.call.path.rpartition("/")[2]
    return {**work.must(work.call.path), "quotas": quotas.told(work.world, work.call.project, region)}


HANDLERS: Final[Mapping[str, Handler]] = {
    "compute.instances.getGuestAttributes": guest_attributes,
    "compute.instances.getSerialPortOutput": serial_port,
    "compute.instances.getEffectiveFirewalls": effective_firewalls,
    "compute.projects.get": _project,
    "compute.projects.setCommonInstanceMetadata": _project_metadata,
    "compute.regions.get": _region,
}
