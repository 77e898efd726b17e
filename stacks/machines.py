"""The machines of a project as the cloud has them now: list, stop and start them, and say how to reach them.

The same on every cloud. Stopping and starting changes no state of a stack: a stopped workstation is still what the project file
describes.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.ports import DCV
from soundstage.core.errors import CloudError, OperationError, UsageError
from soundstage.core.words import nearest
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.stacks.clouds.base import Machine, Machines

_DISPLAY: Final = DCV[0].number
LONGEST_WAIT: Final = 900.0
"""Seconds that a machine may take to start or stop; a Windows machine with a GPU needs some five minutes."""
_FIRST_POLL: Final = 0.05
_SLOWEST_POLL: Final = 5.0


@dataclass(frozen=True)
class Way:
    """How to get to a machine's display: type `command` first, unless it is empty, then open `url`."""

    command: str
    url: str


def running(machines: Machines, studio: str, project: str, names: Collection[str]) -> list[str]:
    """Which of these machines run now. Asks the cloud only when there is a name."""
    found = machines.of_project(studio, project) if names else []
    return [one.name for one in found if one.is_running and one.name in names]


def choose(found: Sequence[Machine], names: Sequence[str], away: Collection[str] = ()) -> list[Machine]:
    """The machines with these names, or all when there is no name. `UsageError` for a name that none has, which names those that are
    there and those that are `away`."""
    known = {machine.name: machine for machine in found}
    for name in names:
        if name not in known:
            there = [*known, *away]
            near = nearest(name, there)
            hint = f'Did you mean "{near}"?' if near else f"Known: {', '.join(there) or 'none'}."
            raise UsageError(f'There is no machine "{name}" in this project.', hint)
    return [known[name] for name in dict.fromkeys(names)] if names else list(found)


def stop(
    machines: Machines, chosen: Sequence[Machine], *, wait: bool = True, on_event: OnEvent = ignore
) -> list[Machine]:
    """Stop these machines and return those that were not stopped before. Disks and addresses stay.

    With `wait`, returns when each is stopped. `CloudError` when the cloud refuses; the others are stopped nevertheless.
    """
    return _each(
        [machine for machine in chosen if machine.state not in ("stopped", "shutting-down")],
        "stopping",
        "stopped",
        lambda machine: _stop_one(machines, machine, wait, on_event),
        on_event,
    )


def start(
    machines: Machines,
    chosen: Sequence[Machine],
    *,
    wait: bool = True,
    on_event: OnEvent = ignore,
    begin: Callable[[Machine], None] | None = None,
) -> list[Machine]:
    """Start these machines and return those that did not run before. `begin` tells the cloud, in the place of one plain call.

    With `wait`, returns when each runs and its agent answers. `CloudError` says which machine the cloud
    refused and why (capacity, quota, permission); the others are started nevertheless.
    """
    return _each(
        [machine for machine in chosen if not machine.is_running],
        "starting",
        "started",
        lambda machine: _start_one(machines, machine, wait, begin or (lambda one: machines.start(one, on_event))),
        on_event,
    )


def ways(machines: Machines, found: Sequence[Machine], via: str, document: str = "") -> dict[str, Way]:
    """The way to the display of each machine of a project that runs and can be reached, by its name. `via` is the project's access
    mode, `document` the name of its session document. Each machine gets a local port of its own, so that all can be open at once."""
    each = {one.name: _way(machines, one, via, place, document) for place, one in enumerate(found) if one.is_running}
    return {name: way for name, way in each.items() if way}


def _way(machines: Machines, machine: Machine, via: str, place: int, document: str) -> Way | None:
    if via == "session":
        local = _DISPLAY + place
        return Way(machines.session(machine, _DISPLAY, local, document), f"https://localhost:{local}")
    address = machine.public_ip if via == "allowlist" else machine.private_ip
    return Way(command="", url=f"https://{address}:{_DISPLAY}") if address else None


def _each(
    chosen: Sequence[Machine],
    doing: str,
    done: str,
    work: Callable[[Machine], None],
    on_event: OnEvent,
) -> list[Machine]:
    """Do `work` for each machine, go on after a failure, and raise the first failure at the end."""
    failures: list[OperationError] = []
    changed: list[Machine] = []
    for machine in chosen:
        began = time.monotonic()
        on_event(Event(EventKind.STEP_STARTED, name=machine.name, message=doing))
        try:
            work(machine)
        except OperationError as error:
            failures.append(error)
            seconds = time.monotonic() - began
            on_event(Event(EventKind.STEP_FAILED, name=machine.name, message=error.message, seconds=seconds))
        else:
            changed.append(machine)
            on_event(Event(EventKind.STEP_DONE, name=machine.name, message=done, seconds=time.monotonic() - began))
    if failures:
        raise failures[0]
    return changed


def _stop_one(machines: Machines, machine: Machine, wait: bool, on_event: OnEvent) -> None:
    if machine.state != "stopping":
        machines.stop(machine, on_event)
    if wait:
        _until(lambda: _state(machines, machine) == "stopped", machine, "stop")


def _start_one(machines: Machines, machine: Machine, wait: bool, begin: Callable[[Machine], None]) -> None:
    if machine.state == "stopping":  # a machine that is still on its way down cannot be started
        _until(lambda: _state(machines, machine) == "stopped", machine, "stop")
    if machine.state != "pending":
        begin(machine)
    if wait:
        _until(lambda: _state(machines, machine) == "running", machine, "start")
        _until(lambda: machines.answers(machine), machine, "answer Session Manager")


def _state(machines: Machines, machine: Machine) -> str:
    state = machines.state(machine)
    if state in ("terminated", "shutting-down"):
        raise CloudError(f"{machine.name} was terminated by someone else.", "Run `workstation up` to make it again.")
    return state


def _until(is_done: Callable[[], bool], machine: Machine, goal: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    pause = _FIRST_POLL
    while not is_done():
        if time.monotonic() > deadline:
            raise CloudError(
                f"{machine.name} ({machine.instance_id}) did not {goal} within {LONGEST_WAIT / 60:.0f} minutes.",
                "See `workstation status`; the same command goes on waiting.",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _SLOWEST_POLL)
