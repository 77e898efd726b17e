"""Media are kept until they are asked for by name, and go then, however the file was edited in between."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.errors import OperationError
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disks")]

BEGIN = "project: disks\n"
MACHINES = "workstations:\n  edit-1: {for: editing, data_gib: 50}\n  edit-2: {for: editing, data_gib: 50}\n"
STORAGE = "storage: {backup_region: eu-central-1, object_lock_days: 1}\n"


@pytest.fixture
def cloud(soundstage_home: Path) -> Iterator[Any]:
    with simulated_cloud(soundstage_home) as cloud:
        yield cloud


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Deployment]:
    def write(text: str) -> Deployment:
        (tmp_path / "disks.yaml").write_text(BEGIN + text)
        return open_project(str(tmp_path / "disks.yaml"))

    return write


def test_what_the_file_no_longer_names_is_kept_until_media_are_to_be_deleted(
    cloud: Any, write: Callable[[str], Deployment]
) -> None:
    write(MACHINES + STORAGE).up()
    kept = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"] if "-media-" in bucket["Name"]]
    assert len(kept) == 2

    edited = write("workstations:\n  edit-1: {for: editing, data_gib: 40}\n")
    with pytest.raises(OperationError) as refused:
        edited.preview()
    assert "no longer asks for what is protected" in refused.value.message
    assert "--delete-media" in refused.value.hint
    assert len(str(refused.value).splitlines()) < 5
    assert {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]} >= set(kept)

    edited.down(delete_media=True)
    assert not edited.engine.exists()
    assert {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}.isdisjoint(kept)
    assert cloud.client("ec2").describe_volumes()["Volumes"] == []
    assert cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
