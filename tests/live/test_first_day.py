"""A studio and a project come up, are looked at from outside, and go. The same facts on the simulated cloud and on AWS."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import cost
import pytest
from account_facts import ONCE_DOWN, WHILE_UP, the_account_refuses_public_buckets
from botocore.exceptions import ClientError
from outside_view import Outside
from short_life import Life

Fact: TypeAlias = Callable[[Outside], None]

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def lived(request: pytest.FixtureRequest) -> Iterator[tuple[Life, Outside]]:
    """Bring it up; take it down whatever comes of the facts."""
    life, outside = request.getfixturevalue(request.param)
    try:
        life.up()
        yield life, outside
    finally:
        if not life.seconds_up:
            life.down()


def holds(fact: Fact, outside: Outside) -> bool:
    try:
        fact(outside)
    except (AssertionError, ValueError, LookupError, ClientError):
        return False
    return True


CLOUDS = pytest.mark.parametrize(
    "lived", ["simulated", pytest.param("real", marks=pytest.mark.live)], indirect=True, scope="module"
)


@CLOUDS
@pytest.mark.parametrize("fact", WHILE_UP, ids=lambda fact: fact.__name__)
def test_while_it_is_up(lived: tuple[Life, Outside], fact: Fact) -> None:
    fact(lived[1])


@CLOUDS
def test_a_second_preview_changes_nothing(lived: tuple[Life, Outside]) -> None:
    assert lived[0].changes() == []


@CLOUDS
def test_no_more_is_there_than_was_agreed_to(lived: tuple[Life, Outside]) -> None:
    counted = cost.things(lived[1])
    assert counted.machines <= cost.MOST.machines
    assert counted.disk_gib <= cost.MOST.disk_gib
    assert counted.endpoint_zones <= cost.MOST.endpoint_zones
    assert counted.keys <= cost.MOST.keys


@CLOUDS
def test_all_of_it_is_gone_once_it_is_down(lived: tuple[Life, Outside]) -> None:
    life, outside = lived
    life.down()
    assert [fact.__name__ for fact in ONCE_DOWN if not holds(fact, outside)] == []


def test_no_fact_holds_of_itself(simulated: tuple[Life, Outside]) -> None:
    """Of an account in which nothing is, none of them is true: each can fail."""
    _, outside = simulated
    empty = replace(outside, studio="nobody", project="nothing", region="eu-central-1")
    assert [fact.__name__ for fact in WHILE_UP if holds(fact, empty)] in (
        [],
        [the_account_refuses_public_buckets.__name__],
    )
