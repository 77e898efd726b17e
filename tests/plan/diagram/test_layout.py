"""Nothing in a picture covers anything else, whatever the plan holds."""

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from tests.plan.diagram.pictures import any_facts

from soundstage.plan.diagram.facts import Facts, Machine, Network
from soundstage.plan.diagram.layout import Frame, Layout, Text, narrow, wide
from soundstage.plan.diagram.outline import outline

Place: TypeAlias = tuple[float, float, float, float]
LAYOUTS = pytest.mark.parametrize("drawn", [wide, narrow], ids=["wide", "narrow"])


def place(thing: Frame | Text) -> Place:
    """Left, top, right, bottom."""
    if isinstance(thing, Frame):
        return thing.x, thing.y, thing.right, thing.bottom
    return thing.x, thing.y - 0.95 * thing.size, thing.right, thing.y + 0.25 * thing.size


def meet(one: Place, other: Place) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def within(inner: Place, outer: Place) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def every(frames: Sequence[Frame]) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        yield from every(frame.inside)


def faults(layout: Layout) -> list[str]:
    """What covers what, or leaves what it belongs into."""
    found = []
    sheet = (0.0, 0.0, layout.width, layout.height)
    for frame in every(layout.frames):
        own = [*frame.texts, *frame.inside]
        found += [f"{thing} leaves {frame.kind}" for thing in own if not within(place(thing), place(frame))]
        found += [f"{a} covers {b}" for a, b in itertools.combinations(own, 2) if meet(place(a), place(b))]
    labels = [text for arrow in layout.arrows for text in arrow.texts]
    top = [*layout.frames, *layout.texts, *labels]
    found += [f"{a} covers {b}" for a, b in itertools.combinations(top, 2) if meet(place(a), place(b))]
    found += [f"{thing} leaves the sheet" for thing in top if not within(place(thing), sheet)]
    words = [*layout.texts, *labels, *(text for frame in every(layout.frames) for text in frame.texts)]
    for arrow in layout.arrows:
        for (ax, ay), (bx, by) in itertools.pairwise(arrow.points):
            line = (min(ax, bx) - 1, min(ay, by) - 1, max(ax, bx) + 1, max(ay, by) + 1)
            found += [f"{arrow.kind} runs through {text}" for text in words if meet(line, place(text))]
            assert ax == bx or ay == by
    return found


@LAYOUTS
@given(facts=any_facts())
@settings(max_examples=60)
def test_nothing_covers_anything_else_whatever_the_plan_holds(facts: Facts, drawn: object) -> None:
    assert faults(drawn(outline(facts))) == []  # type: ignore[operator]


@LAYOUTS
@pytest.mark.parametrize("count", [0, 1, 2, 4, 9, 20, 120])
def test_many_machines_stand_in_columns(count: int, drawn: object) -> None:
    network = Network("n", "net", "10.0.0.0/20", ("eu-west-1a", "eu-west-1b"))
    machines = tuple(
        Machine(f"edit-{n}", "editing", "ana", "g5.xlarge", network="n", zone="eu-west-1a") for n in range(count)
    )
    layout: Layout = drawn(outline(Facts("p", "aws", "eu-west-1", "", (network,), machines)))  # type: ignore[operator]
    assert faults(layout) == []
    assert sum(frame.kind == "machine" for frame in every(layout.frames)) == count
    assert layout.width < 1900
    if drawn is wide and count == 20:
        assert layout.width > layout.height
