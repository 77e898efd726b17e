"""Creates that the genuine engine asked for and of which nobody said how they ended: noted in the state, then settled."""

import json
from collections.abc import Collection
from typing import Any

import pytest
from pulumi.automation.events import OpType, StepEventMetadata, StepEventStateMetadata

from soundstage.core.values import Properties
from soundstage.engines.base import Unclear
from soundstage.engines.pulumi.recovery import settled, unfinished
from soundstage.engines.pulumi.unanswered import noted
from soundstage.providers.base import Sighting

ROOT = "urn:pulumi:stage::parity::"
SUBNET = "aws:ec2/subnet:Subnet"
PROVIDER = f"{ROOT}pulumi:providers:aws::aws::0f"
VPC = {"urn": f"{ROOT}aws:ec2/vpc:Vpc::vpc", "type": "aws:ec2/vpc:Vpc", "custom": True, "id": "vpc-1"}
OLD = {"urn": f"{ROOT}{SUBNET}::subnet", "type": SUBNET, "custom": True, "id": "subnet-1", "dependencies": [VPC["urn"]]}
ON_TOP = {
    "urn": f"{ROOT}aws:ec2/instance:Instance::machine", "type": "aws:ec2/instance:Instance", "custom": True, "id": "i-1",
    "dependencies": [OLD["urn"]],
}  # fmt: skip


def begun(**inputs: Any) -> StepEventMetadata:
    new = StepEventStateMetadata(SUBNET, OLD["urn"], "", "", PROVIDER, custom=True, inputs=inputs)
    return StepEventMetadata(OpType.CREATE, OLD["urn"], SUBNET, PROVIDER, new=new)


def there(type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:
    return Sighting("subnet-2")


def test_a_noted_create_is_unfinished_until_the_cloud_was_asked() -> None:
    deployment = noted({"resources": [VPC]}, [begun(vpcId="vpc-1", cidrBlock="10.0.0.0/24")])
    (one,) = unfinished(deployment)
    assert (one.name, one.type, one.doing) == ("subnet", SUBNET, "creating")
    assert one.inputs == {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"}
    after, told = settled(deployment, there, "")
    assert [state["urn"] for state in after["resources"]] == [VPC["urn"], OLD["urn"]]
    assert after["resources"][-1]["id"] == "subnet-2"
    assert told[0].id == "subnet-2"
    assert unfinished(after) == []


def test_what_was_found_is_deleted_before_what_it_was_made_for() -> None:
    """The engine's event does not say what a resource needs; without that a `down` would delete both at once."""
    after, _ = settled(noted({"resources": [VPC]}, [begun(vpcId="vpc-1")]), there, "")
    assert after["resources"][-1]["dependencies"] == [VPC["urn"]]


def test_what_is_not_there_leaves_nothing_on_record() -> None:
    deployment = noted({"resources": [VPC]}, [begun(vpcId="vpc-1")])
    after, _ = settled(deployment, lambda *_: Sighting(), "")
    assert after["resources"] == [VPC]


def test_noting_twice_is_noting_once() -> None:
    once = noted({"resources": [VPC]}, [begun(vpcId="vpc-1")])
    assert noted(once, [begun(vpcId="vpc-1")]) == once


def test_a_doubt_leaves_the_note_where_it_is() -> None:
    deployment = noted({"resources": [VPC]}, [begun(vpcId="vpc-1")])
    before = json.dumps(deployment)
    with pytest.raises(Unclear):
        settled(deployment, lambda *_: Sighting(doubt="It carries no tags."), "")
    assert json.dumps(deployment) == before


def test_of_a_replacement_the_new_one_takes_the_place_of_the_old_which_is_deleted_later() -> None:
    """Both have one URN: put at the end, the state would hold it twice, and nothing would delete the old one."""
    after, _ = settled(noted({"resources": [VPC, OLD, ON_TOP]}, [begun(vpcId="vpc-1")]), there, "")
    assert [(state.get("id"), state.get("delete", False)) for state in after["resources"]] == [
        ("vpc-1", False), ("subnet-2", False), ("subnet-1", True), ("i-1", False),
    ]  # fmt: skip


def test_of_a_replacement_whose_old_one_went_first_only_the_new_one_stays() -> None:
    gone = {**OLD, "pendingReplacement": True}
    after, _ = settled(noted({"resources": [VPC, gone]}, [begun(vpcId="vpc-1")]), there, "")
    assert [state["id"] for state in after["resources"]] == ["vpc-1", "subnet-2"]


def test_no_secret_is_noted() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hush-hush"}
    text = json.dumps(noted({"resources": [VPC]}, [begun(password=secret)]))
    assert "hush-hush" not in text
