"""The next zone or type is tried where none is free; everything else that fails is left as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from soundstage.core.errors import CloudError, OperationError
from soundstage.engines.base import Event, EventKind, OnEvent
from soundstage.plan.plan import Operation
from soundstage.stacks.capacity.climbing import Patience, climb, patiently
from soundstage.stacks.capacity.order import Choice
from soundstage.stacks.results import UpResult

A, B, C = Choice("g5.xlarge", "a"), Choice("g5.xlarge", "b"), Choice("g4dn.xlarge", "a")
FULL = "ec2:RunInstances failed: We have no capacity. (InsufficientInstanceCapacity)"
INSTANCE = "aws:ec2/instance:Instance"
URN = "urn:pulumi:teaser::soundstage::x::y"


def no_capacity(message: str = FULL) -> CloudError:
    return CloudError(message, action="ec2:RunInstances", code="InsufficientInstanceCapacity")


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def patience(self, seconds: float) -> Patience:
        return Patience(seconds, 30.0, lambda: self.time, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Cloud:
    """Has a machine free only for choices in `free`."""

    def __init__(self, *free: Choice, after: int = 0) -> None:
        self._free, self._after = free, after
        self.attempts: list[dict[str, Choice]] = []

    def attempt(self, orders: Mapping[str, Sequence[Choice]]) -> Any:
        def run(chosen: Mapping[str, Choice], listener: OnEvent) -> UpResult:
            self.attempts.append(dict(chosen))
            failed = False
            for name, choices in orders.items():
                one = chosen.get(name, choices[0])
                event = Event(EventKind.STEP_FAILED, URN, INSTANCE, f"teaser-{name}-instance", Operation.CREATE, FULL)
                if len(self.attempts) > self._after and one in self._free:
                    event = Event(EventKind.STEP_DONE, URN, INSTANCE, f"teaser-{name}-instance", Operation.CREATE)
                else:
                    failed = True
                listener(event)
            if failed:
                raise no_capacity()
            return UpResult({}, {Operation.SAME: 5, Operation.CREATE: 1}, None, 0.1)

        return run


def climbed(
    cloud: Cloud, orders: Mapping[str, Sequence[Choice]], seconds: float = 0.0
) -> tuple[UpResult, list[str], list[str]]:
    told: list[str] = []
    came: list[str] = []
    result = climb(
        cloud.attempt(orders), orders, "teaser", Clock().patience(seconds), lambda event: told.append(event.message),
        lambda used_up, cause: CloudError(f"nothing: {sorted(used_up)}", code=cause.code), came.append,
    )  # fmt: skip
    return result, [line for line in told if line], came


def test_each_refusal_is_one_line_that_names_what_is_next() -> None:
    cloud = Cloud(C)
    _, told, came = climbed(cloud, {"edit-1": (A, B, C)})
    assert told == [
        "AWS has no g5.xlarge free in a now; next b",
        "AWS has no g5.xlarge free in b now; next g4dn.xlarge in a",
    ]
    assert cloud.attempts == [{}, {"edit-1": B}, {"edit-1": C}]
    assert came == ["edit-1"]


def test_a_machine_that_has_come_keeps_its_choice_while_another_climbs() -> None:
    cloud = Cloud(A, C)
    climbed(cloud, {"one": (A, B), "two": (B, C)})
    assert cloud.attempts == [{}, {"two": C}]


def test_without_patience_the_last_refusal_ends_it_with_everything_that_was_tried() -> None:
    with pytest.raises(CloudError, match=r"nothing: \['edit-1'\]") as refused:
        climbed(Cloud(), {"edit-1": (A, B)})
    assert refused.value.code == "InsufficientInstanceCapacity"


def test_patience_begins_the_order_anew_and_says_so_once() -> None:
    cloud = Cloud(A, after=6)
    _, told, _ = climbed(cloud, {"edit-1": (A, B)}, seconds=600)
    waits = [line for line in told if "trying every" in line]
    assert waits == ["None is free; trying every 30 s for 10 min more. Ctrl-C stops waiting"]
    assert len(cloud.attempts) == 7


def test_patience_ends() -> None:
    cloud = Cloud()
    with pytest.raises(CloudError, match="nothing"):
        climbed(cloud, {"edit-1": (A,)}, seconds=100)
    assert len(cloud.attempts) == 5, "at 0, 30, 60, 90 and 100 seconds"


def test_what_earlier_attempts_made_is_counted() -> None:
    def attempt(chosen: Mapping[str, Choice], listener: OnEvent) -> UpResult:
        if not chosen:
            for _ in range(4):
                listener(Event(EventKind.STEP_DONE, URN, "aws:ec2/vpc:Vpc", "v", Operation.CREATE))
            listener(Event(EventKind.STEP_FAILED, URN, INSTANCE, "teaser-edit-1-instance", Operation.CREATE, FULL))
            raise no_capacity()
        return UpResult({}, {Operation.SAME: 5, Operation.CREATE: 1}, None, 0.1)

    nobody: Any = None
    result = climb(attempt, {"edit-1": (A, B)}, "teaser", Patience(), lambda _event: None, nobody, lambda _name: None)
    assert result.counts == {Operation.SAME: 1, Operation.CREATE: 5}


@pytest.mark.parametrize(
    "error",
    [
        CloudError("used up", code="VcpuLimitExceeded"),
        OperationError("something else"),
        no_capacity("a bucket's own (InsufficientInstanceCapacity)"),
    ],
)
def test_any_other_failure_is_raised_as_it_is(error: Exception) -> None:
    def attempt(_chosen: Mapping[str, Choice], _listener: OnEvent) -> UpResult:
        raise error

    nobody: Any = None
    with pytest.raises(type(error)) as raised:
        climb(attempt, {"edit-1": (A, B)}, "teaser", Patience(), lambda _event: None, nobody, nobody)
    assert raised.value is error


def test_a_start_waits_and_then_gives_up() -> None:
    clock, told, tries = Clock(), list[str](), 0

    def start() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise no_capacity()
        return "started"

    def said(event: Event) -> None:
        told.append(event.message)

    assert patiently(start, "edit-1", clock.patience(300), said) == "started"
    assert (tries, len(told), clock.time) == (3, 1, 60.0)
    tries = -100
    with pytest.raises(CloudError):
        patiently(start, "edit-1", clock.patience(60), said)


def test_a_type_that_was_withdrawn_after_the_plan_is_a_refusal_too() -> None:
    withdrawn = (
        "ec2:RunInstances failed: Your requested instance type (g5.xlarge) is not supported in your zone. (Unsupported)"
    )
    attempts: list[Any] = []

    def attempt(chosen: Mapping[str, Choice], listener: OnEvent) -> UpResult:
        attempts.append(dict(chosen))
        if not chosen:
            listener(Event(EventKind.STEP_FAILED, URN, INSTANCE, "teaser-edit-1-instance", Operation.CREATE, withdrawn))
            raise CloudError(withdrawn, code="Unsupported")
        return UpResult({}, {}, None, 0.1)

    nobody: Any = None
    climb(attempt, {"edit-1": (A, B)}, "teaser", Patience(), lambda _event: None, nobody, nobody)
    assert attempts == [{}, {"edit-1": B}]
