"""What was reviewed is applied, or nothing is."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.core.values import Secret
from soundstage.plan.plan import Operation, Plan, PlannedResource, PreviewResult
from soundstage.plan.saved import Reviewed, Target, check, load, save

ROLE = PlannedResource("urn:pulumi:t::p::aws:iam/role:Role::role", "aws:iam/role:Role", "role", Operation.CREATE,
                       inputs={"name": "role-1234567", "path": "/", "__defaults": ["name"]})  # fmt: skip
HOME = Target("home", "teaser", "simulated", "123456789012", "eu-west-1")


def preview(*resources: PlannedResource) -> PreviewResult:
    return PreviewResult(Plan("p", "t", resources), None)


def reviewed(*resources: PlannedResource) -> Reviewed:
    return Reviewed(HOME, datetime(2026, 11, 21, tzinfo=UTC), preview(*resources))


def test_a_saved_plan_is_read_back_and_allows_the_same(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save(file, preview(ROLE), HOME)
    assert file.stat().st_mode & 0o777 == 0o600
    check(load(file), preview(ROLE), HOME)


def test_a_name_made_up_anew_is_no_difference() -> None:
    """Neither where it is made nor where others refer to it."""
    policy = replace(ROLE, urn="urn:pulumi:t::p::aws:iam/rolePolicy:RolePolicy::policy", name="policy",
                     inputs={"role": "role-1234567", "policy": '{"Resource": "arn:aws:iam::1:role/role-1234567"}'})  # fmt: skip
    then = reviewed(ROLE, policy)
    later = json.dumps(policy.inputs).replace("role-1234567", "role-7654321")
    now = preview(
        replace(ROLE, inputs={**ROLE.inputs, "name": "role-7654321"}), replace(policy, inputs=json.loads(later))
    )
    check(then, now, HOME)


def test_a_name_that_only_looks_made_up_is_a_difference() -> None:
    """`-abcdef0` at the end of a name that the program gave, or that something has that is there already."""
    given = replace(ROLE, inputs={"name": "role-1234567", "path": "/"})
    with pytest.raises(PreflightRefused):
        check(reviewed(given), preview(replace(given, inputs={"name": "role-7654321", "path": "/"})), HOME)


def test_the_same_operation_on_another_thing_is_a_difference() -> None:
    """What was reviewed has been replaced since; to delete its successor was not agreed to."""
    gone = replace(ROLE, operation=Operation.DELETE, id="i-1")
    check(reviewed(gone), preview(gone), HOME)
    with pytest.raises(PreflightRefused, match="differs in role"):
        check(reviewed(gone), preview(replace(gone, id="i-2")), HOME)


@pytest.mark.parametrize("what", ["studio", "project", "cloud", "account", "region"])
def test_a_plan_for_another_target_is_refused(what: str) -> None:
    other: dict[str, Any] = {what: "other"}
    with pytest.raises(PreflightRefused, match=rf"another target: {what} .* \(now other\)"):
        check(reviewed(ROLE), preview(ROLE), replace(HOME, **other))


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
    with pytest.raises(PreflightRefused, match=r"not what was reviewed .*; it differs in role"):
        check(reviewed(ROLE), now, HOME)


def test_a_resource_that_stays_may_look_different() -> None:
    same = replace(ROLE, operation=Operation.SAME)
    check(reviewed(same), preview(replace(same, inputs={"path": "/"})), HOME)


def test_secrets_are_not_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save(file, preview(replace(ROLE, inputs={"value": Secret("hush-hush")})), HOME)
    assert "hush-hush" not in file.read_text()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": "other"}', '{"format": "soundstage.preview/1"}', '{"format": "soundstage.preview/2"}',
     '{"format": "soundstage.preview/2", "target": [], "created": "2026-11-21"}',
     '{"format": "soundstage.preview/2", "target": {"studio": "a", "owner": "b"}, "created": "2026-11-21"}'],
)  # fmt: skip
def test_a_file_that_is_no_saved_plan_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(UsageError):
        load(file)


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        load(tmp_path / "none.json")
    assert "--save-plan" in caught.value.hint
