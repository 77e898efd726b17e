"""The files of a stack: atomic, private, backed up, and refused with a way on when they are damaged."""

import errno
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from soundstage.core.errors import OperationError, StateError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.engines.embedded import checkpoint, journal, repair
from soundstage.engines.embedded.state import StackState
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


def edit(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def resources(document: dict) -> list[dict]:
    return document["deployment"]["resources"]


def test_files_and_folders_are_private(made: Bench) -> None:
    made.up(lambda: program(2))
    for path in (made.folder, *made.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_state_is_pulumis_deployment_format(made: Bench) -> None:
    document = json.loads((made.folder / "state.json").read_text())
    assert document["version"] == 3
    manifest = document["deployment"]["manifest"]
    assert manifest["version"].startswith("v3.")
    assert {entry["type"] for entry in resources(document)} == {
        "pulumi:pulumi:Stack",
        "pulumi:providers:test",
        "test:index:Group",
        "test:index:Thing",
    }
    assert "secrets_providers" not in document["deployment"]


def test_ten_backups_are_kept(made: Bench) -> None:
    for size in range(2, 16):
        made.up(lambda value=size: program(value))
    backups = checkpoint.backups(made.folder)
    assert len(backups) == checkpoint.BACKUPS_KEPT
    sizes = [resources(json.loads(path.read_text()))[-2]["inputs"].get("size") for path in backups]
    assert sizes == list(range(14, 4, -1))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_text(""), "is empty"),
    "cut short": (lambda path: path.write_text(path.read_text()[:-200]), "damaged or cut short in line"),
    "not text": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "cannot be read: it is not text"),
    "not an object": (lambda path: path.write_text("[]"), "holds no Pulumi deployment"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    "newer deployment": (lambda path: edit(path, lambda d: d.update(version=4)), "newer version"),
    "newer format": (lambda path: edit(path, lambda d: d["soundstage"].update(format=2)), "newer version"),
    "deeply nested": (lambda path: path.write_text("[" * 100_000), "damaged"),
    "no resources": (
        lambda path: edit(path, lambda d: d["deployment"].update(resources=7)),
        "its resources are not a list",
    ),
    "resource is text": (lambda path: edit(path, lambda d: resources(d).append("x")), "cannot be read"),
    "missing parent": (
        lambda path: edit(path, lambda d: resources(d)[1].update(parent="urn:gone")),
        "refers to urn:gone, which is not in the state",
    ),
    "missing dependency": (
        lambda path: edit(path, lambda d: resources(d)[-1].update(dependencies=["urn:gone"])),
        "refers to urn:gone",
    ),
    "double urn": (lambda path: edit(path, lambda d: resources(d).append(resources(d)[-1])), "is recorded twice"),
    "lost id": (lambda path: edit(path, lambda d: resources(d)[-1].pop("id")), "has no id"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_refused_with_a_way_on(made: Bench, damage: str) -> None:
    harm, message = DAMAGES[damage]
    made.up(lambda: program(2))
    harm(made.folder / "state.json")
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


@pytest.mark.parametrize("damage", [name for name in DAMAGES if not name.startswith(("newer", "a folder"))])
def test_a_damaged_state_is_repaired(made: Bench, damage: str) -> None:
    made.up(lambda: program(2))
    DAMAGES[damage][0](made.folder / "state.json")
    assert repair.repair(made.folder, "teaser") != []
    assert repair.verify(made.folder) == []
    made.engine.preview(program)
    assert repair.repair(made.folder, "teaser") == []


@pytest.mark.parametrize("mend", [repair.repair, repair.restore])
def test_a_state_stays_in_its_place_until_a_mended_one_takes_it(
    made: Bench, mend: Callable[[Path, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, the stack would pass for new, and all of it would be made a second time."""
    made.up(lambda: program(2))
    for name, text in (("state.json", "half of"), ("journal.jsonl", '{"journal":1,"serial":2}\n{"begin": 1}\nrest')):
        (made.folder / name).write_text(text)
        (made.folder / name).chmod(0o600)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", FullDisk(0))
        with pytest.raises(StateError, match="No space left on device") as caught:
            mend(made.folder, "teaser")
    assert "run the same command" in caught.value.hint
    assert (made.folder / "state.json").read_text() == "half of"
    assert (made.folder / "journal.jsonl").exists()
    mend(made.folder, "teaser")
    assert repair.verify(made.folder) == []
    assert made.cloud.names() == ["subnet", "vpc"]
    assert Operation.CREATE not in made.up(program)


def test_a_restored_state_is_the_one_before(made: Bench) -> None:
    made.up(lambda: program(2))
    made.up(lambda: program(3))
    assert re.search(r"The state of .* was put back, with \d resources", repair.restore(made.folder, "teaser", 2))
    assert made.preview(lambda: program(1), refresh=False)["vpc"] is Operation.SAME
    assert made.preview(lambda: program(1), refresh=True)["vpc"] is Operation.UPDATE
    repair.restore(made.folder, "teaser")
    assert made.preview(lambda: program(3))["vpc"] is Operation.SAME
    with pytest.raises(StateError, match="usable backups"):
        repair.restore(made.folder, "teaser", 99)


def test_a_lost_state_whose_journal_is_still_there_is_not_taken_for_a_new_stack(made: Bench) -> None:
    (made.folder / "journal.jsonl").write_text('{"journal":1,"serial":4}\n')
    (made.folder / "state.json").unlink()
    with pytest.raises(StateError, match="is gone"):
        made.engine.preview(program)


def test_an_old_journal_is_not_replayed(made: Bench) -> None:
    urn = resources(json.loads((made.folder / "state.json").read_text()))[0]["urn"]
    lines = [{"journal": 1, "serial": 0}, {"put": {}, "drop": [0, 1, 2, 3, 4], "names": {}}]
    (made.folder / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert urn.endswith("soundstage-teaser")
    assert made.engine.exists()


def test_a_command_killed_before_its_old_journal_was_removed_does_not_hide_what_the_next_one_notes(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that were appended to a journal of an earlier state were never read again: a second death lost them."""
    old = made.folder / "journal.jsonl"
    old.write_text('{"journal":1,"serial":0}\n{"put":{},"drop":[],"names":{}}\n')
    with monkeypatch.context() as patch:
        patch.setattr(StackState, "save", StackState.close)  # killed before it could save
        made.up(lambda: program(2))
    serial, lines = journal.read(made.folder) or (0, [])
    assert serial == 1
    assert len([line for line in lines if "begin" in line]) == 1
    assert made.preview(lambda: program(2), refresh=False)["vpc"] is Operation.SAME


def test_a_state_older_than_its_journal_is_refused_and_the_journal_kept(made: Bench) -> None:
    """Going on from there would append to a journal that no command reads."""
    (made.folder / "journal.jsonl").write_text('{"journal":1,"serial":9}\n')
    (made.folder / "journal.jsonl").chmod(0o600)
    with pytest.raises(StateError, match="older than the journal") as caught:
        made.up(program)
    assert "workstation state repair" in caught.value.hint
    assert "set aside" in repair.repair(made.folder, "teaser")[0]
    assert [path.read_text() for path in made.folder.glob("journal.jsonl.*.damaged")] == ['{"journal":1,"serial":9}\n']
    assert repair.verify(made.folder) == []
    assert made.up(program) == {Operation.SAME: 2}


def test_a_torn_last_line_never_took_effect(made: Bench) -> None:
    (made.folder / "journal.jsonl").write_text('{"journal":1,"serial":1}\n{"put":{},"dro')
    assert made.up(lambda: program(2)) == {Operation.UPDATE: 1, Operation.SAME: 1}


@pytest.mark.parametrize("line", ["not json", "[]", '{"begin": 1}', '{"done": 9, "record": null}'])
def test_a_damaged_journal_is_refused_and_repaired(made: Bench, line: str) -> None:
    (made.folder / "journal.jsonl").write_text(f'{{"journal":1,"serial":1}}\n{line}\n{{"failed": 3}}\n')
    (made.folder / "journal.jsonl").chmod(0o600)
    with pytest.raises(StateError, match="damaged in line 2") as caught:
        made.engine.preview(program)
    assert "workstation state repair" in caught.value.hint
    assert repair.repair(made.folder, "teaser") != []
    assert repair.verify(made.folder) == []
    assert made.up(program) == {Operation.SAME: 2}


def test_a_state_that_others_can_read_is_noticed_and_closed(made: Bench) -> None:
    (made.folder / "state.json").chmod(0o644)
    assert "Others can read" in repair.verify(made.folder)[0]
    repair.repair(made.folder, "teaser")
    assert repair.verify(made.folder) == []


class FullDisk:
    """Lets `room` writes through, then there is no space left."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def __call__(self, handle: int, data: bytes) -> int:
        if self.room <= 0 and handle > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.room == 1 and len(data) > 8 and handle > 2:
            self.room = 0
            return self._write(handle, data[:8])  # the last bit of room holds half a line
        self.room -= 1
        return self._write(handle, data)


def test_a_full_disk_at_any_write_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = FullDisk(1_000)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", roomy)
        Bench(tmp_path / "roomy").up(program)
    writes = 1_000 - roomy.room
    for room in range(writes):
        bench = Bench(tmp_path / f"room-{room}")
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", FullDisk(room))
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


@pytest.mark.parametrize("damage", ["newer deployment", "newer format"])
def test_a_newer_state_is_not_repaired(made: Bench, damage: str) -> None:
    DAMAGES[damage][0](made.folder / "state.json")
    before = (made.folder / "state.json").read_bytes()
    with pytest.raises(StateError, match="newer version"):
        repair.repair(made.folder, "teaser")
    assert (made.folder / "state.json").read_bytes() == before


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
    before = (made.folder / "state.json").read_bytes()
    with pytest.raises(StateError):
        made.engine.import_(document)
    assert (made.folder / "state.json").read_bytes() == before


def test_a_journal_of_a_newer_version_is_refused(made: Bench) -> None:
    (made.folder / journal.JOURNAL_FILE).write_text('{"journal":2,"serial":1}\n')
    with pytest.raises(StateError, match="newer version"):
        made.engine.preview(program)


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


@pytest.mark.parametrize("place", ["state", "journal"])
def test_a_state_of_an_earlier_version_that_holds_a_secret_is_refused_and_left_as_it_is(
    made: Bench, place: str
) -> None:
    """Its ciphertext would go to the cloud as a value."""
    state = made.folder / "state.json"
    if place == "state":
        edit(state, lambda document: resources(document)[-1]["inputs"].update(word=SEALED))
    else:
        line = {"put": {}, "drop": [], "names": {}, "word": SEALED}
        (made.folder / "journal.jsonl").write_text('{"journal":1,"serial":1}\n' + json.dumps(line) + "\n")
    before = {path: path.read_bytes() for path in made.folder.iterdir() if path.is_file()}
    for attempt in (lambda: made.up(program), made.engine.export, lambda: repair.repair(made.folder, "teaser")):
        with pytest.raises(OperationError, match="holds a secret") as caught:
            attempt()
        assert "move-state --engine pulumi" in caught.value.hint
    assert {path: path.read_bytes() for path in before} == before
