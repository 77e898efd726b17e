"""A restart, which a new kernel or a driver needs."""

from typing import Annotated

from pydantic import Field

from soundstage.core.strict import Strict
from soundstage.images.steps.command import MINUTE, Command, Facts, System
from soundstage.images.steps.script import DONE, told


class Reboot(Strict):
    """A restart, where it is needed."""

    unless: Annotated[str, Field(min_length=1)]
    """Bash that succeeds when none is needed; PowerShell that gives something true."""

    minutes: Annotated[int, Field(ge=1, le=60)] = 15
    """In which the machine must be back."""

    def questions(self, system: System) -> dict[str, str]:
        return {"unless": told(self.unless, system)}

    def commands(self, facts: Facts, system: System) -> list[Command]:
        if facts["unless"] == DONE:
            return []
        text = "Restart-Computer -Force" if system == "windows" else "systemctl reboot"
        return [Command(text, "restart", self.minutes * MINUTE, reboot=True)]
