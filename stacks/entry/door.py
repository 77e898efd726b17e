"""Opens sessions to one machine of a project and lets its person in."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.boot.login import (
    DISPLAY,
    SSH,
    ToDisplay,
    ToShell,
    read_display,
    read_shell,
)
from soundstage.components.naming import display_document, login_document, ssh_document
from soundstage.core.errors import UsageError
from soundstage.core.home import state_home
from soundstage.sessions.program import run_program
from soundstage.sessions.session import Calls, Request, Tell
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.entry.leftovers import Noted
from soundstage.stacks.parking.choosing import chosen_of
from soundstage.stacks.parking.waking import parked_now

_FOLDER: Final = "sessions"


@dataclass(frozen=True)
class Door:
    """The way to one machine."""

    machine: Machine
    studio: str
    project: str
    calls: Calls
    tell: Tell

    @property
    def to_display(self) -> Request:
        return Request(self.machine.instance_id, display_document(self.studio, self.project))

    @property
    def to_ssh(self) -> Request:
        return Request(self.machine.instance_id, ssh_document(self.studio, self.project))

    def let_in_to_display(self) -> ToDisplay:
        """Have the machine open its display for a minute to whoever shows the token."""
        return read_display(self._login({"way": [DISPLAY]}))

    def let_in(self, public_key: str) -> ToShell:
        """Have the machine let a key in for a minute. `public_key` is the base64 part of its public half."""
        return read_shell(self._login({"way": [SSH], "key": [public_key]}))

    def _login(self, asked: Mapping[str, list[str]]) -> bytes:
        request = Request(self.machine.instance_id, login_document(self.studio, self.project), asked)
        return asyncio.run(run_program(self.calls, request, tell=self.tell)).output


@contextlib.contextmanager
def door(deployment: Deployment, machine: Machine, tell: Tell) -> Iterator[Door]:
    """The way to a machine that runs. Sessions that an earlier command left open are ended first, and all of this one at the end."""
    cloud = deployment.cloud
    noted = Noted(cloud.sessions, state_home() / _FOLDER, f"{cloud.kind} {cloud.account_id} {cloud.region}")
    noted.sweep()
    try:
        yield Door(machine, deployment.studio.studio, deployment.project.project, noted, tell)
    finally:
        noted.close()


def the_machine(deployment: Deployment, name: str | None) -> Machine:
    """The machine of that name, or the only one. `UsageError` when a name is needed, and as `enterable` raises it."""
    found = deployment.machines()
    if name is None and len(found) > 1:
        known = ", ".join(machine.name for machine in found)
        raise UsageError(f"{deployment.project.title} has {len(found)} machines.", f"Say which: {known}.")
    if name is None and not found:
        name = next(iter(parked_now(deployment)), None)
    return enterable(deployment, found, [name] if name is not None else [])[0]


def enterable(deployment: Deployment, found: Sequence[Machine], names: Sequence[str]) -> list[Machine]:
    """Those of the machines with these names; without a name, all. At least one: `UsageError` when there is none,
    and for a name that none has."""
    if not found and not parked_now(deployment):
        raise UsageError(
            f"{deployment.project.title} has no machines.", f"Bring it up first: `{deployment.command('up')}`."
        )
    return chosen_of(deployment, found, names)
