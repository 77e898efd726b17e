"""Associations of State Manager on the simulated cloud, as boto3 sees them."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.simulator.testing import simulated_cloud

PATCHES = {
    "Name": "AWS-RunPatchBaseline",
    "AssociationName": "home.teaser.patches",
    "ScheduleExpression": "cron(0 2 ? * SAT#3 *)",
    "ApplyOnlyAtCronInterval": True,
    "Parameters": {"Operation": ["Install"]},
    "Targets": [{"Key": "tag:soundstage:project", "Values": ["teaser"]}],
}


@pytest.fixture(scope="module")
def ssm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with simulated_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud.client("ssm", "eu-west-1")


def test_an_association_lives_with_its_tags(ssm: Any) -> None:
    made = ssm.create_association(**PATCHES, Tags=[{"Key": "colour", "Value": "red"}])["AssociationDescription"]
    id = made["AssociationId"]
    assert ssm.describe_association(AssociationId=id)["AssociationDescription"]["Parameters"] == {
        "Operation": ["Install"]
    }
    asked = [{"key": "AssociationName", "value": "home.teaser.patches"}]
    assert [one["AssociationId"] for one in ssm.list_associations(AssociationFilterList=asked)["Associations"]] == [id]
    resource = {"ResourceType": "Association", "ResourceId": id}
    ssm.add_tags_to_resource(**resource, Tags=[{"Key": "client", "Value": "northlight"}])
    ssm.remove_tags_from_resource(**resource, TagKeys=["colour"])
    assert ssm.list_tags_for_resource(**resource)["TagList"] == [{"Key": "client", "Value": "northlight"}]
    # What an update leaves out is taken away.
    changed = ssm.update_association(AssociationId=id, ScheduleExpression="rate(30 days)", Targets=PATCHES["Targets"])
    assert "Parameters" not in changed["AssociationDescription"]
    assert changed["AssociationDescription"]["AssociationVersion"] == "2"
    ssm.delete_association(AssociationId=id)
    with pytest.raises(ClientError, match="AssociationDoesNotExist"):
        ssm.describe_association(AssociationId=id)
    with pytest.raises(ClientError, match="InvalidResourceId"):
        ssm.list_tags_for_resource(**resource)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ScheduleExpression": "every month"}, "InvalidSchedule"),
        ({"AssociationName": "a b"}, "ValidationException"),
        ({"Targets": []}, "InvalidTarget"),
    ],
)
def test_what_the_service_does_not_take(ssm: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError, match=code):
        ssm.create_association(**PATCHES | changes)


def test_tags_of_other_things_are_still_moto_s(ssm: Any) -> None:
    ssm.put_parameter(Name="/p", Type="String", Value="v")
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="/p", Tags=[{"Key": "a", "Value": "b"}])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/p")["TagList"] == [
        {"Key": "a", "Value": "b"}
    ]
