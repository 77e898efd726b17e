"""Dataclasses whose methods are written late are those that Python makes."""

import subprocess
import sys

import pytest

_SCRIPT = """
import copy, dataclasses, inspect, pickle
{start}
@dataclasses.dataclass(frozen={frozen}, slots={slots}, order={order})
class Point:
    x: int
    y: "list[int]" = dataclasses.field(default_factory=list, compare=False)
    name: str = dataclasses.field(default="", repr=False)
@dataclasses.dataclass(frozen={frozen}, slots={slots})
class Named(Point):
    z: int = 0
def tried(of):
    try:
        return of()
    except Exception as error:
        return type(error).__name__, str(error)
a, b, other = Point(1, [2]), Point(1, [3]), Point(2)
for of in (
    lambda: a == b, lambda: a != other, lambda: a == 1, lambda: repr(a), lambda: hash(a) == hash(b), lambda: a < other, lambda: a >= b,
    lambda: setattr(a, "x", 5), lambda: setattr(a, "unknown", 5), lambda: delattr(a, "x"), lambda: Point(), lambda: Named(1) == Point(1),
    lambda: repr(Named(1, name="n", z=3)), lambda: dataclasses.replace(b, x=7), lambda: dataclasses.asdict(Named(4)), lambda: {{Point(1), Point(1)}},
    lambda: str(inspect.signature(Point)), lambda: copy.copy(b), lambda: copy.deepcopy(Named(1)), lambda: Point.__match_args__,
    lambda: sorted(key for key in vars(Point)), lambda: [getattr(Point, key).__qualname__ for key in ("__eq__", "__repr__")], lambda: setattr(Named(1), "z", 2),
):
    for _ in range(2):
        print(tried(of))
print(pickle.loads(pickle.dumps(other)))
"""


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("order", [True, False])
def test_a_dataclass_behaves_the_same(*, frozen: bool, slots: bool, order: bool) -> None:
    late, plain = (
        subprocess.run(
            [sys.executable, "-c", _SCRIPT.format(start=start, frozen=frozen, slots=slots, order=order)],
            capture_output=True, text=True, check=True,
        ).stdout
        for start in ("from soundstage.cli.late_methods import write_methods_late; write_methods_late()", "")
    )  # fmt: skip
    assert late == plain
    assert len(plain.splitlines()) > 40
