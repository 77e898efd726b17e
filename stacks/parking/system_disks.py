"""The system disks of parked machines: an image of each, from which the same machine comes back with what a person installed and set.

An image is known by its name, which says which machine it is of and since when that machine was on last: a command that is repeated finds
it again. Source: Amazon EC2 API Reference, "CreateImage" (2026-11): of a machine that is stopped an image is whole.
"""

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from soundstage.components.tags import IMAGE, MANAGED_BY, PROJECT, STUDIO, SYSTEM_DISK, WORKSTATION
from soundstage.core.errors import CloudError, OperationError
from soundstage.engines.base import Event, EventKind, OnEvent
from soundstage.plan.plan import Plan
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.kinds.resource_kinds import MACHINE, image_on
from soundstage.stacks.parking.record import parked_of

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

LONGEST_HOURS: Final = 6
"""How long an image may take: as long as the last snapshot of a work disk."""
_FIRST_POLL: Final = 0.05
_SLOWEST_POLL: Final = 15.0


def keep(deployment: "Deployment", machine: Machine, made_from: str, on_event: OnEvent) -> str:
    """Make an image of the system disk of a machine that is stopped, wait until it is complete, and return its id. One that was begun
    since the machine was on last is gone on with; one that failed is made again."""
    images, region, name = deployment.cloud.images, deployment.project.region, _name(deployment, machine)
    began = time.monotonic()
    on_event(Event(EventKind.STEP_STARTED, name=machine.name, message="keeping its system disk"))
    found = images.named(name, "self", region)
    for one in found:
        if one.state == "failed":
            images.delete(one.id, region)
    there = next((one.id for one in found if one.state != "failed"), None)
    tags = {
        STUDIO: deployment.studio.studio, PROJECT: deployment.project.project, MANAGED_BY: "soundstage",
        WORKSTATION: machine.name, SYSTEM_DISK: machine.name, "Name": name, **({IMAGE: made_from} if made_from else {}),
    }  # fmt: skip
    id = there or images.make(machine.instance_id, name, tags)
    _until_complete(deployment, machine.name, id)
    seconds = time.monotonic() - began
    on_event(Event(EventKind.STEP_DONE, name=machine.name, message="system disk kept", seconds=seconds))
    return id


def drop_unused(deployment: "Deployment", recorded: Plan) -> list[MachineImage]:
    """Delete the images of system disks that no machine is made from and none that is parked comes back from. Returns them. Those of a
    machine that is there stay: somebody may be parking it at this moment."""
    images, region, project = deployment.cloud.images, deployment.project.region, deployment.project
    used: Collection[str] = {
        *(image_on(one) for one in recorded.of_type(*MACHINE)),
        *(one.image for one in parked_of(project, recorded).values()),
    }
    there = {str(one.id) for one in recorded.of_type(*MACHINE)}
    found = images.named(f"{_prefix(deployment)}*", "self", region)
    unused = [one for one in found if one.id not in used and not any(f"/{id}/" in one.name for id in there)]
    for one in unused:
        images.delete(one.id, region)
    return unused


def _until_complete(deployment: "Deployment", machine: str, id: str) -> None:
    region = deployment.project.region
    deadline, pause = time.monotonic() + LONGEST_HOURS * 3600, _FIRST_POLL
    again = f"`{deployment.command('park')}` goes on."
    while True:
        image = deployment.cloud.images.found([id], region).get(id)
        if image and image.usable:
            return
        if image and image.state == "failed":
            raise CloudError(
                f"{machine}: the image of its system disk ({id}) failed: {image.reason or 'the cloud does not say why'}. "
                "The machine is stopped and has all its disks.",
                f"{again} It makes another image.",
            )
        if time.monotonic() > deadline:
            raise OperationError(
                f"{machine}: the image of its system disk ({id}) was not complete after {LONGEST_HOURS} hours. The machine is stopped "
                "and has all its disks.",
                again,
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _SLOWEST_POLL)


def _prefix(deployment: "Deployment") -> str:
    return f"parked/{deployment.studio.studio}/{deployment.project.project}/"


def _name(deployment: "Deployment", machine: Machine) -> str:
    since = f"{machine.launched:%Y%m%dT%H%M%SZ}" if machine.launched else "unknown"
    return f"{_prefix(deployment)}{machine.name}/{machine.instance_id}/{since}"
