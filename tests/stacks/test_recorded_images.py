"""Images that their owner withdraws while machines run on them, as Amazon does with each of its Windows images."""

from pathlib import Path

import pytest

from soundstage.core.errors import OperationError
from soundstage.plan.plan import Operation
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.programs import declared

WINDOWS = "  edit-1: {for: editing, os: windows, data_gib: 0, image: windows-2022-2026-09}\n"
SECOND = "  edit-2: {for: editing, os: windows, data_gib: 0, image: windows-2022-2026-09}\n"
WEB = "network: {zone: io, nat: true}\n"


@pytest.mark.slow
def test_a_windows_image_that_becomes_private_breaks_no_preview_and_replaces_no_machine(
    tmp_path: Path, studio_that_is_up: Path
) -> None:
    def write(machines: str) -> Deployment:
        file = tmp_path / "win.yaml"
        file.write_text(f"project: win\n{WEB}workstations:\n{machines}")
        return open_project(str(file))

    with simulated_cloud(studio_that_is_up) as cloud:
        write(WINDOWS).up()
        ec2 = cloud.client("ec2")
        (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["Windows_Server-2022-*"]}])["Images"]
        ec2.deregister_image(ImageId=image["ImageId"])
        assert not write(WINDOWS).preview().plan.changes_anything
        with pytest.raises(OperationError, match="Windows_Server-2022-English-Full-Base-\\*"):
            write(WINDOWS + SECOND).preview()
        write(WINDOWS).down(delete_media=True)


@pytest.mark.slow
def test_a_program_without_the_record_replaced_its_windows_machine_when_a_newer_image_came(
    tmp_path: Path, studio_that_is_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `pulumi up` runs a program: nobody tells it which image a machine was made from."""
    monkeypatch.setattr(declared, "recorded_images", lambda *_: {})
    file = tmp_path / "win.yaml"
    file.write_text(f"project: win\n{WEB}workstations:\n{WINDOWS}")
    with simulated_cloud(studio_that_is_up) as cloud:
        open_project(str(file)).up()
        ec2 = cloud.client("ec2")
        (image,) = ec2.describe_images(Filters=[{"Name": "name", "Values": ["Windows_Server-2022-*"]}])["Images"]
        # No other account can publish one here; without any, a look-up by name would fail.
        ec2.deregister_image(ImageId=image["ImageId"])
        assert not open_project(str(file)).preview().plan.changes_anything
        file.write_text(file.read_text().replace("project: win", "project: win\nowner: bea@tinyorange.example"))
        plan = open_project(str(file)).preview().plan
        assert {each.operation for each in plan.of_type("aws:ec2/instance:Instance")} == {Operation.UPDATE}
        open_project(str(file)).down(delete_media=True)
