"""The machines of Google Cloud: found by their labels."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.components.boot.google import STARTUP_KEYS
from soundstage.components.boot.idle_watch import AWAKE_TAG
from soundstage.components.boot.report import Occasion, Phase, Report, Result, written
from soundstage.components.google_sizes import google_machines
from soundstage.components.tags import EXPIRES, PROJECT, STUDIO, USER, WORKSTATION, ZONE
from soundstage.core.errors import CloudError
from soundstage.engines.base import OnEvent
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import Disk, LastSession, Machine
from soundstage.stacks.clouds.gcp.calls import Projects, ask, everywhere, found, pages
from soundstage.stacks.clouds.gcp.names import (
    instance_id,
    labelled,
    last,
    metadata_key,
    metadata_of,
    moment,
    relative,
    tags_in,
    zone_and_name,
)

_STATES: Final[Mapping[str, str]] = {
    "PROVISIONING": "pending",
    "STAGING": "pending",
    "REPAIRING": "pending",
    "RUNNING": "running",
    "STOPPING": "stopping",
    "PENDING_STOP": "stopping",
    "SUSPENDING": "stopping",
    "SUSPENDED": "stopped",
    "STOPPED": "stopped",
    "TERMINATED": "stopped",
}
"""What Google's words for a machine's state mean (Compute Engine API, `instances`, read 2026-11). `TERMINATED` is a machine that is stopped."""
_TAKEN: Final = ("STOPPING", "TERMINATED")
_PREEMPTED: Final = "compute.instances.preempted"
"""The type of the operation by which Google takes a spot machine back (Compute Engine, "Create and use Spot VMs", read 2026-11)."""
_STARTED: Final = re.compile(r"startup-script exit status (\d+)")
"""What Google's guest agent prints when the startup script has ended (Compute Engine, "View the output of a Linux startup script", read
2026-11)."""
_FAILED: Final = re.compile(r"soundstage: (\w+) failed with (\d+)")
_REPORT: Final = "soundstage/ready"
"""Guest attribute in which an image's own probe may tell more than the console does."""


class GoogleMachines:
    """See `Machines`."""

    def __init__(self, cloud: Projects, region: str) -> None:
        self._cloud, self._region = cloud, region

    def of_project(self, studio: str, project: str) -> list[Machine]:
        return self._tagged({STUDIO: studio, PROJECT: project})

    def of_studio(self, studio: str) -> list[Machine]:
        return self._tagged({STUDIO: studio})

    def _tagged(self, tags: Mapping[str, str]) -> list[Machine]:
        every = everywhere(self._cloud, "instances", filter=labelled(tags))
        instances = [one for one in every if WORKSTATION in tags_in(one) and self._is_here(one)]
        disks = {relative(one["selfLink"]): one for one in everywhere(self._cloud, "disks")} if instances else {}
        taken = self._taken(instances)
        made = (_machine(one, disks, self._cloud.project.account_id, taken) for one in instances)
        return sorted(made, key=lambda machine: (machine.project, machine.name))

    def _taken(self, instances: Sequence[Mapping[str, Any]]) -> set[str]:
        """The addresses of those that Google has taken back since their last start. Empty where these credentials may not see it."""
        stopped = [one for one in instances if _is_spot(one) and one.get("status") in _TAKEN]
        ends: dict[str, str] = {}
        try:
            for zone in {last(one.get("zone")) for one in stopped}:
                asked = {"zone": zone, "filter": f"operationType = {_PREEMPTED}"}
                for one in pages(self._cloud, "compute.zoneOperations.list", **asked):
                    ends[one["targetLink"]] = max(ends.get(one["targetLink"], ""), str(one.get("insertTime", "")))
        except CloudError as error:
            if error.code not in DENIED:
                raise
        return {
            one["selfLink"]
            for one in stopped
            if _is_since(ends.get(one["selfLink"], ""), one.get("lastStartTimestamp"))
        }

    def _is_here(self, instance: Mapping[str, Any]) -> bool:
        return last(instance.get("zone")).rpartition("-")[0] == self._region

    def last_sessions(self) -> dict[str, LastSession] | None:
        return None  # Google keeps none of Identity-Aware Proxy but in data-access logs

    def hours_on(self, found: Sequence[Machine], since: datetime, until: datetime) -> dict[str, dict[datetime, float]]:  # noqa: ARG002
        return {}

    def state(self, machine: Machine) -> str:
        return state_of(self._cloud, machine.instance_id)

    def stop(self, machine: Machine, on_event: OnEvent) -> None:
        # What a local disk held is gone after every stop, and Google wants to hear that one knows.
        ask(
            self._cloud,
            "compute.instances.stop",
            machine.name,
            on_event,
            discardLocalSsd=True,
            **zone_and_name(machine.instance_id),
        )

    def start(self, machine: Machine, on_event: OnEvent) -> None:
        ask(self._cloud, "compute.instances.start", machine.name, on_event, **zone_and_name(machine.instance_id))

    def answers(self, machine: Machine) -> bool:
        return self.state(machine) == "running"

    def told(self, machine: Machine) -> str | None:
        attributes = found(
            self._cloud, "compute.instances.getGuestAttributes", queryPath=_REPORT, **zone_and_name(machine.instance_id)
        )
        items = ((attributes or {}).get("queryValue") or {}).get("items") or ()
        if items:
            return str(items[0]["value"])
        ended = _ended(self._console(machine))
        return written(_report(machine, *ended)) if ended else None

    def log(self, machine: Machine, lines: int) -> list[str]:
        return self._console(machine)[-lines:]

    def guard(self, machine: Machine) -> str | None:  # noqa: ARG002 - it tells nobody but the machine's own journal
        return None

    def guard_log(self, machine: Machine, lines: int) -> list[str]:
        return [line for line in self._console(machine) if "soundstage-idle" in line][-lines:]

    def backstop(self, machine: Machine) -> bool | None:
        instance = ask(self._cloud, "compute.instances.get", machine.name, **zone_and_name(machine.instance_id))
        return True if (instance.get("scheduling") or {}).get("maxRunDuration") else None

    def mark_awake(self, machine: Machine, until: str) -> None:
        place = zone_and_name(machine.instance_id)
        instance = ask(self._cloud, "compute.instances.get", machine.name, **place)
        key, kept = metadata_key(AWAKE_TAG), metadata_of(instance)
        kept.pop(key, None)
        if until:
            kept[key] = until
        items = [{"key": name, "value": value} for name, value in kept.items()]
        fingerprint = (instance.get("metadata") or {}).get("fingerprint", "")
        ask(self._cloud, "compute.instances.setMetadata", machine.name, fingerprint=fingerprint, items=items, **place)

    def session(self, machine: Machine, display: int, local: int, document: str) -> str:  # noqa: ARG002 - AWS has documents
        place = zone_and_name(machine.instance_id)
        return (
            f"gcloud compute start-iap-tunnel {place['instance']} {display} --local-host-port=localhost:{local}"
            f" --zone={place['zone']} --project={self._cloud.project.account_id}"
        )

    def _console(self, machine: Machine) -> list[str]:
        answer = ask(
            self._cloud,
            "compute.instances.getSerialPortOutput",
            machine.name,
            port=1,
            **zone_and_name(machine.instance_id),
        )
        return str(answer.get("contents", "")).splitlines()


def state_of(cloud: Projects, id: str) -> str:
    """The state of a machine now, also `terminated` for one that is gone."""
    instance = found(cloud, "compute.instances.get", **zone_and_name(id))
    return _STATES.get(str(instance["status"]), "pending") if instance else "terminated"


class GoogleZones:
    """See `Zones`."""

    def __init__(self, cloud: Projects, region: str) -> None:
        self._cloud, self._region = cloud, region

    def usable(self) -> dict[str, str]:
        named = (
            str(one["name"]) for one in pages(self._cloud, "compute.zones.list") if one.get("status", "UP") == "UP"
        )
        return {name: name for name in sorted(named) if name.rpartition("-")[0] == self._region}

    def offering(self, types: Collection[str]) -> dict[str, set[str]]:
        zones = self.usable() if types else {}
        cards = {
            zone: {str(one["name"]) for one in pages(self._cloud, "compute.acceleratorTypes.list", zone=zone)}
            for zone in zones
        }
        return {type: {zone for zone in zones if self._offers(type, zone, cards[zone])} for type in types}

    def _offers(self, type: str, zone: str, cards: Collection[str]) -> bool:
        """A machine is offered with the licence of a virtual workstation, or not at all."""
        known = google_machines().get(type)
        if known and known.accelerator and known.accelerator.name not in cards:
            return False
        return found(self._cloud, "compute.machineTypes.get", zone=zone, machineType=type) is not None


def _machine(
    instance: Mapping[str, Any], volumes: Mapping[str, Mapping[str, Any]], project: str, taken: Collection[str] = ()
) -> Machine:
    tags, metadata = tags_in(instance), metadata_of(instance)
    zone, state = last(instance.get("zone")), _STATES.get(str(instance["status"]), "pending")
    cards = instance.get("networkInterfaces") or [{}]
    public = next((one.get("natIP") for one in cards[0].get("accessConfigs") or ()), None)
    attached = instance.get("disks") or ()
    boot = next((volumes.get(relative(one.get("source"))) for one in attached if one.get("boot")), None) or {}
    return Machine(
        name=tags[WORKSTATION],
        instance_id=instance_id(project, zone, str(instance["name"])),
        state=state,
        instance_type=last(instance.get("machineType")),
        launched=moment(instance.get("lastStartTimestamp") or instance.get("creationTimestamp")),
        private_ip=cards[0].get("networkIP"),
        public_ip=public,
        disks=tuple(_disk(one, volumes.get(relative(one.get("source")), {})) for one in attached),
        user=tags.get(USER, ""),
        zone=zone,
        network_zone=tags.get(ZONE, ""),
        is_windows=STARTUP_KEYS["windows"] in metadata,
        keep_awake=metadata.get(metadata_key(AWAKE_TAG), ""),
        project=tags.get(PROJECT, ""),
        expires=tags.get(EXPIRES, ""),
        image=relative(boot.get("sourceImage")),
        stopped=moment(instance.get("lastStopTimestamp")) if state == "stopped" else None,
        stopped_by=_PREEMPTED if instance.get("selfLink") in taken else "",
        is_spot=_is_spot(instance),
    )


def _is_since(told: str, start: object) -> bool:
    """Whether something was told, and not before a machine's last start; one that never started has none."""
    at, started = moment(told), moment(start)
    return at is not None and started is not None and at >= started


def _is_spot(instance: Mapping[str, Any]) -> bool:
    return (instance.get("scheduling") or {}).get("provisioningModel") == "SPOT"


def _disk(attached: Mapping[str, Any], volume: Mapping[str, Any]) -> Disk:
    local = attached.get("type") == "SCRATCH"
    return Disk(
        str(attached.get("deviceName", "")),
        int(volume.get("sizeGb") or attached.get("diskSizeGb") or 0),
        "local-ssd" if local else last(volume.get("type")),
        encrypted=True,  # there is no other disk on Google Cloud
        made=moment(volume.get("creationTimestamp")),
    )


def _ended(console: Sequence[str]) -> tuple[int, list[tuple[str, str]]] | None:
    """The status with which the last startup script ended, and its steps that failed; None while it runs."""
    ends = [number for number, line in enumerate(console) if _STARTED.search(line)]
    if not ends:
        return None
    begin = ends[-2] + 1 if len(ends) > 1 else 0
    told = console[begin : ends[-1]]
    failed = [(step[1], step[0]) for line in told if (step := _FAILED.search(line))]
    status = _STARTED.search(console[ends[-1]])
    return (int(status[1]) if status else 0), failed


def _report(machine: Machine, status: int, failed: Sequence[tuple[str, str]]) -> Report:
    """What the console tells, as a machine's own probe would say it. The console has no times that can be trusted."""
    at = machine.launched or datetime.now(UTC)
    phases = [Phase(name, 0.0, Result.FAILED, log) for name, log in failed]
    if status and not phases:
        phases = [Phase("startup_script", 0.0, Result.FAILED, f"It ended with status {status}.")]
    return Report(Occasion.BOOT, machine.name, machine.project, at, at, tuple(phases), ())
