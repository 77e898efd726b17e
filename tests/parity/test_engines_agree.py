"""The two engines do the same: the same plan, steps, outputs, records and cloud, scenario by scenario."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.parity.contents import contents, settled
from tests.parity.scenarios import REFUSED, SCENARIOS, Step

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import SoundstageError
from soundstage.core.values import masked
from soundstage.engines.base import Engine, Event, EventKind, StackName
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.pulumi.command import require
from soundstage.engines.pulumi.engine import PulumiEngine
from soundstage.engines.pulumi.plugin_home import install_launcher
from soundstage.plan.plan import Plan
from soundstage.projectfile.spec import State
from soundstage.providers.aws import PACKAGE
from soundstage.providers.aws.provider import AwsProvider
from soundstage.simulator import process
from soundstage.simulator.aws.plugin import launcher
from soundstage.simulator.process import Endpoint
from soundstage.stacks.state.backend import backend_of

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STACK = StackName("parity", "stage")


def embedded(folder: Path, cloud: Endpoint, _home: Path) -> Engine:
    return EmbeddedEngine(STACK, folder, lambda retry: AwsProvider(cloud, "eu-west-1", on_retry=retry))


def genuine(folder: Path, cloud: Endpoint, home: Path) -> Engine:
    install_launcher(folder / "plugins", PACKAGE, launcher(home))
    backend = backend_of(State(), folder / "backend", folder, cloud.environment())
    return PulumiEngine(STACK, folder / "stack", folder / "plugins", require(folder), backend, CLOUDS["simulated"])


def told(plan: Plan) -> list[Any]:
    """A plan without what chance gave."""
    return sorted(
        [
            resource.urn, resource.operation.value, resource.parent, resource.custom, sorted(resource.dependencies),
            settled(masked(_visible(resource.inputs))), resource.options.protect, resource.options.retain_on_delete,
            sorted((change.path, change.replaces) for change in resource.changes),
        ]
        for resource in plan
        if not resource.type.startswith("pulumi:")
    )  # fmt: skip


def _visible(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if not key.startswith("__")}


def steps_of(events: Iterable[Event]) -> list[tuple[str, str, str]]:
    kinds = (EventKind.STEP_DONE, EventKind.STEP_FAILED)
    return sorted((str(e.kind), e.name, str(e.operation)) for e in events if e.kind in kinds)


def play(engine: Engine, step: Step, cloud: Endpoint, home: Path) -> dict[str, Any]:
    """Do one step and tell all that can be seen of it."""
    events: list[Event] = []
    seen: dict[str, Any] = {}
    process.set_faults(home, step.faults)
    try:
        match step.verb:
            case "behind":
                assert step.behind
                step.behind(cloud)
            case "preview" if step.program:
                plan = engine.preview(step.program, on_event=events.append, **step.options)
                seen = {"plan": told(plan), "outputs": settled(masked(plan.outputs))}
            case "up" if step.program:
                result = engine.up(step.program, on_event=events.append, **step.options)
                seen = {"counts": result.counts, "outputs": settled(masked(result.outputs))}
            case "refresh":
                seen = {"plan": told(engine.refresh(on_event=events.append, **step.options))}
            case "destroy":
                seen = {"counts": engine.destroy(on_event=events.append, **step.options).counts}
    except SoundstageError as error:
        seen["failed"] = type(error).__name__
    assert process.list_faults(home) == (), "a fault was not met"
    if step.verb != "preview":  # in which nothing is done; how much of the looking is told is the display's business
        seen["steps"] = steps_of(events)
    seen["cloud"] = contents(cloud, "eu-west-1")
    seen["record"] = told(engine.resources())
    return seen


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_engines_agree(name: str, cloud: Endpoint, cloud_home: Path, tmp_path: Path) -> None:
    seen = []
    for make in (embedded, genuine):
        process.reset(cloud_home)
        engine = make(tmp_path / make.__name__, cloud, cloud_home)
        seen.append([play(engine, step, cloud, cloud_home) for step in SCENARIOS[name]])
    for number, (step, ours, theirs) in enumerate(zip(SCENARIOS[name], *seen, strict=True), start=1):
        for about in ours:
            assert ours[about] == theirs.get(about), f"step {number} ({step.verb}): {about}"


@pytest.mark.parametrize("name", REFUSED)
def test_the_embedded_engine_refuses_what_only_the_genuine_one_does(
    name: str, cloud: Endpoint, cloud_home: Path, tmp_path: Path
) -> None:
    process.reset(cloud_home)
    ours = embedded(tmp_path / "embedded", cloud, cloud_home)
    theirs = genuine(tmp_path / "genuine", cloud, cloud_home)
    for step in REFUSED[name]:
        if step.program:
            before = contents(cloud, "eu-west-1")
            seen = play(ours, step, cloud, cloud_home)
            assert (seen["failed"], seen["record"], seen["cloud"]) == ("EngineError", [], before)
        assert "failed" not in play(theirs, step, cloud, cloud_home), step.verb
