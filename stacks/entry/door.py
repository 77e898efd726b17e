"""Opens sessions to one machine of a project and lets its person in."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.boot.login import (
    DISPLAY,
    NO_KEY,
    SSH,
    WINDOWS_NEW_LOGIN,
    ToDisplay,
    ToShell,
    read_display,
    read_shell,
)
from soundstage.components.naming import display_document, login_document, ssh_document
from soundstage.components.ports import DCV
from soundstage.core.errors import UsageError
from soundstage.core.home import state_home
from soundstage.sessions.program import run_program
from soundstage.sessions.session import Calls, Request, Tell
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.entry.leftovers import Noted
from soundstage.stacks.machines import choose

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
        return read_display(self._login(DISPLAY, NO_KEY))

    def let_in(self, public_key: str) -> ToShell:
        """Have the machine let a key in for a minute. `public_key` is the base64 part of its public half."""
        return read_shell(self._login(SSH, public_key))

    def _login(self, way: str, key: str) -> bytes:
        request = Request(
            self.machine.instance_id, login_document(self.studio, self.project), {"way": [way], "key": [key]}
        )
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
        raise UsageError(f"{deployment.project.project} has {len(found)} machines.", f"Say which: {known}.")
    return enterable(deployment, found, [name] if name is not None else [])[0]


def enterable(deployment: Deployment, found: Sequence[Machine], names: Sequence[str]) -> list[Machine]:
    """Those of the machines with these names; without a name, all that can be entered. At least one: `UsageError` when there is none,
    for a name that none has, and for one that cannot be entered."""
    if not found:
        raise UsageError(
            f"{deployment.project.project} has no machines.", f"Bring it up first: `{deployment.command('up')}`."
        )
    chosen = choose(found, names)
    ways_in = [machine for machine in chosen if not machine.is_windows]
    if not ways_in or (names and len(ways_in) < len(chosen)):
        windows = next(machine for machine in chosen if machine.is_windows)
        raise UsageError(
            f"{windows.name} runs Windows. `connect`, `ssh` and `cp` cannot enter a Windows machine yet.",
            _instead(deployment, windows),
        )
    return ways_in


def _instead(deployment: Deployment, machine: Machine) -> str:
    """How a person gets to a machine that has no program that lets people in."""
    if deployment.cloud.look_alike:
        return "On the simulated cloud only machines with `os: linux` can be entered."
    document = display_document(deployment.studio.studio, deployment.project.project)
    port = DCV[0].number
    way = deployment.cloud.machines.session(machine, port, port, document)
    return (
        "Use AWS's own program `aws` with its Session Manager plugin. First an administrator of the project gives the person a "
        f"password: `aws ssm start-session --region {deployment.cloud.region} --target {machine.instance_id}`, and in it "
        f"`{WINDOWS_NEW_LOGIN}`. Then leave `{way}` running, open https://localhost:{port}/ and sign in with that password."
    )
