"""EncryptionKey: rotated, slow to die, kept, and named."""

from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.key import EncryptionKey
from soundstage.components.ownership import stack_label
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]


def test_a_key_rotates_and_takes_thirty_days_to_die(deploy: Deploy) -> None:
    key = deploy(lambda: EncryptionKey("teaser", {"description": "Media"})).one("Key")
    assert key.inputs["enableKeyRotation"] is True
    assert key.inputs["deletionWindowInDays"] == 30


@pytest.mark.parametrize(("keep", "protected"), [({}, True), ({"keep": True}, True), ({"keep": False}, False)])
def test_a_key_outlives_its_stack_unless_told_otherwise(deploy: Deploy, keep: Any, protected: bool) -> None:
    made = deploy(lambda: EncryptionKey("teaser", {"description": "Media", **keep}))
    assert {each.protect for each in made.resources} == {protected}


def test_the_second_stack_of_a_program_that_names_nobody_met_the_alias_of_the_first(deploy: Deploy) -> None:
    made = deploy(lambda: EncryptionKey("teaser", {"description": "Media"}))
    assert made.one("Alias").inputs["name"] == f"alias/soundstage/{stack_label('soundstage', 'teaser')}/teaser"
    assert made.outputs["teaser"].keys() == {"arn", "keyId", "aliasName"}


def test_keys_of_two_studios_in_one_account_do_not_share_an_alias(deploy: Deploy) -> None:
    made = deploy(lambda: EncryptionKey("teaser", {"description": "Media", "tags": base_tags("home")}))
    assert made.one("Alias").inputs["name"] == "alias/soundstage/home/teaser"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"used_through": ["lambda"]}, "used_through"),
        ({"used_by": ["log"]}, '"logs"'),
        ({"used_through": [], "used_by": []}, "name at least one service"),
        ({"tags": {"k": "\n"}}, "tag"),
        ({"descripton": "x"}, '"description"'),
    ],
)
def test_a_wrong_argument_is_refused(deploy: Deploy, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        deploy(lambda: EncryptionKey("teaser", {"description": "Media", **changes}))  # type: ignore[typeddict-item]


def test_a_key_of_a_file_server_lets_that_service_hold_grants(deploy: Deploy) -> None:
    made = deploy(
        lambda: EncryptionKey("files", {"description": "Files", "used_through": ["fsx", "elasticfilesystem"]})
    )
    policy = made.one("Key").policy()
    assert {"FileServersHoldGrants", "FileSystemsHoldGrants"} <= set(policy)
    assert (
        policy["FileServersHoldGrants"]["Condition"]["StringEquals"]["kms:ViaService"] == "fsx.eu-west-1.amazonaws.com"
    )


def test_studio_and_project_are_arguments_that_tags_need_not_carry(deploy: Deploy) -> None:
    made = deploy(lambda: EncryptionKey("files", {"description": "Files", "studio": "home", "project": "teaser"}))
    assert made.one("Alias").inputs["name"] == "alias/soundstage/home/teaser/files"
    assert (
        made.one("Key").inputs["tags"].items() >= {"soundstage:studio": "home", "soundstage:project": "teaser"}.items()
    )
