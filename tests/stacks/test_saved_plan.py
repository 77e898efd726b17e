"""What was reviewed is applied, or nothing is."""

from dataclasses import replace
from pathlib import Path

import pytest

from soundstage.components.errors import PreflightRefused, UsageError
from soundstage.components.values import Secret
from soundstage.stacks.deployment import PreviewResult
from soundstage.stacks.plan import Operation, Plan, PlannedResource
from soundstage.stacks.saved_plan import check, load, save

ROLE = PlannedResource("urn:pulumi:t::p::aws:iam/role:Role::role", "aws:iam/role:Role", "role", Operation.CREATE,
                       inputs={"name": "role-1234567", "path": "/"})  # fmt: skip


def preview(*resources: PlannedResource) -> PreviewResult:
    return PreviewResult(Plan("p", "t", resources), None)


def test_a_saved_plan_is_read_back_and_allows_the_same(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save(file, preview(ROLE))
    assert file.stat().st_mode & 0o777 == 0o600
    check(load(file), preview(ROLE))


def test_a_name_made_up_anew_is_no_difference() -> None:
    check(preview(ROLE), preview(replace(ROLE, inputs={"name": "role-7654321", "path": "/"})))


@pytest.mark.parametrize(
    "now",
    [
        preview(replace(ROLE, inputs={"name": "role-1234567", "path": "/other/"})),
        preview(replace(ROLE, operation=Operation.REPLACE)),
        preview(),
        preview(ROLE, replace(ROLE, urn=ROLE.urn + "2", operation=Operation.DELETE)),
        PreviewResult(Plan("p", "t", (ROLE,)), Plan("s", "t", (replace(ROLE, urn=ROLE.urn + "3"),))),
    ],
    ids=["another input", "another operation", "less", "more", "the studio's too"],
)
def test_anything_else_than_what_was_reviewed_is_refused(now: PreviewResult) -> None:
    with pytest.raises(PreflightRefused, match="not what was reviewed; it differs in role"):
        check(preview(ROLE), now)


def test_a_resource_that_stays_may_look_different() -> None:
    same = replace(ROLE, operation=Operation.SAME)
    check(preview(same), preview(replace(same, inputs={"path": "/"})))


def test_secrets_are_not_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save(file, preview(replace(ROLE, inputs={"value": Secret("hush-hush")})))
    assert "hush-hush" not in file.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', '{"format": "soundstage.preview/1"}'])
def test_a_file_that_is_no_saved_plan_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(UsageError):
        load(file)


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        load(tmp_path / "none.json")
    assert "--save-plan" in caught.value.hint
