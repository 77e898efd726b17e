"""Who may reach which port of a machine through Identity-Aware Proxy, and who may then sign in to it by SSH."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from soundstage.components.labels import tags_of
from soundstage.components.tags import USER
from soundstage.sessions.iap.frames import Close
from soundstage.simulator.answer import Answer
from soundstage.simulator.gcp import permits
from soundstage.simulator.gcp.compute.reach import reaches
from soundstage.simulator.gcp.refusals import invalid
from soundstage.simulator.gcp.services.logins import keys_of
from soundstage.simulator.gcp.tunnels.door import Door
from soundstage.simulator.gcp.work import Work
from soundstage.simulator.gcp.world import Thing, World

if TYPE_CHECKING:
    from soundstage.simulator.gcp.tunnels.gateway import Asked

PERMISSION: Final = "iap.tunnelInstances.accessViaIAP"
SOURCE: Final = "35.235.240.1"
"""An address of 35.235.240.0/20, from which connections through Identity-Aware Proxy come (Google Cloud, "Using IAP for TCP forwarding",
read 2026-11)."""


def answer(work: Work, door: Door, world: Callable[[], World]) -> Answer:
    """Where a websocket goes on that asks for a connection. What the relay refuses it says by a close code, once the websocket is open.
    `world` is the world at any later time."""
    from soundstage.simulator.gcp.tunnels.gateway import Resumption

    if work.method.name == "reconnect":
        total = work.call.one("ack", "0")
        if not total.isdecimal():
            invalid(f"Invalid value for 'ack': '{total}'.")
        return Answer(101, onward=door.admit(Resumption(work.call.one("sid"), int(total), work.call.caller)))
    return Answer(101, onward=door.admit(_asked(work, world)))


def _asked(work: Work, world: Callable[[], World]) -> "Asked":
    from soundstage.simulator.gcp.tunnels.gateway import Opening

    project, zone, name = (work.call.one(key) for key in ("project", "zone", "instance"))
    number = work.call.one("port")
    if not number.isdecimal() or not 0 < int(number) < 65536:
        invalid(f"Invalid value for 'port': '{number}'.")
    port = int(number)
    place = f"projects/{project}/zones/{zone}/instances/{name}"
    path = f"/compute/v1/{place}"
    guarded = f"/v1/projects/{project}/iap_tunnel/zones/{zone}/instances/{name}"
    known = {"destination.port": port}
    if work.world.enforcing and not permits.may(
        work.world, work.call.caller, PERMISSION, guarded, work.now, more=known
    ):
        return int(Close.NOT_ALLOWED), "not authorized"
    machine = work.world.things.get(path)
    if machine is None or work.call.one("interface", "nic0") not in _cards(machine):
        return int(Close.NO_MACHINE), "Failed to lookup instance"
    if machine["status"] != "RUNNING" or not reaches(work.world, machine, SOURCE, port):
        return int(Close.NOTHING_ANSWERS), "failed to connect to backend"
    return Opening(
        machine=called(machine),
        port=port,
        caller=work.call.caller,
        person=tags_of(machine.get("labels") or {}).get(USER, ""),
        keys=keys_of(work, path, machine),
        is_windows=any(one["key"].startswith("windows-startup") for one in machine["metadata"].get("items", ())),
        is_running=lambda: world().things.get(path, {}).get("status") == "RUNNING",
    )


def called(machine: Thing) -> str:
    """What a machine is called where its files lie: one of the same name that is made later is another."""
    return f"{machine['name']}-{machine['id']}"


def _cards(machine: Thing) -> list[str]:
    return [str(one.get("name", "nic0")) for one in machine.get("networkInterfaces", ())]
