"""One short life of a studio with one project, brought about by the command as a person would type it."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from soundstage.components.images import images

STUDIO: Final = "soundstage-live"
PROJECT: Final = "first-day"
REGION: Final = "us-east-1"
MACHINE_TYPE: Final = "m7i.xlarge"
"""The smallest machine that Soundstage makes: 4 vCPUs, no GPU, within the limits of a new account."""

PUBLISHED: Final = images()["ubuntu-24.04-2026-09"]

COMMAND: Final = Path(sys.executable).with_name("workstation")


@dataclass
class Life:
    """The folder with the two files, and the environment in which the command runs."""

    folder: Path
    environment: Mapping[str, str]
    cloud: str
    account: str
    email: str
    seconds_up: float = field(default=0.0, init=False)

    def write(self) -> None:
        """The studio file and the project file."""
        (self.folder / "projects").mkdir(parents=True, exist_ok=True)
        studio = {"studio": STUDIO, "account": self.account, "home_region": REGION, "alert_emails": [self.email]}
        project = {
            "project": PROJECT,
            "cloud": self.cloud,
            "region": REGION,
            # Published and so without a display: what is looked at is the account, and an image would take half an hour to bake.
            "workstations": {
                "mix-1": {
                    "for": "audio",
                    "instance_type": MACHINE_TYPE,
                    "image": {"name": PUBLISHED.name, "owner": PUBLISHED.owner},
                }
            },
        }
        (self.folder / "studio.yaml").write_text(yaml.safe_dump(studio, sort_keys=False))
        (self.folder / "projects" / f"{PROJECT}.yaml").write_text(
            json.dumps(project, indent=2)
        )  # digits in quotes, which PyYAML leaves out

    def run(self, *arguments: str) -> str:
        """Run one `workstation` command. Returns what it printed; fails with everything that it said."""
        print(f"$ workstation {' '.join(arguments)}", file=sys.stderr, flush=True)
        ran = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=dict(self.environment),
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, (
            f"workstation {' '.join(arguments)}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
        )
        return ran.stdout

    def up(self) -> None:
        self.write()
        self._since = time.monotonic()
        self.run("up", PROJECT, "--yes")

    def changes(self) -> list[Any]:
        """What a second `up` would still do."""
        plan = json.loads(self.run("preview", PROJECT, "--json"))
        return [item for item in plan["resources"] if item["operation"] not in ("same", "read")]

    def down(self) -> None:
        """Take everything down, media too."""
        self.run("down", PROJECT, "--yes", "--delete-media")
        self.run("studio", "down", "--cloud", self.cloud, "--yes")
        self.seconds_up = time.monotonic() - self._since
