"""The way to a machine of AWS: by Session Manager and the session documents of its project."""

import asyncio
import contextlib
import getpass
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundstage.components.boot.login import DISPLAY, SSH, ToDisplay, ToShell, read_display, read_shell
from soundstage.components.naming import display_document, login_document, ssh_document
from soundstage.core.home import state_home
from soundstage.stacks.clouds.base import Cloud, Machine
from soundstage.stacks.clouds.doors import Door

if TYPE_CHECKING:
    from soundstage.sessions.route import Route
    from soundstage.sessions.session import Calls, Tell

_FOLDER: Final = "sessions"


@dataclass(frozen=True)
class AwsDoor:
    """See `Door`."""

    machine: Machine
    studio: str
    project: str
    calls: "Calls"
    tell: "Tell"

    @property
    def to_display(self) -> "Route":
        return self._by(display_document(self.studio, self.project))

    @property
    def to_ssh(self) -> "Route":
        return self._by(ssh_document(self.studio, self.project))

    def _by(self, document: str) -> "Route":
        from soundstage.sessions.route import SessionRoute
        from soundstage.sessions.session import Request

        return SessionRoute(self.calls, Request(self.machine.instance_id, document))

    def let_in_to_display(self) -> ToDisplay:
        return read_display(self._login({"way": [DISPLAY]}))

    def let_in(self, public_key: str) -> ToShell:
        return read_shell(self._login({"way": [SSH], "key": [public_key]}))

    def let_out(self, public_key: str) -> None:
        """It counts for a minute, and is gone by itself."""

    def _login(self, asked: Mapping[str, list[str]]) -> bytes:
        from soundstage.sessions.program import run_program
        from soundstage.sessions.session import Request

        request = Request(self.machine.instance_id, login_document(self.studio, self.project), asked)
        return asyncio.run(run_program(self.calls, request, tell=self.tell)).output


class AwsDoors:
    """See `Doors`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def account(self, machine: Machine) -> str:
        # What stands for a simulated machine has one account: that of whoever runs it.
        return getpass.getuser() if self._cloud.look_alike else machine.user

    @contextlib.contextmanager
    def open(self, machine: Machine, studio: str, project: str, tell: "Tell") -> Iterator[Door]:
        from soundstage.stacks.clouds.aws.leftovers import Noted

        cloud = self._cloud
        noted = Noted(cloud.sessions, state_home() / _FOLDER, f"{cloud.kind} {cloud.account_id} {cloud.region}")
        noted.sweep()
        try:
            yield AwsDoor(machine, studio, project, noted, tell)
        finally:
            noted.close()
