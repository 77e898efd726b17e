"""The simulated clouds on which both engines are put through their scenarios."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.parity import contents_of_google, google_scenarios, scenarios
from tests.parity.contents import contents
from tests.parity.steps import Program, Step

from soundstage.core.clouds import CLOUDS
from soundstage.engines.base import Engine, Find, StackName
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.pulumi.command import require
from soundstage.engines.pulumi.engine import PulumiEngine
from soundstage.engines.pulumi.plugin_home import install_launcher
from soundstage.projectfile.spec import State
from soundstage.providers import aws, gcp
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.base import CloudProvider, Package, Sighting
from soundstage.providers.gcp.provider import GoogleProvider
from soundstage.simulator import process
from soundstage.simulator.aws.plugin import launcher as aws_launcher
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.gcp.plugin import launcher as google_launcher
from soundstage.simulator.process import Endpoint
from soundstage.stacks.state.backend import backend_of

STACK = StackName("parity", "stage")
Contents = Callable[[Endpoint], dict[str, list[str]]]


@dataclass(frozen=True)
class Played:
    """One cloud of the table."""

    word: str
    package: Package
    launcher: Callable[[Path], str]
    connect: Callable[[Endpoint, Callable[[str], None]], CloudProvider]
    contents: Contents
    """Everything that there is in it, by kind, without what chance gave."""
    scenarios: Mapping[str, tuple[Step, ...]]
    many: Callable[[int], Program]
    """A program with so many things that need nothing of each other."""
    made: str
    """Under which kind `contents` tells of them."""

    def provider(self, cloud: Endpoint) -> CloudProvider:
        return self.connect(cloud, lambda _retry: None)

    def embedded(self, folder: Path, cloud: Endpoint, _home: Path) -> Engine:
        return EmbeddedEngine(STACK, folder, lambda retry: self.connect(cloud, retry), self.word)

    def genuine(self, folder: Path, cloud: Endpoint, home: Path, work: str = "stack") -> PulumiEngine:
        if not (folder / "plugins").exists():
            install_launcher(folder / "plugins", self.package, self.launcher(home))
        backend = backend_of(State(), folder / "backend", folder, cloud.environment())
        return PulumiEngine(
            STACK, folder / work, folder / "plugins", require(folder), backend, CLOUDS[self.word], find=self._find(cloud)
        )  # fmt: skip

    def _find(self, cloud: Endpoint) -> Find:
        def find(type: str, urn: str, inputs: dict[str, Any], _known: object) -> Sighting:
            found = self.provider(cloud).find(type, urn, inputs)
            return Sighting(found.id if found else None)

        return find


def _google(cloud: Endpoint, retry: Callable[[str], None]) -> CloudProvider:
    return GoogleProvider(simulated_project(cloud), process.GOOGLE_REGION, retry)


PLAYED = {
    one.word: one
    for one in (
        Played(
            "simulated", aws.PACKAGE, aws_launcher, lambda cloud, retry: AwsProvider(cloud, "eu-west-1", on_retry=retry),
            lambda cloud: contents(cloud, "eu-west-1"), scenarios.SCENARIOS, scenarios.many, "ssm Parameters",
        ),
        Played(
            "simulated-gcp", gcp.PACKAGE, google_launcher, _google,
            contents_of_google.contents, google_scenarios.SCENARIOS, google_scenarios.many, "pubsub.projects.topics.list",
        ),
    )
}  # fmt: skip
