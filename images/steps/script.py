"""What no other step can do: commands of one's own, with the command that tells whether they are needed."""

from typing import Annotated

from pydantic import Field

from soundstage.core.strict import Strict
from soundstage.images.steps.command import MINUTE, Command, Facts, System

DONE = "done"


def told(test: str, system: System) -> str:
    """The question whether a test succeeds: `done` when it does."""
    if system == "windows":
        return f"$found = $false\ntry {{ $found = [bool](& {{\n{test}\n}}) }} catch {{}}\nif ($found) {{ '{DONE}' }}"
    return f"if ( set -e\n{test}\n) >/dev/null 2>&1 </dev/null; then echo {DONE}; fi"


class Script(Strict):
    """Commands, and when they are not needed."""

    unless: Annotated[str, Field(min_length=1)]
    """Bash that succeeds when nothing is to be done; PowerShell that gives something true."""

    run: Annotated[str, Field(min_length=1)]
    """What is done otherwise: bash that ends at the first command that fails, or PowerShell."""

    minutes: Annotated[int, Field(ge=1, le=180)] = 30
    """After which it is given up."""

    def questions(self, system: System) -> dict[str, str]:
        return {"unless": told(self.unless, system)}

    def commands(self, facts: Facts, system: System) -> list[Command]:
        if facts["unless"] == DONE:
            return []
        text = self.run if system == "windows" else f"set -euo pipefail\n{self.run}"
        return [Command(text, "run its commands", self.minutes * MINUTE)]
