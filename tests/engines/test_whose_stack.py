"""A stack that the backend has already is ours, or refused."""

from typing import Any

import pytest

from soundstage.core.errors import UsageError
from soundstage.engines.base import StackName
from soundstage.engines.pulumi.ownership import refuse_foreign

STACK = StackName("soundstage", "teaser")
ROOT = {"type": "pulumi:pulumi:Stack"}
NETWORK = {"type": "soundstage:aws:StudioNetwork"}


def tagged(studio: str) -> dict[str, Any]:
    return {"type": "aws:ec2/vpc:Vpc", "inputs": {"tags": {"soundstage:studio": studio}}}


@pytest.mark.parametrize(
    "resources", [[], [ROOT], [ROOT, NETWORK], [ROOT, NETWORK, tagged("home")], [tagged("home"), tagged("shared")]]
)
def test_what_is_empty_or_carries_our_studio_is_ours(resources: list[Any]) -> None:
    refuse_foreign({"resources": resources}, STACK, "home", "s3://states")


@pytest.mark.parametrize(
    ("resources", "whose"),
    [
        ([ROOT, NETWORK, tagged("northlight")], "of studio northlight"),
        ([ROOT, {"type": "aws:ec2/vpc:Vpc", "inputs": {"tags": {"Name": "web"}}}], "not made by Soundstage"),
        ([ROOT, {"type": "random:index/randomPet:RandomPet", "inputs": {"tags": "odd"}}], "not made by Soundstage"),
    ],
)
def test_another_studios_or_programs_stack_is_refused_by_name(resources: list[Any], whose: str) -> None:
    with pytest.raises(UsageError) as refused:
        refuse_foreign({"resources": resources}, STACK, "home", "s3://states")
    assert f"s3://states has a stack soundstage/teaser already, which is {whose}" in refused.value.message
    assert "another name" in refused.value.hint
