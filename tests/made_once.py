"""What stands already when a test begins: made once by each process of the run, and copied with its simulated cloud for every test.

A copy has the same ids, credentials and state as what was made. It names one folder, that of the project's file (`project_folder`).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from soundstage.core.home import home_to_read
from soundstage.simulator import process
from soundstage.stacks.studio_deployment import open_studio

STUDIO = "studio"
"""The studio of whoever has no studio file, with all that a project in the default region needs of it."""


class MadeOnce:
    """State folders by what stands in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, what: str, make: Callable[[], object], *, from_studio: bool = True) -> None:
        """Let the state folder, which is not there yet, hold `what`. `make` makes it, where nobody did before: from that studio on, or
        from nothing."""
        kept, home = self._folder / what, home_to_read()
        if not kept.exists():
            making = self._folder / f"{what}-made"
            shutil.rmtree(making, ignore_errors=True)  # of an attempt that failed
            try:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("SOUNDSTAGE_HOME", str(making))
                    if from_studio and what != STUDIO:
                        self.put_studio()
                    make()
            finally:
                process.stop(making)
            making.rename(kept)
        shutil.copytree(kept, home, symlinks=True)

    def put_studio(self, cloud: str = "simulated") -> None:
        """Let the state folder hold the studio on a cloud, where no more was put there."""
        if home_to_read().exists():
            return
        if cloud == "simulated":
            self.put(STUDIO, lambda: open_studio().apply(["eu-west-1", "eu-central-1"]))
        else:
            self.put(f"{STUDIO}-on-{cloud}", lambda: open_studio(cloud=cloud).apply(), from_studio=False)
