"""Orders that respect every dependency, whatever the graph."""

from collections.abc import Callable

import pulumi
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.engines.embedded import graph
from soundstage.engines.embedded.record import Record
from soundstage.engines.testing import Bench, Thing
from soundstage.plan.plan import Operation

# Number i may need any of the numbers before it.
GRAPHS = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        *(st.sets(st.integers(0, max(0, i - 1)), max_size=3) if i else st.just(set()) for i in range(size))
    )
)


def records(needs: tuple[set[int], ...], keys: list[int]) -> dict[int, Record]:
    return {
        key: Record(
            f"urn:{key}", "t", True, id=f"id-{key}", dependencies=tuple(f"urn:{need}" for need in sorted(needs[key]))
        )
        for key in keys
    }


@given(GRAPHS.flatmap(lambda needs: st.tuples(st.just(needs), st.permutations(range(len(needs))))))
def test_everything_comes_after_what_it_needs(case: tuple[tuple[set[int], ...], list[int]]) -> None:
    needs, keys = case
    order = graph.ordered(records(needs, keys))
    assert sorted(order) == sorted(keys)
    assert all(order.index(need) < order.index(key) for key in keys for need in needs[key])


@given(GRAPHS)
def test_an_order_that_is_right_is_kept(needs: tuple[set[int], ...]) -> None:
    keys = list(range(len(needs)))
    assert graph.ordered(records(needs, keys)) == keys


@given(GRAPHS.flatmap(lambda needs: st.tuples(st.just(needs), st.permutations(range(len(needs))))), st.data())
def test_nothing_is_deleted_while_something_needs_it(
    case: tuple[tuple[set[int], ...], list[int]], data: st.DataObject
) -> None:
    needs, keys = case
    order = graph.deletion_order(records(needs, keys))
    ready, gone = list(order.get_ready()), []
    while ready:
        key = ready.pop(data.draw(st.integers(0, len(ready) - 1)))
        assert all(other in gone for other in keys if key in needs[other])
        gone.append(key)
        order.done(key)
        ready += order.get_ready()
    assert sorted(gone) == sorted(keys)


@given(GRAPHS, st.data())
def test_what_is_kept_keeps_all_that_it_needs(needs: tuple[set[int], ...], data: st.DataObject) -> None:
    keys = list(range(len(needs)))
    wanted = data.draw(st.sets(st.sampled_from(keys)))
    kept = graph.kept_by(records(needs, keys), lambda record: int(record.urn[4:]) in wanted)
    assert wanted <= kept
    assert all(needs[key] <= kept for key in kept)


def test_a_chain_longer_than_the_recursion_limit_is_ordered() -> None:
    needs = tuple({i - 1} if i else set() for i in range(5_000))
    keys = list(reversed(range(5_000)))
    assert graph.ordered(records(needs, keys)) == keys[::-1]


def test_a_ring_of_old_and_new_does_not_hang() -> None:
    ring = {
        0: Record("urn:a", "t", True, id="old", dependencies=("urn:b",), delete=True),
        1: Record("urn:a", "t", True, id="new"),
        2: Record("urn:b", "t", True, id="b", dependencies=("urn:a",)),
    }
    assert sorted(graph.ordered(ring)) == [0, 1, 2]
    order = graph.deletion_order(ring)
    ready, gone = list(order.get_ready()), []
    while ready:
        key = ready.pop()
        gone.append(key)
        order.done(key)
        ready += order.get_ready()
    assert sorted(gone) == [0, 1, 2]


@settings(max_examples=15, deadline=None)
@given(first=GRAPHS, second=GRAPHS)
def test_any_program_after_any_other_leaves_the_cloud_as_the_last_one_says(
    first: tuple[set[int], ...], second: tuple[set[int], ...], tmp_path_factory
) -> None:
    bench = Bench(tmp_path_factory.mktemp("any") / "stack")
    alive: dict[str, set[str]] = {}

    def check(verb: str, name: str) -> None:
        if verb == "create":
            assert alive[name] <= set(bench.cloud.names()), f"{name} was made before something that it needs"
        if verb == "delete":
            needing = {other for other in bench.cloud.names() if name in alive.get(other, ())}
            assert not needing, f"{name} was deleted while {needing} needed it"

    bench.cloud.before_call = check

    def program(needs: tuple[set[int], ...], size: int) -> Callable[[], None]:
        def declare() -> None:
            made: list[Thing] = []
            for number, others in enumerate(needs):
                made.append(
                    Thing(
                        f"thing-{number}",
                        size=size,
                        needs=[made[other].id for other in sorted(others)],
                        opts=pulumi.ResourceOptions(),
                    )
                )

        return declare

    for needs, size in ((first, 1), (second, 2)):
        for number, others in enumerate(needs):
            alive[f"thing-{number}"] = {f"thing-{other}" for other in others}
        plan = bench.engine.preview(program(needs, size))
        counts = bench.up(program(needs, size))
        assert counts == plan.counts()
        assert bench.cloud.names() == sorted(f"thing-{number}" for number in range(len(needs)))
        assert set(bench.up(program(needs, size))) == {Operation.SAME}
    bench.engine.destroy()
    assert bench.cloud.names() == []
