"""What takes time: operations that are RUNNING until the clock says that they are done, and what happens at the end of each.

Nothing waits: a call first lets happen what is due (`settle`). The times are short, so that a person at a terminal and a test see that
something takes time, and wait for little.
"""

import bisect
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from soundstage.simulator.gcp.work import Work, named, stamp_of
from soundstage.simulator.gcp.world import Thing, World

SECONDS: Final[Mapping[str, float]] = {
    "instances.insert": 0.2,
    "instances.start": 0.15,
    "instances.stop": 0.15,
    "instances.delete": 0.15,
    "disks.createSnapshot": 0.1,
    "snapshots.insert": 0.1,
    "images.insert": 0.1,
}
"""How long a method takes here. Google takes some hundred times as long."""
_OTHER_SECONDS: Final = 0.02
Effect = Callable[[World, str, Thing, float], None]
EFFECTS: dict[str, Effect] = {}
"""What can happen by itself, by name. Each module that lets something happen adds its own."""


def effect(name: str) -> Callable[[Effect], Effect]:
    """Let a function be what happens under a name."""

    def known(function: Effect) -> Effect:
        EFFECTS[name] = function
        return function

    return known


def settle(world: World, now: float) -> None:
    """Let happen what is due, in its order."""
    while world.pending and world.pending[0][0] <= now:
        at, what, path, words = world.pending.pop(0)
        EFFECTS[what](world, path, words, at)


def now_of(world: World) -> float:
    """The time in this cloud, in seconds since the epoch."""
    return time.time() + world.ahead


def later(world: World, at: float, what: str, path: str, **words: Any) -> None:
    """Let something happen at a time."""
    bisect.insort(world.pending, [at, what, path, words], key=lambda each: each[0])


@effect("done")
def _done(world: World, path: str, words: Thing, at: float) -> None:  # noqa: ARG001
    operation = world.operations.get(path)
    if operation:
        operation.update(status="DONE", progress=100, endTime=stamp_of(at))


@effect("remove")
def _remove(world: World, path: str, words: Thing, at: float) -> None:  # noqa: ARG001
    for key in [each for each in world.things if each == path or each.startswith(path + "/")]:
        del world.things[key]
    world.policies.pop(path, None)


@effect("status")
def _status(world: World, path: str, words: Thing, at: float) -> None:  # noqa: ARG001
    if path in world.things:
        world.things[path]["status"] = words["status"]


def begun(
    work: Work,
    target: str,
    what: str = "",
    then: Mapping[str, Any] | None = None,
    kind: str = "",
    refused: tuple[str, str] | None = None,
) -> Thing:
    """A compute operation on `target` that is under way; at its end `what` happens there, with the words `then`, or it has failed with the
    code and the words of `refused`."""
    seconds = SECONDS.get(f"{work.method.collection}.{work.method.name}", _OTHER_SECONDS)
    # It is where the call was made: that of a snapshot, which is in no zone, is in the zone of the disk (Compute Engine API,
    # `disks.createSnapshot`, read 2026-11).
    found = re.match(r"(.*?/projects/[^/]+/(?:zones/[^/]+|regions/[^/]+))/", work.call.path)
    scope = found[1] if found else f"/compute/v1/projects/{work.call.project}/global"
    name = f"operation-{int(work.now * 1000)}-{work.text(13)}-{work.text(8)}"
    path = f"{scope}/operations/{name}"
    thing = work.world.things.get(target, {})
    operation: Thing = {
        "kind": "compute#operation", "id": work.number(), "name": name, "operationType": kind or work.method.name,
        "targetLink": work.link(target), "targetId": thing.get("id", work.number()), "status": "RUNNING", "progress": 0,
        "user": work.call.caller.partition(":")[2] or work.call.caller, "insertTime": work.stamp, "startTime": work.stamp,
        "selfLink": work.link(path),
    }  # fmt: skip
    for place in ("zone", "region"):
        placed = re.search(rf"/{place}s/([^/]+)$", scope)
        if placed:
            operation[place] = work.link(scope)
    if refused:
        operation |= {"error": {"errors": [{"code": refused[0], "message": refused[1]}]}, "httpErrorStatusCode": 503}
    if work.call.one("requestId"):
        operation["clientOperationId"] = work.call.one("requestId")
        work.world.asked[f"{work.method.id} {work.call.path} {work.call.one('requestId')}"] = path
    work.world.operations[path] = operation
    if what:
        later(work.world, work.now + seconds, what, target, **(then or {}))
    later(work.world, work.now + seconds, "done", path)
    return dict(operation)


def asked_before(work: Work) -> Thing | None:
    """The operation of the same call with the same `requestId`."""
    request = work.call.one("requestId")
    path = work.world.asked.get(f"{work.method.id} {work.call.path} {request}") if request else None
    return work.world.operations.get(path) if path else None


def finished(work: Work, answer: Thing, collection: str = "operations") -> Thing:
    """A long-running operation of the newer APIs, which here is done at once."""
    start = re.match(r"(/(?:dns/)?v\d\w*)/((?:projects/[^/]+/locations/[^/]+/)?)", work.call.path)
    assert start is not None  # noqa: S101 - every path of these APIs begins so
    name = f"{start[2]}{collection}/op.{work.text(12)}"
    schema = work.document.api.rpartition(".")[0]
    operation = {
        "name": name, "done": True, "metadata": {"target": named(work.call.path), "verb": work.method.name},
        "response": {"@type": f"type.googleapis.com/google.{schema}", **answer},
    }  # fmt: skip
    work.world.operations[f"{start[1]}/{name}"] = operation
    return dict(operation)
