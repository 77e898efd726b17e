"""AccessRoles: three roles, one boundary, second factors. What each may do is in `policies/`."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from soundstage.components.aws.access import AccessRoles
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
ANA = "arn:aws:iam::123456789012:user/ana"


def access(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {
        "studio": "home",
        "project": "teaser",
        "bucket_name": "home-media-teaser-2e266559",
        "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1",
        "tags": base_tags("home", "teaser"),
        **changes,
    }
    return deploy(lambda: AccessRoles("teaser", args))


def test_every_role_lives_inside_the_boundary_and_the_projects_path(deploy: Deploy) -> None:
    made = access(deploy)
    assert {each.inputs["name"] for each in made.all("Role")} == {
        "home-teaser-admin",
        "home-teaser-artist",
        "home-teaser-reviewer",
    }
    for role in made.all("Role"):
        assert role.inputs["permissionsBoundary"] == made.outputs["teaser"]["boundaryArn"]
        assert role.inputs["path"] == "/soundstage/home/teaser/"
        assert role.inputs["tags"]["soundstage:project"] == "teaser"


@pytest.mark.parametrize(("hours", "seconds"), [(None, 28800), (1, 3600), (12, 43200)])
def test_sessions_end_within_a_working_day(deploy: Deploy, hours: int | None, seconds: int) -> None:
    made = access(deploy, **({} if hours is None else {"session_hours": hours}))
    assert {each.inputs["maxSessionDuration"] for each in made.all("Role")} == {seconds}


def test_each_role_is_taken_by_the_people_named_for_it(deploy: Deploy) -> None:
    made = access(deploy, artists=[ANA])
    trusted = {
        each.inputs["name"]: each.policy("assumeRolePolicy")["PeopleWithSecondFactor"]["Principal"]["AWS"]
        for each in made.all("Role")
    }
    assert trusted == {
        "home-teaser-admin": ["arn:aws:iam::123456789012:root"],
        "home-teaser-artist": [ANA],
        "home-teaser-reviewer": ["arn:aws:iam::123456789012:root"],
    }


def test_every_role_asks_for_a_second_factor(deploy: Deploy) -> None:
    for role in access(deploy).all("Role"):
        (statement,) = role.policy("assumeRolePolicy").values()
        assert statement["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}


def test_outputs_name_what_people_type(deploy: Deploy) -> None:
    assert access(deploy).outputs["teaser"].keys() == {
        "adminRoleArn",
        "artistRoleArn",
        "reviewerRoleArn",
        "boundaryArn",
        "displayDocument",
        "loginDocument",
        "sshDocument",
    }


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"session_hours": 13}, "session_hours"),
        ({"session_hours": 0}, "session_hours"),
        ({"artists": ["*"]}, "artists"),
        ({"admins": ["arn:aws:iam::123456789012:user/*"]}, "admins"),
        ({"reviewers": ["arn:aws:iam::123456789012:root"]}, "reviewers"),
        ({"project": "a/b"}, "project"),
        ({"artist": [ANA]}, '"artists"'),
    ],
)
def test_a_wrong_argument_is_refused(deploy: Deploy, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        access(deploy, **changes)


def test_a_person_of_another_resource_is_taken_as_it_comes(deploy: Deploy) -> None:
    """What is not known before the update is judged when it is."""

    def program(given: str) -> Callable[[], object]:
        args: Any = {"studio": "home", "bucket_name": "b-1", "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}
        return lambda: AccessRoles("teaser", {**args, "artists": [pulumi.Output.from_input(given)]})

    made = deploy(program(ANA))
    role = next(role for role in made.all("Role") if role.name == "teaser-artist")
    assert role.inputs["name"] == "home.soundstage-teaser-artist"
    assert role.policy("assumeRolePolicy")["PeopleWithSecondFactor"]["Principal"] == {"AWS": [ANA]}
    with pytest.raises(Exception, match=r'AccessRoles "teaser": artists has'):
        deploy(program("*"))


def test_a_person_that_is_awaited_passed_for_no_person(deploy: Deploy) -> None:
    """What Pulumi calls an input is a value, an output, or anything that can be awaited."""

    async def known() -> str:
        return ANA

    def program() -> None:
        args: Any = {"studio": "home", "bucket_name": "b-1", "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}
        AccessRoles("teaser", {**args, "artists": [known()]})

    role = next(role for role in deploy(program).all("Role") if role.name == "teaser-artist")
    assert role.policy("assumeRolePolicy")["PeopleWithSecondFactor"]["Principal"] == {"AWS": [ANA]}
