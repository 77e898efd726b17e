"""The simulated account does not grow with everything that ever was in it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.simulator.answer import Answer
from soundstage.simulator.aws import expiry
from soundstage.simulator.aws.caller import Session
from soundstage.simulator.aws.caller import Sessions as Issued
from soundstage.simulator.aws.gaps.ssm import Sessions
from soundstage.simulator.aws.gaps.tokens import Tokens
from soundstage.simulator.memory import GLOBAL, Memory

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = 1_790_000_000.0
HOUR, DAY = 3600.0, 24 * 3600.0


class Kept:
    """Something with a state."""

    def __init__(self, state: str, **more: Any) -> None:
        vars(self).update(state=state, **more)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """An EC2 and a KMS of one region, as moto keeps them."""
    machines = [Kept("running"), Kept("terminated")]
    dying = SimpleNamespace(
        id="k", key_state="PendingDeletion", deletion_date=datetime.fromtimestamp(START + 7 * DAY, UTC)
    )
    world = SimpleNamespace(
        ec2=SimpleNamespace(
            reservations={"r": SimpleNamespace(instances=machines)},
            vpc_end_points={"here": Kept("available"), "gone": Kept("deleted")},
            nat_gateways={"here": Kept("available"), "gone": Kept("deleted")},
        ),
        kms=SimpleNamespace(
            keys={"k": dying, "live": SimpleNamespace(id="live", key_state="Enabled", deletion_date=None)}
        ),
    )
    monkeypatch.setattr(expiry, "used", lambda service, _account: [(REGION, getattr(world, service))])
    return world


def test_what_was_deleted_is_shown_for_an_hour_and_then_no_more(world: SimpleNamespace) -> None:
    memory = Memory()
    for at, shown in ((0.0, True), (HOUR - 1, True), (HOUR + 61, False)):
        expiry.forget(memory, ACCOUNT, START + at)
        for kept in (world.ec2.vpc_end_points, world.ec2.nat_gateways):
            assert ("gone" in kept) is shown
            assert "here" in kept
        states = [each.state for each in world.ec2.reservations["r"].instances]
        assert states == ["running", *(["terminated"] if shown else [])]


def test_a_key_goes_when_its_waiting_period_is_over(world: SimpleNamespace) -> None:
    memory = Memory()
    expiry.forget(memory, ACCOUNT, START + 7 * DAY - 100)
    assert set(world.kms.keys) == {"k", "live"}
    expiry.forget(memory, ACCOUNT, START + 7 * DAY)
    assert set(world.kms.keys) == {"live"}


@pytest.mark.usefixtures("world")
def test_tokens_and_sessions_that_are_over_are_forgotten() -> None:
    memory = Memory()
    ends = datetime.fromtimestamp(START, UTC) + timedelta(hours=1)
    memory.of(Issued, ACCOUNT, GLOBAL).issued.update(a=Session("s", "t", ends, ACCOUNT))
    memory.of(Tokens, ACCOUNT, REGION).answers["RunInstances", "t"] = ("digest", Answer(200))
    sessions = memory.of(Sessions, ACCOUNT, REGION).sessions
    sessions.update(open={"Status": "Connected"}, ended={"Status": "Terminated", "EndDate": START})
    expiry.forget(memory, ACCOUNT, START)
    assert memory.of(Issued, ACCOUNT, GLOBAL).issued
    expiry.forget(memory, ACCOUNT, START + DAY + 60)
    assert not memory.of(Issued, ACCOUNT, GLOBAL).issued
    assert not memory.of(Tokens, ACCOUNT, REGION).answers
    assert set(sessions) == {"open", "ended"}
    expiry.forget(memory, ACCOUNT, START + 31 * DAY)
    assert set(sessions) == {"open"}


def test_it_looks_once_a_minute_so_that_calls_stay_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(expiry, "used", lambda service, _account: looked.append(service) or [])
    memory = Memory()
    for at in (0.0, 1.0, 59.0, 61.0):
        expiry.forget(memory, ACCOUNT, START + at)
    assert looked == ["ec2", "kms"] * 2


def test_a_list_that_was_read_page_by_page_kept_the_world_from_being_saved() -> None:
    import pickle

    from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

    from soundstage.simulator.aws.patches import pages

    pages.apply()
    backend = ResourceGroupsTaggingAPIBackend(REGION, ACCOUNT)
    backend._pages["next"] = {"gen": (one for one in "ab"), "misc": None}
    assert pickle.loads(pickle.dumps(backend))._pages == {}
    assert "next" in backend._pages
