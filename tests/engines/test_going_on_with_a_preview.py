"""`up` goes on with the run of its preview: what it makes is what a second run of the program would have made."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from soundstage.core.errors import CloudError, OperationError
from soundstage.engines.base import MadeOf
from soundstage.engines.testing import Bench, Group, Thing


class Program:
    """A program that counts how often it ran."""

    def __init__(self, declare: Callable[[], None]) -> None:
        self.runs = 0
        self._declare = declare

    def __call__(self) -> None:
        self.runs += 1
        self._declare()


def _many_ways() -> None:
    """Every way in which a program makes one value of others."""
    first = Thing("first", name=None, size=1, nested={"list": [{"deep": "here"}]})
    group = Group("group")
    options = pulumi.ResourceOptions(parent=group, depends_on=[first])
    second = Thing("second", options, of=first.arn, name_of=first.name, number=first.size)
    Thing(
        "third",
        pulumi.ResourceOptions(parent=group),
        applied=first.id.apply(lambda id: f"<{id}>"),
        twice=first.arn.apply(lambda arn: second.arn.apply(lambda other: [arn, other])),
        both=pulumi.Output.all(first.id, [second.id, "plain"]),
        named=pulumi.Output.all(one=first.id, two=2).apply(lambda given: given["one"]),
        joined=pulumi.Output.concat("a-", second.id),
        written=pulumi.Output.format("{0}/{kind}", first.id, kind=second.token),
        placed=pulumi.Output.format("{0}:{1}", first.arn, 80),
        dumped=pulumi.Output.json_dumps({"id": first.id, "list": [second.arn]}),
        inside=first.nested["list"][0]["deep"],
        known=first.size.apply(lambda size: size + 1),
        plain={"list": [1, {"id": second.id}]},
        loaded=pulumi.Output.json_loads(pulumi.Output.json_dumps([first.id]))[0],
        awaited=pulumi.Output.from_input({"id": first.id, "more": (second.id,)}),
    )
    group.register_outputs({"of": second.id, "text": first.arn.apply(str.upper)})
    pulumi.export("all", {"first": first.id, "second": [second.arn]})
    pulumi.export("asked", pulumi.runtime.invoke("test:index:get", {"a": 1}).value)


def _as_made(bench: Bench) -> list[dict[str, Any]]:
    """What is on record, without when it was made and without what is drawn by lot."""
    records = bench.engine.export()["deployment"]["resources"]
    text = json.dumps([{key: one[key] for key in one if key not in ("created", "modified")} for one in records])
    for record in records:
        if "name" in record.get("inputs", {}):
            text = text.replace(record["inputs"]["name"], f"name of {record['urn']}")
        elif record["type"].startswith("pulumi:providers:"):
            text = text.replace(record["id"], "id")
    return sorted(json.loads(text), key=lambda one: str(one["urn"]))


def test_what_it_makes_is_what_a_run_of_its_own_makes(tmp_path: Path) -> None:
    once, alone = Bench(tmp_path / "once"), Bench(tmp_path / "alone")
    program = Program(_many_ways)
    once.engine.preview(program)
    counts = once.up(program, parallel=1)
    assert program.runs == 1
    assert counts == alone.up(_many_ways, parallel=1)
    assert _as_made(once) == _as_made(alone)
    assert once.outputs() == alone.outputs() != {}
    assert once.cloud.called("create") == alone.cloud.called("create") == ["first", "second", "third"]
    assert once.cloud.by_name("third")["written"] == "thing-1/arn:secret:thing-2"


def test_a_preview_afterwards_finds_nothing_to_change(bench: Bench) -> None:
    bench.engine.preview(_many_ways)
    bench.up(_many_ways)
    assert {str(operation) for operation in bench.preview(_many_ways).values()} == {"same"}


def test_what_a_change_makes_unknown_is_taken_up(bench: Bench) -> None:
    def version(place: str) -> Program:
        def declare() -> None:
            moved = Thing("moved", place=place)
            Thing("reader", of=moved.arn.apply(lambda arn: f"<{arn}>"))

        return Program(declare)

    bench.up(version("here"))
    program = version("there")
    bench.preview(program)
    bench.up(program)
    assert program.runs == 1
    assert bench.cloud.by_name("reader")["of"] == f"<arn:{_id(bench, 'moved')}>"


def test_what_the_preview_only_supposed_is_not_taken_for_what_the_cloud_made(bench: Bench) -> None:
    """A name is drawn by lot, in the preview and again when it is made."""

    def declare() -> None:
        named = Thing("named", name=None)
        Thing("reader", of=named.name, spoken=pulumi.Output.concat("the ", named.name))

    bench.preview(declare)
    bench.up(declare)
    reader = bench.cloud.by_name("reader")
    assert reader["of"] == bench.cloud.by_name("named")["name"] == reader["spoken"].removeprefix("the ")


def test_a_function_that_the_preview_ran_does_not_run_again_for_the_same_value(bench: Bench) -> None:
    seen: list[Any] = []

    def declare() -> None:
        first = Thing("first", size=1)
        Thing(
            "reader", known=first.size.apply(lambda size: seen.append(size) or 7), unknown=first.id.apply(seen.append)
        )

    bench.preview(declare)
    bench.up(declare)
    assert seen == [1, "thing-1"]
    assert bench.cloud.by_name("reader")["known"] == 7


def test_resources_that_a_function_makes_once_it_may_run_are_made(bench: Bench) -> None:
    def declare() -> None:
        first = Thing("first")
        inner = first.id.apply(lambda id: Thing(f"inner-of-{id}", of=first.arn).arn)
        Thing("reader", of=inner)

    program = Program(declare)
    bench.preview(program)
    bench.up(program)
    assert program.runs == 1
    assert bench.cloud.names() == ["first", "inner-of-thing-1", "reader"]
    assert bench.cloud.by_name("reader")["of"] == f"arn:{_id(bench, 'inner-of-thing-1')}"
    assert "$" not in next(urn for urn in _urns(bench) if "inner" in urn), "it is a child of the stack"
    assert {str(operation) for operation in bench.preview(program).values()} == {"same"}


def _made_within() -> None:
    first = Thing("first", size=1)
    Thing("reader", of=first.size.apply(lambda size: Thing(f"inner-{size}").arn))


def _secret() -> None:
    Thing("reader", of=pulumi.Output.unsecret(Thing("first").arn))


def _waited_for() -> None:
    async def later() -> str:
        return "later"

    Thing("reader", of=[later(), Thing("first").arn])


@pytest.mark.parametrize("declare", [_made_within, _secret, _waited_for])
def test_where_it_is_not_known_how_an_output_is_made_the_program_runs_again(
    bench: Bench, declare: Callable[[], None]
) -> None:
    program = Program(declare)
    bench.preview(program)
    bench.up(program)
    assert program.runs == 2
    assert "reader" in bench.cloud.names()
    assert "first" in bench.cloud.names()


def test_what_fails_fails_as_in_a_run_of_its_own_and_the_next_one_continues(bench: Bench) -> None:
    bench.cloud.faults["create", "second"] = CloudError("there is no room", action="test:Create", code="NoRoom")
    bench.preview(_many_ways)
    with pytest.raises(CloudError, match=r"second \(test:index:Thing\) could not be created: there is no room"):
        bench.up(_many_ways)
    assert bench.cloud.names() == ["first"]
    bench.cloud.faults.clear()
    bench.preview(_many_ways)
    bench.up(_many_ways)
    assert bench.cloud.names() == ["first", "second", "third"]


def test_a_function_that_fails_stops_what_needs_it_and_is_named(bench: Bench) -> None:
    def declare() -> None:
        first = Thing("first")
        second = Thing("second", of=first.id.apply(lambda id: {}[id]))
        Thing("third", of=second.id)

    bench.preview(declare)
    with pytest.raises(OperationError, match="The program failed: KeyError: 'thing-1'"):
        bench.up(declare)
    assert bench.cloud.names() == ["first"]


def test_only_some_are_made_by_a_run_of_their_own(bench: Bench) -> None:
    program = Program(_many_ways)
    plan = bench.engine.preview(program)
    bench.up(program, targets=[next(entry.urn for entry in plan if entry.name == "first")])
    assert bench.cloud.names() == ["first"]


def test_equal_programs_go_on_with_each_others_run(bench: Bench) -> None:
    runs: list[int] = []

    def program() -> MadeOf:
        return MadeOf(("the same",), lambda: (runs.append(1), Thing("reader", of=Thing("first").arn))[0])

    bench.preview(program())
    bench.up(program())
    assert len(runs) == 1
    assert bench.cloud.by_name("reader")["of"] == "arn:thing-1"


def _id(bench: Bench, name: str) -> str:
    return next(id for id, item in bench.cloud.resources.items() if item["urn"].endswith(f"::{name}"))


def _urns(bench: Bench) -> Iterator[str]:
    return (str(record["urn"]) for record in bench.engine.export()["deployment"]["resources"])
