"""What is written of a command, and that writing it can neither fail the command nor lose another's line."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.core.errors import CloudError, Interrupted, PolicyRefused, StateError, UsageError
from soundstage.engines.base import StackName
from soundstage.projectfile.spec import State, Studio, default_studio
from soundstage.simulator.process import Endpoint
from soundstage.stacks.clouds.aws.buckets import AwsBuckets
from soundstage.stacks.journal.history import History, history_of
from soundstage.stacks.journal.keeping import journaled
from soundstage.stacks.journal.places import Folder, InBucket, place_of

LONG_AGO = datetime.now(UTC) - timedelta(days=400)


def deployment(state: State | None = None, client: Any = None, project: str = "teaser") -> Any:
    studio: Studio = default_studio().model_copy(update={"state": state or State()})
    account: Any = SimpleNamespace(client=client)
    cloud = SimpleNamespace(look_alike=None, kind="aws", region="eu-west-1", buckets=AwsBuckets(account))
    return SimpleNamespace(cloud=cloud, studio=studio, stack=StackName.of_project(project))


def told(of: Any) -> History:
    return history_of(of, LONG_AGO)


def test_a_command_has_one_line_with_who_did_it_and_how_it_ended() -> None:
    said: list[str] = []
    with journaled(deployment(), "stop", ["edit-1"], say=said.append) as note:
        note.detail = "nobody was there"
    (one,) = told(deployment()).happenings
    assert (one.command, one.machines, one.result, one.detail) == ("stop", ("edit-1",), "done", "nobody was there")
    assert one.who
    assert one.host
    assert one.seconds is not None
    assert said == []


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (CloudError("AWS refused.", action="ec2:StopInstances", code="X"), "failed"),
        (PolicyRefused("no"), "refused"),
        (Interrupted("Stopped."), "interrupted"),
        (KeyboardInterrupt(), "interrupted"),
        (ZeroDivisionError("ours"), "failed"),
    ],
)
def test_a_command_that_does_not_end_well_says_so_and_its_error_goes_on(error: BaseException, result: str) -> None:
    with pytest.raises(type(error)), journaled(deployment(), "stop", say=print):
        raise error
    assert [one.result for one in told(deployment()).happenings] == [result]


def test_a_command_that_was_killed_is_unfinished() -> None:
    killed = journaled(deployment(), "up", say=print)
    killed.__enter__()
    assert [one.result for one in told(deployment()).happenings] == ["unfinished"]


@pytest.mark.parametrize("error", [Interrupted("Nothing was changed."), UsageError("nobody to ask")])
def test_what_somebody_said_no_to_is_not_written(error: Exception) -> None:
    with pytest.raises(type(error)), journaled(deployment(), "up", say=print, asks=True):
        raise error
    assert told(deployment()).happenings == ()


def test_what_a_policy_refused_before_the_question_is_written() -> None:
    with pytest.raises(PolicyRefused), journaled(deployment(), "up", say=print, asks=True):
        raise PolicyRefused("S-1 refuses.")
    (one,) = told(deployment()).happenings
    assert (one.result, one.detail) == ("refused", "S-1 refuses.")


def test_it_begins_when_somebody_has_agreed() -> None:
    with journaled(deployment(), "up", say=print, asks=True) as note:
        assert told(deployment()).happenings == ()
        assert note.once_agreed(lambda _: True)(None)
        assert [one.result for one in told(deployment()).happenings] == ["unfinished"]
    assert [one.result for one in told(deployment()).happenings] == ["done"]


def test_a_secret_in_an_error_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse")
    with pytest.raises(CloudError), journaled(deployment(), "up", say=print):
        raise CloudError("refused correct horse\nAWS_SECRET_ACCESS_KEY=abcdefgh")
    place = place_of(deployment().cloud, deployment().studio, deployment().stack)
    text = "".join(place.read(name).decode() for name in place.names(""))
    assert "horse" not in text
    assert "abcdefgh" not in text
    assert "[secret]" in text


def test_a_journal_that_cannot_be_written_is_said_once_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    of = deployment(State(backend=f"file://{tmp_path}/file"))
    said: list[str] = []
    with journaled(of, "stop", say=said.append):
        pass
    assert len(said) == 1
    assert "The history does not get this `stop`, which goes on without it" in said[0]


def test_a_secret_is_not_said_where_the_journal_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse")
    (tmp_path / "correct horse").write_text("")
    said: list[str] = []
    with journaled(deployment(State(backend=f"file://{tmp_path}/correct%20horse")), "stop", say=said.append):
        pass
    assert len(said) == 1
    assert "[secret]" in said[0]
    assert "horse" not in said[0]


def test_two_projects_whose_names_begin_alike_keep_their_own() -> None:
    for name in ("tea", "teaser"):
        with journaled(deployment(project=name), f"up {name}", say=print):
            pass
    assert [one.command for one in told(deployment(project="tea")).happenings] == ["up tea"]


def _at_once(of: Any) -> list[str]:
    def one(number: int) -> None:
        with journaled(of, f"stop {number}", say=print):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    found = told(of)
    assert found.problems == ()
    return sorted(one.command for one in found.happenings if one.result == "done")


def test_people_who_write_at_once_into_a_shared_folder_lose_no_line(tmp_path: Path) -> None:
    of = deployment(State(backend=f"file://{tmp_path}"))
    assert _at_once(of) == sorted(f"stop {number}" for number in range(24))
    assert told(of).is_shared


def test_people_who_write_at_once_into_the_bucket_lose_no_line(cloud: Endpoint) -> None:
    s3 = cloud.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    of = deployment(State(backend="s3://states/below?region=eu-west-1"), lambda _service, _region=None: s3)
    assert _at_once(of) == sorted(f"stop {number}" for number in range(24))
    assert told(of).where == "s3://states/below/.soundstage/journal/home/projects/teaser"
    gone = deployment(State(backend="s3://none?region=eu-west-1"), lambda _service, _region=None: s3)
    said: list[str] = []
    with journaled(gone, "stop", say=said.append):
        pass
    assert "NoSuchBucket" in said[0]


def test_what_was_written_before_the_state_moved_is_shown_with_the_rest(tmp_path: Path) -> None:
    with journaled(deployment(), "up", say=print):
        pass
    moved = deployment(State(backend=f"file://{tmp_path}"))
    with journaled(moved, "stop", say=print):
        pass
    assert [one.command for one in told(moved).happenings] == ["up", "stop"]


def _write(*commands: str) -> Folder:
    for command in commands:
        with journaled(deployment(), command, say=print):
            pass
    place = place_of(deployment().cloud, deployment().studio, deployment().stack)
    assert isinstance(place, Folder)
    return place


def test_an_entry_that_was_edited_is_told_and_not_shown() -> None:
    place = _write("up", "stop")
    file = place.path / place.names("")[0]
    said = json.loads(file.read_bytes())
    file.write_text(json.dumps(said | {"who": "somebody-else"}))
    found = told(deployment())
    assert any(f"{file.name} was changed" in one for one in found.problems)
    assert "somebody-else" not in {one.who for one in found.happenings}


def test_an_entry_that_was_taken_away_is_told_where_a_later_one_names_it() -> None:
    place = _write("up", "stop")
    gone = place.names("")[1]
    (place.path / gone).unlink()
    assert told(deployment()).problems == (f"The entry {gone} is gone: a later one names it.",)


def test_a_file_that_is_no_entry_hides_no_other() -> None:
    place = _write("up")
    (place.path / "notes.json").write_text("[]")
    assert [one.command for one in told(deployment()).happenings] == ["up"]


def test_a_copy_that_a_shared_folder_made_is_not_missed_when_it_is_gone() -> None:
    place = _write("up")
    name = place.names("")[0]
    strange = [place.path / f"{name.removesuffix('.json')} (copy).json", place.path / f"2026{'9' * 4}{name[8:]}"]
    for one in strange:
        one.write_bytes(place.read(name))
    assert [one.command for one in told(deployment()).happenings] == ["up"]
    _write("stop")
    for one in strange:
        one.unlink()
    assert told(deployment()).problems == ()


def test_a_journal_that_cannot_be_listed_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="Not a directory"):
        told(deployment(State(backend=f"file://{tmp_path}/file")))


def test_an_older_entry_than_asked_for_is_not_missed() -> None:
    _write("up")
    assert history_of(deployment(), datetime.now(UTC)).problems == ()


def test_a_store_of_somebody_else_gets_no_journal_where_it_takes_no_objects() -> None:
    of = deployment(State(backend="https://api.pulumi.com/studio"))
    assert isinstance(place_of(of.cloud, of.studio, of.stack), Folder)
    in_bucket = deployment(State(backend="s3://states?region=eu-west-1"))
    assert isinstance(place_of(in_bucket.cloud, in_bucket.studio, in_bucket.stack), InBucket)
