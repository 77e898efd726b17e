"""What a scenario is made of. It is data: its steps, one after the other, on one stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi

from soundstage.engines.base import Event, EventKind
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint

Program = Callable[[], None]


@dataclass(frozen=True)
class Step:
    """One thing done: a verb of the engine with its options, or a change made behind its back."""

    verb: str
    program: Program | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    behind: Callable[[Endpoint], None] | None = None
    faults: tuple[FaultRule, ...] = ()


def up(program: Program, **options: Any) -> Step:
    return Step("up", program, options)


def preview(program: Program, **options: Any) -> Step:
    return Step("preview", program, options)


def behind(change: Callable[[Endpoint], None]) -> Step:
    return Step("behind", behind=change)


def refusing(step: Step, *operations: str) -> Step:
    """The same step, in which the cloud refuses the next call of each of these operations."""
    return replace(step, faults=tuple(FaultRule(operation, "denied") for operation in operations))


REFRESH = Step("refresh")
LOOK = Step("refresh", options={"preview_only": True})
DESTROY = Step("destroy")
SPARE = Step("destroy", options={"exclude_protected": True})


class Suite(pulumi.ComponentResource):
    """A component, to see parents."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Suite", name, None, opts)


def at_the_third_step(act: Callable[[], None]) -> Callable[[Event], None]:
    """A listener that acts once, when three steps are done."""
    done: list[str] = []

    def listen(event: Event) -> None:
        if event.kind is EventKind.STEP_DONE:
            done.append(event.name)
            if len(done) == 3:
                act()

    return listen
