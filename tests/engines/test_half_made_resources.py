"""A resource that exists and is not yet as asked for stays on record, and the next `up` goes on with it."""

from collections.abc import Callable

import pytest

from soundstage.core.errors import CloudError, HalfMade
from soundstage.engines.testing import Bench, Thing
from soundstage.plan.plan import Operation


def things(size: int = 1, place: str = "here") -> Callable[[], None]:
    def program() -> None:
        Thing("reel", size=size, place=place)

    return program


def stumble(bench: Bench, verb: str) -> None:
    """The next call of this kind is carried out, and then refused in its second half."""

    def refuse(called: str, name: str) -> None:
        if called == verb:
            bench.cloud.after_call = lambda _verb, _name: None
            id = list(bench.cloud.resources)[-1]
            raise HalfMade(CloudError(f"{name}: no more room"), id, dict(bench.cloud.resources[id]["outputs"]))

    bench.cloud.after_call = refuse


def resource(bench: Bench) -> dict[str, object]:
    (found,) = (r for r in bench.engine.export()["deployment"]["resources"] if r["type"] == "test:index:Thing")
    return dict(found)


def test_a_create_is_kept_with_the_reason_and_updated_by_the_next_run(bench: Bench) -> None:
    stumble(bench, "create")
    with pytest.raises(CloudError, match=r"reel .* could not be created: reel: no more room"):
        bench.up(things())
    assert resource(bench)["id"] == "thing-1"
    assert resource(bench)["initErrors"] == ["reel: no more room"]
    assert bench.preview(things()) == {"reel": Operation.UPDATE}
    assert bench.up(things()) == {Operation.UPDATE: 1}
    assert "initErrors" not in resource(bench)
    assert bench.up(things()) == {Operation.SAME: 1}
    assert bench.cloud.called("create", "find") == ["reel"]


def test_a_half_made_resource_that_nobody_wants_is_deleted(bench: Bench) -> None:
    stumble(bench, "create")
    with pytest.raises(CloudError):
        bench.up(things())
    assert bench.up(lambda: None) == {Operation.DELETE: 1}
    assert bench.cloud.resources == {}


def test_an_update_keeps_the_inputs_of_before_so_that_its_changes_still_show(bench: Bench) -> None:
    bench.up(things())
    stumble(bench, "update")
    with pytest.raises(CloudError, match="could not be updated"):
        bench.up(things(2))
    assert resource(bench)["initErrors"] == ["reel: no more room"]
    (change,) = bench.engine.preview(things(2)).by_urn[str(resource(bench)["urn"])].changes
    assert (change.path, change.before, change.after) == ("size", 1, 2)
    assert bench.up(things()) == {Operation.UPDATE: 1}
    assert bench.cloud.by_name("reel")["size"] == 1


def test_a_replacement_that_stops_in_the_middle_is_finished_and_the_old_one_goes(bench: Bench) -> None:
    bench.up(things())
    stumble(bench, "create")
    with pytest.raises(CloudError):
        bench.up(things(place="there"))
    assert set(bench.cloud.resources) == {"thing-1", "thing-2"}
    assert bench.up(things(place="there")) == {Operation.UPDATE: 1}
    assert set(bench.cloud.resources) == {"thing-2"}


def test_reading_the_cloud_anew_takes_the_reason_away(bench: Bench) -> None:
    stumble(bench, "create")
    with pytest.raises(CloudError):
        bench.up(things())
    bench.engine.refresh()
    assert "initErrors" not in resource(bench)
