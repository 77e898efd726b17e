"""`up` put another work disk in the place of one that somebody worked on: unsaid, and on Google Cloud from under a machine that ran."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_once import MadeOnce
from tests.stacks.test_disks_that_cannot_follow import resized

from soundstage.core.errors import UsageError
from soundstage.engines.base import Event, EventKind
from soundstage.plan.plan import Change, Operation, Plan
from soundstage.simulator import process
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import snapshot_on
from soundstage.stacks.media.disks import parting
from soundstage.stacks.media.work_disks import refuse_replaced
from soundstage.stacks.programs.disk_sources import work_disks
from soundstage.stacks.state.restoring import Restore, being_restored, note_restores

SENTENCE = "edit-1 stops and starts: whoever works on it is thrown out for some minutes."


@pytest.fixture
def folder(tmp_path: Path, soundstage_home: Path) -> Iterator[Path]:
    yield tmp_path
    process.stop(soundstage_home)


def opened(folder: Path, cloud: str) -> Deployment:
    file = folder / "teaser.yaml"
    file.write_text(
        f"project: teaser\ncloud: {cloud}\nworkstations:\n  edit-1: {{for: audio, size: small, data_gib: 10}}\n"
    )
    return open_project(str(file))


@pytest.mark.slow
@pytest.mark.parametrize("cloud", ["simulated", "simulated-gcp"])
def test_an_up_that_goes_on_with_a_restore_took_the_disk_from_a_machine_that_worked_on_it(
    folder: Path, cloud: str, made_once: MadeOnce
) -> None:
    """The restore was noted and died before it stopped the machine."""
    made_once.put_studio(cloud)
    for _ in range(2):
        opened(folder, cloud).up(wait=False)
        opened(folder, cloud).down()
    first = opened(folder, cloud).snapshots()[0].id
    opened(folder, cloud).up(wait=False)
    before = work_disks(opened(folder, cloud).engine.resources())["edit-1"]
    assert snapshot_on(before) != first
    deployment, done = opened(folder, cloud), list[str]()
    note_restores(deployment.folder, {"edit-1": Restore(first, str(before.id))})
    assert SENTENCE in deployment.preview().told

    def note(event: Event) -> None:
        if event.kind is EventKind.STEP_DONE:
            done.append(f"{event.name} {event.message}")

    deployment.apply(on_event=note)
    stopped = done.index("edit-1 stopped")
    assert stopped < done.index("edit-1 started")
    assert not [one for one in done[:stopped] if "-data" in one], "the machine worked on it"
    assert [one.is_running for one in deployment.machines()] == [True]
    after = work_disks(deployment.engine.resources())["edit-1"]
    assert (snapshot_on(after), being_restored(deployment.folder)) == (first, {})
    assert str(before.id) in {one.disk for one in deployment.snapshots()}, "what was on the disk before is gone"


@pytest.mark.parametrize("operation", [Operation.DELETE, Operation.REPLACE, Operation.FORGET])
def test_a_machine_that_parts_with_a_disk_is_stopped_whatever_takes_its_place(operation: Operation) -> None:
    machine, disk = resized(operation)
    assert parting(Plan("p", "s", (replace(machine, operation=Operation.SAME), disk))) == {"edit-1"}
    assert parting(Plan("p", "s", (replace(machine, operation=Operation.REPLACE), disk))) == set()


def test_another_key_put_an_empty_disk_in_the_place_of_the_work() -> None:
    key = Change("kmsKeyId", "arn:aws:kms:eu-west-1:1:key/a", "arn:aws:kms:eu-west-1:1:key/b", replaces=True)
    with pytest.raises(UsageError, match="edit-1: its work disk") as refused:
        refuse_replaced(resized(Operation.REPLACE, key))
    assert "set `data_gib: 0` together with the change" in refused.value.hint
