"""What a machine is in the course of its life: what starts, stops and takes it away by itself."""

from typing import Final

from soundstage.simulator.gcp.operations import EFFECTS, effect, later
from soundstage.simulator.gcp.work import Work, stamp_of
from soundstage.simulator.gcp.world import Thing, World

STATES: Final = {
    "start": (("TERMINATED",), "STAGING", "RUNNING"),
    "stop": (("RUNNING",), "STOPPING", "TERMINATED"),
    "suspend": (("RUNNING",), "SUSPENDING", "SUSPENDED"),
    "resume": (("SUSPENDED",), "STAGING", "RUNNING"),
    "reset": (("RUNNING",), "RUNNING", "RUNNING"),
}
"""Method → in which states it may be called, what the machine is meanwhile, what it is then (Compute Engine, "VM instance lifecycle",
read 2026-11). Google is said to answer the stop of a stopped machine without complaint; here it is refused, so that callers look first."""


@effect("run")
def _run(world: World, path: str, words: Thing, at: float) -> None:  # noqa: ARG001
    """The machine runs from now on, and no longer than its owner allows."""
    machine = world.things.get(path)
    if machine is None:
        return
    machine.update(status="RUNNING", lastStartTimestamp=stamp_of(at))
    longest = machine.get("scheduling", {}).get("maxRunDuration", {}).get("seconds")
    if longest:
        later(world, at + float(longest), "time is up", path, started=machine["lastStartTimestamp"])


@effect("time is up")
def _time_is_up(world: World, path: str, words: Thing, at: float) -> None:
    """`maxRunDuration` has passed since a start."""
    machine = world.things.get(path)
    if machine is None or machine["status"] != "RUNNING" or machine.get("lastStartTimestamp") != words["started"]:
        return
    if machine["scheduling"].get("instanceTerminationAction") == "DELETE":
        EFFECTS["remove machine"](world, path, {}, at)
    else:
        EFFECTS["halt"](world, path, {"status": "TERMINATED"}, at)


@effect("halt")
def _halt(world: World, path: str, words: Thing, at: float) -> None:
    """The machine does not run any more."""
    machine = world.things.get(path)
    if machine is not None:
        machine.update(status=words["status"], lastStopTimestamp=stamp_of(at))


@effect("remove machine")
def _remove_machine(world: World, path: str, words: Thing, at: float) -> None:
    """Its disks that go with it go, and the others are free."""
    machine = world.things.get(path)
    for disk in machine.get("disks", []) if machine else []:
        where = disk.get("source", "").partition("/compute/")[2]
        if not where:
            continue
        if disk.get("autoDelete"):
            EFFECTS["remove"](world, f"/compute/{where}", {}, at)
        else:
            free(world, f"/compute/{where}", path)
    EFFECTS["remove"](world, path, words, at)


def free(world: World, disk: str, machine: str) -> None:
    """A disk is no longer that of a machine."""
    thing = world.things.get(disk)
    if thing:
        thing["users"] = [each for each in thing.get("users", []) if not each.endswith(machine)]
        if not thing["users"]:
            del thing["users"]


def said_of_project(work: Work, key: str) -> str:
    """What the project's own metadata say under a key; empty for nothing."""
    held = work.world.things.get(f"/compute/v1/projects/{work.call.project}", {})
    items = held.get("commonInstanceMetadata", {}).get("items", [])
    return next((str(one.get("value", "")) for one in items if one.get("key") == key), "")
