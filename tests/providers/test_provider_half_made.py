"""A create or an update that the cloud refuses in the middle: the resource is kept, and the next update finishes it."""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from tests.providers.test_provider_lifecycles import CASES, Life, World, urn

from soundstage.core.errors import CloudError, HalfMade
from soundstage.core.values import Properties
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint


@pytest.fixture(scope="module")
def world(cloud_home: Path, _shared_cloud: Endpoint) -> Iterator[World]:
    process.reset(cloud_home)
    yield World(_shared_cloud)
    process.reset(cloud_home)


@contextlib.contextmanager
def refusing(number: int) -> Iterator[None]:
    """Refuse this call, counted from 1. A credential that expires in the middle refuses those that only look as well."""
    left = itertools.count(number - 1, -1)
    call: Any = BaseClient._make_api_call

    def make(self: Any, operation: str, params: Any) -> Any:
        if next(left) == 0:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(self, operation, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", make)
        yield


class Refused(Life):
    """A resource whose create is refused at one of its calls. `half` says whether it is there all the same."""

    def __init__(self, world: World, type: str, inputs: Properties, number: int) -> None:
        self.provider, self.type = world.provider, type
        self.inputs = self.provider.check(type, urn(type), {}, world.fill(inputs), os.urandom(16)).inputs
        self.id, self.half = "", False
        try:
            with refusing(number):
                created = self.provider.create(type, urn(type), self.inputs)
                self.id, self.outputs = created.id, created.outputs
        except HalfMade as error:
            self.id, self.outputs, self.half = error.id, error.outputs, True
        except CloudError:
            pass

    def finish(self, wanted: Properties) -> None:
        """Update it whatever the difference says, as engines do with what was left in the middle."""
        self.wanted = wanted
        self._update()


@pytest.mark.parametrize("type", CASES)
def test_a_create_that_is_refused_at_any_later_call_is_kept_and_finished(
    world: World, type: str, record_property: Callable[[str, object], None]
) -> None:
    halves = 0
    for number in itertools.count(1):
        life = Refused(world, type, CASES[type].inputs, number)
        if not life.id:
            continue  # the call that makes it: nothing is there
        if life.half:
            halves += 1
            assert life.provider.diff(type, life.id, life.inputs, life.outputs, life.inputs).changes
            life.finish(life.inputs)
        assert life.drift() == [], f"refused at call {number}"
        assert life.moved_outputs() == {}
        assert not life.provider.diff(type, life.id, life.inputs, life.outputs, life.inputs).changes
        whole = not life.half
        life.delete()
        if whole:
            break
    record_property("count", ("creates that were kept half made", halves))


NO_WAY_BACK = {
    "aws:cloudtrail/trail:Trail": "UpdateTrail leaves a prefix that it is not told as it is",
    "aws:ebs/volume:Volume": "a disk never shrinks",
    "aws:ec2/instance:Instance": "its first disk never shrinks",
}
"""Types whose changes in the cases cannot be taken back: these are finished."""


@pytest.mark.parametrize("type", [type for type in CASES if CASES[type].changes])
def test_an_update_that_is_refused_at_any_call_is_taken_back_or_finished(world: World, type: str) -> None:
    news: Properties = {}
    for change in CASES[type].changes:
        news |= world.fill(change) | {name: None for name, value in change.items() if value is None}
    for number in itertools.count(1):
        life = Life(world, type, CASES[type].inputs)
        before = life.inputs
        try:
            with refusing(number):
                life.change(news)
        except HalfMade as error:
            life.id, life.outputs = error.id, error.outputs
            if type not in NO_WAY_BACK:
                life.wanted = before
            life._update()
            assert life.drift() == [], f"refused at call {number}"
            assert life.moved_outputs() == {}
            life.delete()
        else:
            life.delete()
            break
