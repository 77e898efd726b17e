"""A file with a content, an owner and a mode."""

import base64
import hashlib
import shlex
from typing import Annotated

from soundstage.core.strict import Form, Strict
from soundstage.images.steps.command import Command, Facts, System, placed, single_quoted

Mode = Annotated[str, Form(r"^0[0-7]{3}$", 'a mode in octal, in quotes, such as "0644"')]
Owner = Annotated[str, Form(r"^[a-z_][a-z0-9_-]*(:[a-z_][a-z0-9_-]*)?$", "USER or USER:GROUP")]


class File(Strict):
    """A file as it must be."""

    path: Annotated[str, Form(r"^(/|[A-Z]:\\)[^\n]*$", "an absolute path")]
    """Where it is. Missing folders are made."""

    content: str
    """All that it holds."""

    mode: Mode = "0644"
    """Who may do what with it. Not on Windows, where a file has the rights of its folder."""

    owner: Owner = "root:root"
    """Whose it is. Not on Windows."""

    def questions(self, system: System) -> dict[str, str]:
        if system == "windows":
            path = single_quoted(self.path)
            return {"sha256": f"if (Test-Path {path}) {{ (Get-FileHash -Algorithm SHA256 {path}).Hash.ToLower() }}"}
        path = shlex.quote(self.path)
        return {
            "sha256": f"sha256sum -- {path} 2>/dev/null | cut -c1-64",
            "rights": f"stat -c '0%a %U:%G' -- {path} 2>/dev/null || true",
        }

    def commands(self, facts: Facts, system: System) -> list[Command]:
        same = facts["sha256"] == hashlib.sha256(self.content.encode()).hexdigest()
        if system == "windows":
            return [] if same else [Command(self._powershell(), f"write {self.path}")]
        owner = self.owner if ":" in self.owner else f"{self.owner}:{self.owner}"
        if same and facts["rights"] == f"{self.mode} {owner}":
            return []
        return [Command(placed(self.path, self.content, self.mode, owner), f"write {self.path}")]

    def _powershell(self) -> str:
        encoded = base64.b64encode(self.content.encode()).decode()
        path = single_quoted(self.path)
        return (
            f"New-Item -ItemType Directory -Force (Split-Path {path}) | Out-Null\n"
            f"[IO.File]::WriteAllBytes({path}, [Convert]::FromBase64String('{encoded}'))"
        )
