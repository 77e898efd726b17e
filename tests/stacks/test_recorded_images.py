"""Images that their owner withdraws while machines run on them, as Amazon does with each of its Windows images."""

from pathlib import Path

import pytest

from soundstage.core.errors import OperationError
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project

WINDOWS = "  edit-1: {for: editing, os: windows, data_gib: 0}\n"
SECOND = "  edit-2: {for: editing, os: windows, data_gib: 0}\n"


@pytest.mark.slow
def test_a_windows_image_that_becomes_private_breaks_no_preview_and_replaces_no_machine(
    tmp_path: Path, soundstage_home: Path
) -> None:
    def write(machines: str) -> Deployment:
        file = tmp_path / "win.yaml"
        file.write_text(f"project: win\nworkstations:\n{machines}")
        return open_project(str(file))

    with simulated_cloud(soundstage_home) as cloud:
        write(WINDOWS).up()
        ec2 = cloud.client("ec2")
        (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["Windows_Server-2022-*"]}])["Images"]
        ec2.deregister_image(ImageId=image["ImageId"])
        assert not write(WINDOWS).preview().plan.changes_anything
        with pytest.raises(OperationError, match="Windows_Server-2022-English-Full-Base-\\*"):
            write(WINDOWS + SECOND).preview()
        write(WINDOWS).down(delete_media=True)
