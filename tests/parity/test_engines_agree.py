"""The two engines do the same: the same plan, steps, outputs, records and cloud, scenario by scenario, on each cloud."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.parity.contents import settled
from tests.parity.played import PLAYED, Played
from tests.parity.scenarios import REFUSED
from tests.parity.steps import Step

from soundstage.core.errors import SoundstageError
from soundstage.core.values import SIGNATURE_KEY, masked
from soundstage.engines.base import Engine, Event, EventKind
from soundstage.plan.plan import Operation, Plan
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

TABLE = [(word, name) for word, cloud in PLAYED.items() for name in cloud.scenarios]


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


def _leaning_on_nothing(plan: list[Any]) -> list[Any]:
    """A plan without what the genuine engine does not say in a preview: on what something leaned that is to be deleted."""
    return [[*one[:4], [], *one[5:]] if one[1] == Operation.DELETE.value else one for one in plan]


def _visible(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: _unwrapped(value) for key, value in properties.items() if not key.startswith("__")}


def _unwrapped(value: Any) -> Any:
    """A value without what the genuine engine does not say in a plan: what is in assets."""
    if isinstance(value, dict):
        return "an asset" if SIGNATURE_KEY in value else {key: _unwrapped(item) for key, item in value.items()}
    return [_unwrapped(item) for item in value] if isinstance(value, list) else value


def steps_of(events: Iterable[Event]) -> list[tuple[str, str, str]]:
    kinds = (EventKind.STEP_DONE, EventKind.STEP_FAILED)
    return sorted((str(e.kind), e.name, str(e.operation)) for e in events if e.kind in kinds)


def play(on: Played, engine: Engine, step: Step, cloud: Endpoint, home: Path) -> dict[str, Any]:
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
                seen = {"plan": _leaning_on_nothing(told(plan)), "outputs": settled(masked(plan.outputs))}
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
    seen["cloud"] = on.contents(cloud)
    seen["record"] = told(engine.resources())
    return seen


@pytest.mark.parametrize(("word", "name"), TABLE)
def test_the_engines_agree(word: str, name: str, cloud: Endpoint, cloud_home: Path, tmp_path: Path) -> None:
    on, seen = PLAYED[word], []
    for make in (on.embedded, on.genuine):
        process.reset(cloud_home)
        engine = make(tmp_path / make.__name__, cloud, cloud_home)
        seen.append([play(on, engine, step, cloud, cloud_home) for step in on.scenarios[name]])
    for number, (step, ours, theirs) in enumerate(zip(on.scenarios[name], *seen, strict=True), start=1):
        for about in ours:
            assert ours[about] == theirs.get(about), f"step {number} ({step.verb}): {about}"


@pytest.mark.parametrize("name", REFUSED)
def test_the_embedded_engine_refuses_what_only_the_genuine_one_does(
    name: str, cloud: Endpoint, cloud_home: Path, tmp_path: Path
) -> None:
    process.reset(cloud_home)
    on = PLAYED["simulated"]
    ours = on.embedded(tmp_path / "embedded", cloud, cloud_home)
    theirs = on.genuine(tmp_path / "genuine", cloud, cloud_home)
    for step in REFUSED[name]:
        if step.program:
            before = on.contents(cloud)
            seen = play(on, ours, step, cloud, cloud_home)
            assert (seen["failed"], seen["record"], seen["cloud"]) == ("EngineError", [], before)
        assert "failed" not in play(on, theirs, step, cloud, cloud_home), step.verb
