"""The simulated Google Cloud as a provider plugin of the genuine engine."""

from collections.abc import Callable
from pathlib import Path

from soundstage.providers.base import CloudProvider
from soundstage.providers.gcp import PACKAGE
from soundstage.simulator import plugin


def launcher(home: Path) -> str:
    """The text of the executable for the simulated Google Cloud of the state folder `home`."""
    return plugin.launcher(home, __name__)


def main(arguments: list[str], home: Path) -> None:
    """Serve until the engine has ended."""

    def connect(region: str | None, tell: Callable[[str], None]) -> CloudProvider:
        from soundstage.providers.gcp.provider import GoogleProvider
        from soundstage.simulator import process
        from soundstage.simulator.gcp.clients import simulated_project

        endpoint = process.ensure(home, process.GOOGLE_FRONT)
        return GoogleProvider(simulated_project(endpoint), region or process.GOOGLE_REGION, on_retry=tell)

    plugin.serve(arguments, PACKAGE, connect)
