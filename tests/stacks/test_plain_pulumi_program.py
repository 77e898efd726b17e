"""What plain `pulumi up` runs takes from its studio everything that the command takes."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from soundstage.projectfile.spec import Project
from soundstage.stacks.programs.studio_outputs import Shared
from soundstage.stacks.pulumi_program.__main__ import shared_of


class _StudioStack:
    """Stands for a `StackReference`: it hands out the name of what it was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def require_output(self, key: str) -> Any:
        return {region: f"{key} {region}" for region in ("eu-west-1", "eu-central-1", "people", "services")}


@pytest.fixture(autouse=True)
def studio_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "StackReference", _StudioStack)


def project(**storage: str) -> Project:
    return Project.model_validate({"project": "teaser", "region": "eu-west-1", "storage": storage})


def test_plain_pulumi_puts_every_role_under_the_studios_boundary() -> None:
    shared = shared_of(project(), "organization/soundstage/home")
    assert shared.boundary("people") == "boundary_arns people"
    assert shared.boundary("services") == "boundary_arns services"


def test_plain_pulumi_leaves_out_nothing_that_a_project_uses_of_its_studio() -> None:
    shared = shared_of(project(backup_region="eu-central-1"), "organization/soundstage/home")
    # What the studio file said when the studio came up serves the command alone, which tells when the file has changed.
    used = [field.name for field in fields(Shared) if field.name not in ("declared", "disk_keys")]  # Google's
    assert [name for name in used if not getattr(shared, name)] == []
    assert shared.covers({"eu-west-1", "eu-central-1"})


def test_without_a_studio_stack_nothing_is_taken() -> None:
    assert shared_of(project(), None) == Shared()


def test_the_settings_of_plain_pulumi_are_yaml_in_which_each_has_its_default(repository: Path) -> None:
    """A colon in a description once made the file no YAML, and `pulumi` refused to start."""
    settings = yaml.safe_load((repository / "Pulumi.yaml").read_text("utf-8"))
    assert settings["config"]["soundstage:studio-stack"]["default"] == ""
