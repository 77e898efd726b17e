"""The files of a stack: atomic, private, backed up, and refused with a way on when they are damaged."""

import contextlib
import errno
import json
import os
import re
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from tests.statefile import edit, pending, resources, statement

from soundstage.core.errors import OperationError, StateError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.engines.embedded import earlier, repair, store
from soundstage.engines.embedded.state import Change, Kind, Pending, StackState
from soundstage.engines.testing import Bench, Group, Thing
from soundstage.plan.plan import Operation

Options = pulumi.ResourceOptions
SEALED = {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": "v1:x:y"}


def program(size: int = 1) -> None:
    group = Group("net")
    vpc = Thing("vpc", size=size, opts=Options(parent=group))
    Thing("subnet", vpc=vpc.id)
    pulumi.export("vpc", vpc.id)


@pytest.fixture
def made(bench: Bench) -> Bench:
    bench.up(program)
    return bench


def test_files_and_folders_are_private(made: Bench) -> None:
    made.up(lambda: program(2))
    for path in (made.folder, *made.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_state_is_pulumis_deployment_format(made: Bench) -> None:
    document = made.engine.export()
    assert document["version"] == 3
    manifest = document["deployment"]["manifest"]
    assert manifest["version"].startswith("v3.")
    assert {entry["type"] for entry in document["deployment"]["resources"]} == {
        "pulumi:pulumi:Stack",
        "pulumi:providers:test",
        "test:index:Group",
        "test:index:Thing",
    }
    assert "secrets_providers" not in document["deployment"]


def test_ten_backups_are_kept(made: Bench) -> None:
    for size in range(2, 16):
        made.up(lambda value=size: program(value))
    backups = store.backups(made.folder)
    assert len(backups) == store.BACKUPS_KEPT
    sizes = [resources(path)[-2]["inputs"].get("size") for path in backups]
    assert sizes == list(range(14, 4, -1))


def lose(number: int) -> Callable[[Path], object]:
    """Cut this many bytes off the end."""
    return lambda path: path.write_bytes(path.read_bytes()[:-number])


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "cut by a byte": (lose(1), "is cut short"),
    "cut in half": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "damaged|cut short"),
    "without its last page": (lose(4096), "damaged"),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is cut short"),
    "no database": (lambda path: path.write_bytes(b"\xff" * 8192), "damaged or cannot be read: file is not a database"),
    "another database": (lambda path: statement(path, "PRAGMA application_id = 7"), "is damaged: it is no state"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "is no file"),
    "a link": (lambda path: path.replace(path.with_name("x")) and path.symlink_to(path.with_name("x")), "is a link"),
    "newer format": (lambda path: statement(path, "PRAGMA user_version = 2"), "newer version"),
    "no resources": (lambda path: statement(path, "DROP TABLE resource"), "no such table: resource"),
    "a torn page": (lambda path: spoil(path, path.stat().st_size - 4096 + 8, b"\xff" * 600), "damaged"),
    "resource is text": (lambda path: edit(path, lambda rows: rows.append("x")), "resource 6 cannot be read"),
    "resource is no JSON": (lambda path: statement(path, "UPDATE resource SET document = '{'"), "cannot be read"),
    "operation is none": (
        lambda path: statement(path, "INSERT INTO pending VALUES (1, '{}')"),
        "unfinished operation 2 cannot be read",
    ),
    "missing parent": (
        lambda path: edit(path, lambda rows: rows[1].update(parent="urn:gone")),
        "refers to urn:gone, which is not in the state",
    ),
    "missing dependency": (
        lambda path: edit(path, lambda rows: rows[-1].update(dependencies=["urn:gone"])),
        "refers to urn:gone",
    ),
    "double urn": (lambda path: edit(path, lambda rows: rows.append(rows[-1])), "is recorded twice"),
    "lost id": (lambda path: edit(path, lambda rows: rows[-1].pop("id")), "has no id"),
}


def spoil(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_refused_with_a_way_on(made: Bench, damage: str) -> None:
    harm, message = DAMAGES[damage]
    made.up(lambda: program(2))
    harm(made.folder / store.STATE_FILE)
    calls = list(made.cloud.calls)
    for attempt in (
        lambda: made.engine.preview(program),
        lambda: made.engine.up(program),
        made.engine.destroy,
        made.engine.refresh,
        made.engine.outputs,
        made.engine.export,
    ):
        with pytest.raises(StateError, match=message) as caught:
            attempt()
        assert "workstation state" in caught.value.hint
    assert made.cloud.calls == calls
    assert repair.verify(made.folder) != []


@pytest.mark.parametrize("damage", [name for name in DAMAGES if not name.startswith("newer")])
def test_a_damaged_state_is_repaired(made: Bench, damage: str) -> None:
    made.up(lambda: program(2))
    DAMAGES[damage][0](made.folder / store.STATE_FILE)
    assert repair.repair(made.folder, "teaser") != []
    assert repair.verify(made.folder) == []
    made.engine.preview(program)
    assert repair.repair(made.folder, "teaser") == []


class FullDisk(sqlite3.Connection):
    """Lets `room` changes through, then there is no space left."""

    room = 0

    def execute(self, text: str, *values: Any) -> sqlite3.Cursor:
        if text.startswith(("INSERT", "DELETE", "CREATE", "COMMIT")):
            if FullDisk.room <= 0:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            FullDisk.room -= 1
        return super().execute(text, *values)


def fill(patch: pytest.MonkeyPatch, room: int) -> None:
    patch.setattr(FullDisk, "room", room)
    named = {**vars(sqlite3), "connect": lambda *a, **o: sqlite3.connect(*a, factory=FullDisk, **o)}
    patch.setattr(store, "sqlite3", SimpleNamespace(**named))


@pytest.mark.parametrize("mend", [repair.repair, repair.restore])
def test_a_state_stays_in_its_place_until_a_mended_one_takes_it(
    made: Bench, mend: Callable[[Path, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, the stack would pass for new, and all of it would be made a second time."""
    made.up(lambda: program(2))
    (made.folder / store.STATE_FILE).write_text("half of")
    with monkeypatch.context() as patch:
        fill(patch, 0)
        with pytest.raises(StateError, match="No space left on device") as caught:
            mend(made.folder, "teaser")
    assert "run the same command" in caught.value.hint
    assert (made.folder / store.STATE_FILE).read_text() == "half of"
    mend(made.folder, "teaser")
    assert repair.verify(made.folder) == []
    assert made.cloud.names() == ["subnet", "vpc"]
    assert Operation.CREATE not in made.up(program)
    assert [path.read_text() for path in made.folder.glob("*.damaged")] != []


def test_what_was_noted_after_the_last_whole_state_is_not_added_to_an_earlier_one(made: Bench) -> None:
    """The changes of a killed command lie beside the database until the next one opens it."""
    made.up(lambda: program(2))
    state = StackState(made.folder, write=True)
    state.begin(Pending(Kind.DELETE, 2, state.records[2]))
    backup = (store.backups(made.folder)[0]).read_bytes()
    beside = {path: path.read_bytes() for path in store.beside(made.folder / store.STATE_FILE)}
    state.save()
    (made.folder / store.STATE_FILE).write_bytes(b"half of")
    for path, content in beside.items():
        path.write_bytes(content)
    assert repair.repair(made.folder, "teaser") != []
    assert repair.verify(made.folder) == []
    assert pending(made.folder / store.STATE_FILE) == []
    assert backup


def test_a_restored_state_is_the_one_before(made: Bench) -> None:
    made.up(lambda: program(2))
    made.up(lambda: program(3))
    assert re.search(r"The state of .* was put back, with \d resources", repair.restore(made.folder, "teaser", 2))
    assert made.preview(lambda: program(1), refresh=False)["vpc"] is Operation.SAME
    assert made.preview(lambda: program(1), refresh=True)["vpc"] is Operation.UPDATE
    repair.restore(made.folder, "teaser")
    assert made.preview(lambda: program(3))["vpc"] is Operation.SAME
    with pytest.raises(StateError, match="Usable backups"):
        repair.restore(made.folder, "teaser", 99)


def test_a_lost_state_of_which_something_is_still_there_is_not_taken_for_a_new_stack(made: Bench) -> None:
    (made.folder / store.STATE_FILE).rename(made.folder / f"{store.STATE_FILE}-wal")
    with pytest.raises(StateError, match="is gone") as caught:
        made.engine.preview(program)
    assert "workstation state restore" in caught.value.hint
    made.up(program) if repair.repair(made.folder, "teaser") else None
    assert repair.verify(made.folder) == []


def test_a_change_that_was_not_committed_never_took_effect(made: Bench) -> None:
    db = sqlite3.connect(made.folder / store.STATE_FILE, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM resource")
    db.close()
    assert made.up(program) == {Operation.SAME: 2}


def test_a_state_that_others_can_read_is_noticed_and_closed(made: Bench) -> None:
    (made.folder / store.STATE_FILE).chmod(0o644)
    assert "Others can read" in repair.verify(made.folder)[0]
    repair.repair(made.folder, "teaser")
    assert repair.verify(made.folder) == []


def test_a_full_disk_at_any_write_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        fill(patch, 1_000)
        Bench(tmp_path / "roomy").up(program)
        writes = 1_000 - FullDisk.room
    assert writes > 20
    for room in range(writes):
        bench = Bench(tmp_path / f"room-{room}")
        with monkeypatch.context() as patch:
            fill(patch, room)
            with pytest.raises(StateError, match="No space left on device") as caught:
                bench.up(program)
        assert "run the same command" in caught.value.hint
        assert repair.verify(bench.folder) == []
        bench.up(program)
        assert bench.cloud.names() == ["subnet", "vpc"], f"after {room} writes"
        assert bench.up(program) == {Operation.SAME: 2}


def test_a_read_only_disk_is_refused_before_any_call(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    open_file = os.open

    def read_only(path: object, flags: int, *rest: object, **named: object) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return open_file(path, flags, *rest, **named)  # type: ignore[arg-type]

    calls = list(made.cloud.calls)
    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(StateError, match="Read-only file system"):
        made.up(lambda: program(2))
    assert made.cloud.calls == calls


def test_a_state_in_a_folder_that_cannot_be_written_to_is_read(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """sqlite would put files beside it, and refuse where it cannot. Nothing holds root back, so it is told that something does."""
    before, untouched = made.engine.resources(), made.folder.stat().st_mtime_ns
    made.folder.chmod(0o500)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != made.folder and access(path, mode))
    try:
        assert made.engine.resources() == before
        assert repair.verify(made.folder) == []
    finally:
        made.folder.chmod(0o700)
    assert made.folder.stat().st_mtime_ns == untouched


def test_a_newer_state_is_not_repaired(made: Bench) -> None:
    DAMAGES["newer format"][0](made.folder / store.STATE_FILE)
    before = (made.folder / store.STATE_FILE).read_bytes()
    with pytest.raises(StateError, match="newer version"):
        repair.repair(made.folder, "teaser")
    assert (made.folder / store.STATE_FILE).read_bytes() == before


def test_an_unwritable_folder_is_refused_before_any_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    bench = Bench(tmp_path / "file" / "stack")
    with pytest.raises(StateError, match="Not a directory"):
        bench.up(program)
    assert bench.cloud.calls == []


def test_exported_and_imported_elsewhere_it_is_the_same_stack(made: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    other.cloud = made.cloud
    other.engine.import_(made.engine.export())
    assert other.up(program) == {Operation.SAME: 2}
    assert other.outputs() == made.outputs()


def test_pending_operations_survive_export_and_import(bench: Bench, tmp_path: Path) -> None:
    from soundstage.core.errors import CloudError

    bench.cloud.faults["create", "subnet"] = CloudError("no")
    with pytest.raises(CloudError):
        bench.up(program)
    document = bench.engine.export()
    (pending,) = document["deployment"]["pending_operations"]
    assert (pending["type"], pending["resource"]["urn"].rpartition("::")[2]) == ("creating", "subnet")
    bench.cloud.faults.clear()
    other = Bench(tmp_path / "other")
    other.cloud = bench.cloud
    other.engine.import_(document)
    assert other.up(program) == {Operation.SAME: 1, Operation.CREATE: 1}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"version": 3},
        {"version": "3", "deployment": {}},
        {"version": 4, "deployment": {}},
        {"version": 2, "deployment": {}},
        {"version": 3, "deployment": {"resources": [{"urn": "x"}]}},
        {"version": 3, "deployment": {"resources": [], "pending_operations": [{}]}},
        {"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:a::b::c::d", "type": "c", "custom": False}]}},
    ],
)
def test_a_deployment_that_cannot_be_used_is_refused_and_changes_nothing(made: Bench, document: dict) -> None:
    before = (made.folder / store.STATE_FILE).read_bytes()
    with pytest.raises(StateError):
        made.engine.import_(document)
    assert (made.folder / store.STATE_FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("external", True),
        ("deletedWith", "urn:x"),
        ("replaceWith", ["urn:x"]),
        ("replacementTrigger", 1),
        ("inputs", {"deep": [SEALED]}),
        ("outputs", {"word": SEALED}),
    ],
)
def test_a_deployment_that_would_be_treated_otherwise_here_than_by_the_genuine_engine_is_refused(
    made: Bench, tmp_path: Path, key: str, value: object
) -> None:
    """A resource that was only looked up would be deleted here."""
    document = made.engine.export()
    document["deployment"]["resources"][-1][key] = value
    with pytest.raises(OperationError, match=r"the embedded engine (does not support|keeps none)"):
        Bench(tmp_path / "other").engine.import_(document)


EARLIER = {"format": 1, "serial": 7, "pending": []}


def as_earlier(made: Bench) -> Path:
    """Have the state as earlier versions kept it."""
    document = made.engine.export() | {"soundstage": dict(EARLIER)}
    (made.folder / store.STATE_FILE).unlink()
    state = made.folder / "state.json"
    state.write_text(json.dumps(document))
    state.chmod(0o600)
    return state


def test_a_state_of_an_earlier_version_is_read_and_becomes_a_database_at_the_first_change(made: Bench) -> None:
    before = made.engine.resources()
    state = as_earlier(made)
    assert made.engine.resources() == before
    assert made.up(program) == {Operation.SAME: 2}
    assert state.exists()
    assert made.up(lambda: program(2)) == {Operation.UPDATE: 1, Operation.SAME: 1}
    assert not state.exists()
    assert (made.folder / "state.json.earlier").exists()
    assert made.up(lambda: program(2)) == {Operation.SAME: 2}
    assert repair.verify(made.folder) == []


def test_a_full_disk_at_any_write_leaves_an_earlier_state_or_a_whole_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty database beside it would pass for a new stack, and all of it would be made a second time."""

    def changed(name: str, room: int) -> tuple[Bench, int]:
        """The stack, and for how many changes more there was room."""
        bench = Bench(tmp_path / name)
        bench.up(program)
        as_earlier(bench)
        with monkeypatch.context() as patch:
            fill(patch, room)
            with contextlib.suppress(StateError):
                bench.up(lambda: program(2))
            return bench, FullDisk.room

    writes = 1_000 - changed("roomy", 1_000)[1]
    assert 10 < writes < 100
    for room in range(writes):
        again = changed(f"room-{room}", room)[0].up(lambda: program(2))
        assert again.keys() <= {Operation.UPDATE, Operation.SAME}, f"after {room} writes"


def test_an_earlier_state_that_a_killed_command_left_beside_its_database_is_set_aside(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = as_earlier(made)

    def kill(_folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(earlier, "set_aside", kill)
        with pytest.raises(KeyboardInterrupt):
            StackState(made.folder, write=True).begin(
                Pending(Kind.UPDATE, 2, StackState(made.folder, write=False).records[2])
            )
    assert state.exists()
    assert made.up(lambda: program(2)) == {Operation.UPDATE: 1, Operation.SAME: 1}
    assert not state.exists()
    assert repair.verify(made.folder) == []


def test_an_earlier_state_whose_command_did_not_finish_is_refused_and_left_as_it_is(made: Bench) -> None:
    state = as_earlier(made)
    (made.folder / "journal.jsonl").write_text('{"journal":1,"serial":7}\n')
    before = state.read_bytes()
    with pytest.raises(StateError, match="did not finish") as caught:
        made.up(program)
    assert "workstation adopt" in caught.value.hint
    assert state.read_bytes() == before


@pytest.mark.parametrize(
    "left", [{"journal.jsonl": "{}"}, {"state.json": "{"}, {"state.json": '{"version":2,"deployment":{}}'}]
)
def test_an_earlier_state_that_cannot_be_read_is_set_aside_by_the_command_that_is_named(
    made: Bench, left: dict[str, str]
) -> None:
    as_earlier(made).unlink()
    for name, text in left.items():
        (made.folder / name).write_text(text)
    with pytest.raises(StateError) as caught:
        made.engine.outputs()
    assert "`workstation state repair`" in caught.value.hint
    (name,) = left
    done = repair.repair(made.folder, "teaser")
    assert f"The state of an earlier version was set aside as {name}.earlier." in done
    assert not any("damaged" in one for one in done)
    assert repair.verify(made.folder) == []
    assert {one: (made.folder / f"{one}.earlier").read_text() for one in left} == left


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("inputs", {"word": SEALED}, "holds a secret"), ("external", True, "only looked up")],
)
def test_a_state_of_an_earlier_version_with_what_is_not_supported_any_more_is_refused_and_left_as_it_is(
    made: Bench, key: str, value: object, message: str
) -> None:
    """The secret's ciphertext would go to the cloud as a value, and what was only looked up would be deleted."""
    state = as_earlier(made)
    document = json.loads(state.read_text())
    document["deployment"]["resources"][-1][key] = value
    state.write_text(json.dumps(document))
    before = state.read_bytes()
    for attempt in (lambda: made.up(program), made.engine.export, lambda: repair.repair(made.folder, "teaser")):
        with pytest.raises(OperationError, match=message) as caught:
            attempt()
        assert "move-state --engine pulumi" in caught.value.hint
    assert state.read_bytes() == before


def test_a_replacement_that_died_after_what_it_depends_on_got_another_name_contradicted_the_state(made: Bench) -> None:
    """What the replaced resource becomes was noted with the old name of the other, and put in the table once that name was forgotten."""
    state = StackState(made.folder, write=True)
    places = {one.name: key for key, one in state.records.items()}
    vpc, subnet = (state.records[places[name]] for name in ("vpc", "subnet"))
    assert vpc.urn in subnet.dependencies
    other = {vpc.urn: vpc.urn.replace("::vpc", "::net")}
    state.change(Change(put={places["vpc"]: vpc.renamed(other)}, names=other))
    place = state.new_key()
    old = replace(subnet, delete=True)
    state.begin(Pending(Kind.CREATE, place, subnet.renamed(other), Change(put={places["subnet"]: old})))

    assert state.settled_records()[places["subnet"]].dependencies != subnet.dependencies
    (step,) = (again := StackState(made.folder, write=True)).pending
    again.done(step, subnet.renamed(other))
    assert {
        one.dependencies for one in StackState(made.folder, write=False).records.values() if one.name == "subnet"
    } == {subnet.renamed(other).dependencies}


def test_a_record_that_was_read_before_a_name_changed_brought_the_old_name_back(made: Bench) -> None:
    state = StackState(made.folder, write=True)
    places = {one.name: key for key, one in state.records.items()}
    vpc, subnet = (state.records[places[name]] for name in ("vpc", "subnet"))
    other = {vpc.urn: vpc.urn.replace("::vpc", "::net")}
    state.change(Change(put={places["vpc"]: vpc.renamed(other)}, names=other))
    state.settled_records()  # every link follows, and the name is forgotten
    state.change(Change(put={places["subnet"]: replace(subnet, delete=True)}))
    found = StackState(made.folder, write=False).records[places["subnet"]]
    assert found.dependencies == subnet.renamed(other).dependencies
