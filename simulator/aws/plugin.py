"""The simulated AWS as a provider plugin of the genuine engine."""

from collections.abc import Callable
from pathlib import Path

from soundstage.providers.aws import PACKAGE
from soundstage.providers.base import CloudProvider
from soundstage.simulator import plugin


def launcher(home: Path) -> str:
    """The text of the executable for the simulated AWS of the state folder `home`."""
    return plugin.launcher(home, __name__)


def main(arguments: list[str], home: Path) -> None:
    """Serve until the engine has ended."""

    def connect(region: str | None, tell: Callable[[str], None]) -> CloudProvider:
        from soundstage.providers.aws.provider import AwsProvider
        from soundstage.simulator import process

        endpoint = process.ensure(home)
        return AwsProvider(endpoint, region or endpoint.region, on_retry=tell)

    plugin.serve(arguments, PACKAGE, connect)
