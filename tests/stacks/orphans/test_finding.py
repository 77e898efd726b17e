"""Which things are orphans, what each costs, and what is never cleaned up without being named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.cli.display.orphans import orphans_document, orphans_text
from soundstage.cli.display.screen import Screen
from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.estate import Kind, Thing
from soundstage.stacks.orphans import looking
from soundstage.stacks.orphans.finding import Orphan, monthly_usd, of_others, orphans
from soundstage.stacks.orphans.looking import Found
from soundstage.stacks.orphans.states import States, ids_of
from soundstage.stacks.state.on_record import OnRecord, Standing

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=9)


def thing(id: str = "eipalloc-1", kind: Kind = Kind.ADDRESS, project: str = "teaser", **more: object) -> Thing:
    said = {"made": OLD, "names": frozenset({id}), "studio": "northlight", **more}
    return Thing(id=id, kind=kind, region="eu-west-1", project=project, **said)  # type: ignore[arg-type]


def states(*known: str, shared: bool = True, **standings: Standing) -> States:
    return States(frozenset(known), {("northlight", name): one for name, one in standings.items()}, shared)


def found(one: Thing, of: States, *named: str, files: tuple[str, ...] = ()) -> list[Orphan]:
    return orphans([one], of, "northlight", NOW, named, files)


def test_what_a_state_knows_is_none_also_by_the_end_of_its_arn() -> None:
    known = ids_of({"resources": [{"id": "eipalloc-1", "outputs": {"arn": "arn:aws:iam::1:role/soundstage/x/role-7"}}]})
    assert found(thing(), states(*known)) == []
    assert found(thing("role-7", Kind.ROLE), states(*known)) == []


def test_a_root_disk_belongs_to_the_machine_that_a_state_knows() -> None:
    disk = thing("vol-1", Kind.DISK, attached_to="i-1")
    assert found(disk, states("i-1", teaser=Standing.UP)) == []
    assert len(found(disk, states(teaser=Standing.UP))) == 1


def test_snapshots_that_down_left_stay_with_what_it_keeps() -> None:
    snapshot = thing("snap-1", Kind.SNAPSHOT, gib=200)
    assert found(snapshot, states(teaser=Standing.KEPT)) == []
    assert found(snapshot, states(teaser=Standing.UP)) == []
    (one,) = found(snapshot, states(teaser=Standing.DOWN))
    assert (one.reason, one.keeps) == ("project teaser is down", "")


def test_with_everybodys_states_in_the_bucket_a_leftover_may_go() -> None:
    (one,) = found(thing(), states(teaser=Standing.DOWN))
    assert one.keeps == ""


@pytest.mark.parametrize("standing", [None, Standing.DOWN, Standing.UP])
def test_with_states_on_machines_a_colleagues_project_looks_the_same_and_is_kept(standing: Standing | None) -> None:
    of = states(shared=False, **({"teaser": standing} if standing else {}))
    (one,) = found(thing(), of)
    assert one.keeps.startswith("a colleague may have its state: name it with --project teaser")
    (named,) = found(thing(), of, "teaser")
    assert named.keeps == ""
    (other,) = found(thing(), of, "tease")
    assert other.keeps != ""


def test_a_project_that_is_not_in_the_bucket_may_be_in_a_folder_of_a_colleague() -> None:
    (one,) = found(thing(), states())
    assert "name it with --project" in one.keeps


def test_a_project_whose_file_is_here_can_be_recorded_again() -> None:
    (one,) = found(thing(), states(shared=False), files=("teaser",))
    assert "`workstation adopt teaser` records it again" in one.keeps


@pytest.mark.parametrize("standing", [Standing.HALF_UP, Standing.UNREADABLE])
def test_what_a_half_made_or_unreadable_state_may_miss_is_never_cleaned_up(standing: Standing) -> None:
    (one,) = found(thing(), states(teaser=standing), "teaser")
    assert "what is missing there may be this" in one.keeps


def test_what_an_up_may_just_be_making_is_kept_even_when_named() -> None:
    (one,) = found(thing(made=NOW - timedelta(minutes=5)), states(), "teaser")
    assert "less than an hour old" in one.keeps


@pytest.mark.parametrize("kind", [Kind.BUCKET, Kind.KEY, Kind.LOG_GROUP, Kind.ROLE, Kind.OTHER])
def test_buckets_keys_and_the_rest_are_never_cleaned_up(kind: Kind) -> None:
    (one,) = found(thing("x", kind), states(teaser=Standing.DOWN), "teaser")
    assert "by hand" in one.keeps


def test_another_studio_is_counted_and_left_alone() -> None:
    theirs = thing(studio="other")
    assert found(theirs, states(), "teaser") == []
    assert of_others([theirs, thing()], "northlight") == {"other": 1}


def test_what_is_the_studios_own_cannot_be_named_as_a_project() -> None:
    (one,) = found(thing(project=""), states(shared=False), "")
    assert "delete it by hand" in one.keeps


@pytest.mark.parametrize(
    ("one", "usd"),
    [
        (thing(), 3.65),
        (thing("vol-1", Kind.DISK, type="gp3", gib=100), 8.8),
        (thing("i-1", Kind.MACHINE, type="g5.2xlarge", is_running=True), 1.353 * 730),
        (thing("i-1", Kind.MACHINE, type="g5.2xlarge"), 0),
        (thing("vpce-1", Kind.ENDPOINT, type="Interface", places=2), 2 * 0.01 * 730),
        (thing("vpce-1", Kind.ENDPOINT, type="Gateway"), 0),
        (thing("b", Kind.BUCKET), None),
        (thing("i-1", Kind.MACHINE, type="z9.huge", is_running=True), None),
    ],
)
def test_what_it_costs_a_month(one: Thing, usd: float | None) -> None:
    assert monthly_usd(one) == (None if usd is None else pytest.approx(usd, rel=0.01))


def test_disks_and_snapshots_go_last_and_only_after_a_second_yes() -> None:
    things = [
        thing("snap-1", Kind.SNAPSHOT), thing("vol-1", Kind.DISK), thing(), thing("i-1", Kind.MACHINE), thing("b", Kind.BUCKET),
    ]  # fmt: skip
    all_of_them = orphans(things, states(teaser=Standing.DOWN), "northlight", NOW, (), ())
    seen = Found(("eu-west-1",), tuple(all_of_them), {}, (), shared=True, silent=(), told=())
    assert [one.thing.id for one in seen.to_clean(work=False)] == ["i-1", "eipalloc-1"]
    assert [one.thing.id for one in seen.to_clean(work=True)] == ["i-1", "eipalloc-1", "vol-1", "snap-1"]


def test_what_goes_on_is_named_by_its_file_and_a_file_that_is_gone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    (tmp_path / "elsewhere.yaml").write_text("")
    files = {"tea": tmp_path / "projects" / "tea.yaml", "teaser": tmp_path / "elsewhere.yaml"}
    halves = tuple(OnRecord("northlight", name, "aws", None, Standing.HALF_UP, file) for name, file in files.items())
    seen = Found(("eu-west-1",), (), {}, halves, shared=True, silent=(), told=())
    assert [one["command"] for one in orphans_document(seen, ())["unfinished"]] == [
        "workstation up tea", "workstation up elsewhere.yaml",
    ]  # fmt: skip
    tea, teaser = orphans_text(seen, (), Screen(width=400), cleaning=False).splitlines()[-2:]
    assert f"Its file {files['tea']} is gone: put it back, then `workstation up tea` goes on with it." in tea
    assert "`workstation up elsewhere.yaml` goes on with it." in teaser
    assert "gone" not in teaser


def test_a_region_that_refuses_is_not_said_to_be_without_orphans(monkeypatch: pytest.MonkeyPatch) -> None:
    def things(region: str) -> list[Thing]:
        if region == "eu-central-1":
            raise CloudError("AWS refused.")
        return []

    monkeypatch.setattr(looking, "states_of", lambda _: states())
    cloud = SimpleNamespace(estate=SimpleNamespace(things=things), kind="aws")
    studio: Any = SimpleNamespace(cloud=cloud, studio=SimpleNamespace(studio="northlight"))
    seen = looking.look(studio, ["eu-west-1", "eu-central-1"])
    assert (seen.regions, seen.silent) == (("eu-west-1",), ("eu-central-1: AWS refused.",))
