"""What parked machines keep apart on Google Cloud: two projects whose names begin alike, and one name in two studios, in one project there."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import StateLocked
from soundstage.engines import lock
from soundstage.simulator import process
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import DISK, image_on, snapshot_on
from soundstage.stacks.parking import parking
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import to_wake, wake, waking

pytestmark = [pytest.mark.slow]

MACHINE = "gcp:compute/instance:Instance"


@pytest.fixture
def folder(tmp_path: Path, soundstage_home: Path) -> Iterator[Path]:
    yield tmp_path
    process.stop(soundstage_home, save=False)


def opened(folder: Path, studio: str, project: str) -> Deployment:
    (folder / studio).mkdir(exist_ok=True)
    (folder / studio / "studio.yaml").write_text(
        f"studio: {studio}\nhome_region: europe-west4\nalert_emails: [ana@studio.example]\n"
    )
    file = folder / studio / f"{project}.yaml"
    file.write_text(
        f"project: {project}\ncloud: simulated-gcp\nworkstations:\n  edit-1: {{for: audio, size: small, data_gib: 10}}\n"
    )
    return open_project(str(file))


def test_what_one_parks_and_brings_back_leaves_those_alone_that_are_named_alike(folder: Path) -> None:
    three = [("northlight", "teaser"), ("northlight", "teaser-2"), ("tinyorange", "teaser")]
    for studio, project in three:
        opened(folder, studio, project).up(wait=False)
    parked = {}
    for studio, project in three:
        deployment = opened(folder, studio, project)
        result = park(deployment, plan_park(deployment))
        assert [one.machine for one in result.snapshots] == ["edit-1"]
        parked[studio, project] = (result.parked["edit-1"].image, result.snapshots[0].id)
    images, snapshots = zip(*parked.values(), strict=True)
    assert (len(set(images)), len(set(snapshots))) == (3, 3)
    cloud = opened(folder, *three[0]).cloud
    opened(folder, *three[2]).down()
    assert set(cloud.images.found(images, "europe-west4")) == set(images[:2]), "another project's system disk is gone"
    for whose in three[:2]:
        back = opened(folder, *whose)
        wake(waking(back, to_wake(back)), wait=False)
        recorded = back.engine.resources()
        (machine,) = recorded.of_type(MACHINE)
        (disk,) = (one for one in recorded.of_type(*DISK) if one.name.endswith("-data"))
        assert (image_on(machine), snapshot_on(disk)) == parked[whose]
        assert not back.preview().plan.changes_anything


def test_a_park_that_was_refused_because_of_somebody_else_left_off_what_it_had_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(folder, "northlight", "teaser").up(wait=False)
    deployment, kept = opened(folder, "northlight", "teaser"), parking.keep
    notes, wanted = deployment.folder, plan_park(deployment)
    state = notes.parent.with_name(f"{notes.parent.name}.simulated-gcp") / notes.name
    with contextlib.ExitStack() as ends, monkeypatch.context() as patch:

        def beside(*arguments: Any) -> str:
            ends.enter_context(lock.held(state, deployment.stack, "park"))
            return kept(*arguments)

        patch.setattr(parking, "keep", beside)
        with pytest.raises(StateLocked):
            park(deployment, wanted)
    assert [one.state for one in deployment.machines()] in (["pending"], ["running"])


def test_a_work_disk_was_taken_off_a_machine_that_worked_on_it(folder: Path) -> None:
    """Google takes a disk off a running machine, and what was not written yet is not in the last snapshot."""
    opened(folder, "northlight", "teaser").up(wait=False)
    file = folder / "northlight" / "teaser.yaml"
    file.write_text(file.read_text().replace("data_gib: 10", "data_gib: 0"))
    done: list[str] = []
    bare = open_project(str(file))
    bare.apply(on_event=lambda event: done.append(f"{event.name} {event.message}"))
    assert done.index("edit-1 stopped") < done.index("edit-1 started")
    assert [(one.is_running, len(one.disks)) for one in bare.machines()] == [(True, 1)]
    assert [one.machine for one in bare.snapshots()] == ["edit-1"]
