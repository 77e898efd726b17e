"""A service of the system: whether it starts by itself, and whether it runs now."""

import shlex
from typing import Annotated

from soundstage.core.strict import Form, Strict
from soundstage.images.steps.command import Command, Facts, System, single_quoted


class Service(Strict):
    """A service as it must be."""

    name: Annotated[str, Form(r"^[A-Za-z0-9@:._-]+$", "the name of a service")]
    """Its name; on Linux that of a unit."""

    enabled: bool = True
    """Whether it starts when the machine starts."""

    running: bool | None = None
    """Whether it runs now. Absent: as it is."""

    def questions(self, system: System) -> dict[str, str]:
        if system == "windows":
            name = single_quoted(self.name)
            return {
                "enabled": f"(Get-Service {name}).StartType",
                "running": f"(Get-Service {name}).Status",
            }
        name = shlex.quote(self.name)
        return {
            "enabled": f"systemctl is-enabled -- {name} 2>/dev/null || true",
            "running": f"systemctl is-active -- {name} 2>/dev/null || true",
        }

    def commands(self, facts: Facts, system: System) -> list[Command]:
        if system == "windows":
            return self._windows(facts)
        found = []
        name = shlex.quote(self.name)
        # A unit without an [Install] section is `static`: it can be neither enabled nor disabled.
        if facts["enabled"] not in ("static", "enabled" if self.enabled else "disabled"):
            verb = "enable" if self.enabled else "disable"
            found.append(Command(f"systemctl {verb} -- {name}", f"{verb} {self.name}"))
        if self.running is not None and (facts["running"] == "active") != self.running:
            verb = "start" if self.running else "stop"
            found.append(Command(f"systemctl {verb} -- {name}", f"{verb} {self.name}"))
        return found

    def _windows(self, facts: Facts) -> list[Command]:
        found = []
        name = single_quoted(self.name)
        if (facts["enabled"] == "Automatic") != self.enabled:
            kind = "Automatic" if self.enabled else "Disabled"
            found.append(Command(f"Set-Service {name} -StartupType {kind}", f"make {self.name} {kind.lower()}"))
        if self.running is not None and (facts["running"] == "Running") != self.running:
            verb = "Start" if self.running else "Stop"
            found.append(Command(f"{verb}-Service {name}", f"{verb.lower()} {self.name}"))
        return found
