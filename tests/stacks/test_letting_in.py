"""The commands that let somebody in to the machines of one project on Google Cloud."""

import re
import shlex

import pytest

from soundstage.simulator.gcp import expressions
from soundstage.stacks.clouds.gcp.letting_in import commands

PLACE = "projects/film/zones/europe-west4-a/instances"


def _tunnels(*machines: str) -> list[str]:
    """The conditions under which somebody gets through to these machines."""
    up = {name: {"instance_id": f"{PLACE}/{name}", "role_arn": "ws@film.example"} for name in machines}
    told = commands(
        "film", "teaser", {"roles": {"artist": "projects/film/roles/soundstage.artist.1"}, "workstations": up}
    )
    options = [word for line in told for word in shlex.split(line) if word.startswith("--condition=title=")]
    return [option.partition("expression=")[2] for option in options]


def _lets(condition: str, machine: str, port: int) -> bool:
    name = f"projects/film/iap_tunnel/zones/europe-west4-a/instances/{machine}"
    return expressions.holds(condition, {"resource.name": name, "destination.port": port})


@pytest.mark.parametrize(
    ("machine", "port", "reached"),
    [
        ("teaser-edit-1-instance-1234567", 22, True),
        ("teaser-edit-1-instance-1234567", 8443, True),
        ("teaser-edit-1-instance-1234567", 5432, False),
        ("teaser-2-edit-1-instance-1234567", 22, False),
        ("teaser-edit-1-instance-7654321", 22, False),
        ("my-teaser-edit-1-instance-1234567", 22, False),
    ],
)
def test_a_tunnel_led_to_every_machine_of_the_google_cloud_project(machine: str, port: int, reached: bool) -> None:
    (condition,) = _tunnels("teaser-edit-1-instance-1234567")
    assert _lets(condition, machine, port) is reached


@pytest.mark.parametrize("count", [1, 8, 9, 20])
def test_no_condition_has_more_operators_than_google_takes(count: int) -> None:
    names = [f"teaser-edit-{number}-instance" for number in range(count)]
    conditions = _tunnels(*names)
    assert all(len(re.findall(r"&&|\|\|", one)) <= 12 for one in conditions)
    assert all(sum(_lets(one, name, 22) for one in conditions) == 1 for name in names)


def test_nothing_is_said_of_a_project_that_is_down() -> None:
    assert commands("film", "teaser", {}) == ()
