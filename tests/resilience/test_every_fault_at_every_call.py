"""Each fault of the simulated cloud, at every call of `up` and `down` of the teaser.

A fault that passes is put at every n-th call of one run, n runs with the places shifted by one: `make soak` shifts through all
of them, `make test` takes one. A fault that does not pass ends the command, which is typed again until it gets through.
"""

import re
from collections.abc import Callable

import pytest
from stage import Stage, assert_same

from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

pytestmark = [pytest.mark.slow]

FILE = "teaser.yaml"
UP, DOWN = ("up", FILE, "--yes"), ("down", FILE, "--delete-media", "--yes")
PASSING = ("throttle", "server-error", "timeout", "connection-lost", "lost-answer")
REFUSING = {
    "no-capacity": r"AWS has no \S+ free in \S+ now.*none free of",
    "expired-credential": "(?i)expired",
    "denied": "may not|not authorized|permission",
}
ZONES = 3
"""Of the teaser's region: a machine is looked for in each."""
STRIDE = 12
"""A passing fault at every twelfth call: never twice at one call in a row of eight attempts."""
MOST = 600
"""More calls than any of the commands makes."""


@pytest.fixture(scope="module")
def stage(new_stage: Callable[..., Stage]) -> Stage:
    stage = new_stage(FILE)
    # The studio's stack stays up: it is no part of the matrix.
    stage.must(*UP)
    stage.must(*DOWN)
    return stage


@pytest.fixture(scope="module")
def empty(stage: Stage) -> dict[str, list[str]]:
    return stage.picture()


@pytest.fixture(scope="module")
def full(stage: Stage, empty: dict[str, list[str]]) -> dict[str, list[str]]:
    stage.must(*UP)
    picture = stage.picture()
    stage.must(*DOWN)
    return picture


def used_up(stage: Stage, rules: list[FaultRule]) -> int:
    """How many of the faults were made, and no more of them."""
    left = len(process.list_faults(stage.home))
    process.clear_faults(stage.home)
    return len(rules) - left


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_tried_again_and_said(
    kind: str,
    stage: Stage,
    empty: dict[str, list[str]],
    full: dict[str, list[str]],
    soak: bool,
    record_property: Callable[[str, object], None],
) -> None:
    made = 0
    for shift in range(STRIDE) if soak else (PASSING.index(kind),):
        for arguments, expected in ((UP, full), (DOWN, empty)):
            # Each rule counts the calls that reach it: the ones that an earlier rule answers do not.
            rules = [
                FaultRule("*:*", kind, after=shift + place * (STRIDE - 1), seconds=0.05)
                for place in range(MOST // STRIDE)
            ]
            process.set_faults(stage.home, rules)
            ran = stage.run(*arguments)
            faults = used_up(stage, rules)
            made += faults
            assert ran.code == 0, f"{kind} {shift} {arguments}\n{ran.err}"
            assert faults > 3
            assert "attempt 2 of" in ran.err or "again in" in ran.err
            assert_same(stage.picture(), expected, f"{kind} {shift} {arguments}")
    record_property("count", (f"fault {kind!r} injected", made))


@pytest.mark.parametrize("kind", REFUSING)
def test_what_does_not_pass_is_refused_in_words_and_the_same_command_goes_on(
    kind: str,
    stage: Stage,
    empty: dict[str, list[str]],
    full: dict[str, list[str]],
    soak: bool,
    record_property: Callable[[str, object], None],
) -> None:
    refusals = 0
    for arguments, expected in ((UP, full), (DOWN, empty)):
        after, step = 0, 1 if soak else 100
        while True:
            is_full = kind == "no-capacity"
            rule = FaultRule("ec2:RunInstances" if is_full else "*:*", kind, ZONES if is_full else 1, after=after)
            process.set_faults(stage.home, [rule])
            ran = stage.run(*arguments)
            made = used_up(stage, [rule])
            if ran.code == 0:
                if not made:
                    break
                after += step  # the fault met a question whose answer may be missing
                continue
            refusals += 1
            assert ran.code in (1, 4), ran.err
            assert re.search(REFUSING[kind], ran.err, re.DOTALL), ran.err
            assert "Traceback" not in ran.err
            assert "inside Soundstage" not in ran.err
            after = 0 if kind == "no-capacity" else after + step
            if kind == "no-capacity":
                break
        stage.must(*arguments)
        # A machine that was looked for in each zone stands in the last, which its network had no subnet in before.
        apart = "Subnets" if kind == "no-capacity" and arguments == UP else ""
        assert_same(_without(stage.picture(), apart), _without(expected, apart), f"{kind} {arguments}")
    assert refusals
    record_property("count", (f"fault {kind!r} refused", refusals))


def _without(picture: dict[str, list[str]], kind: str) -> dict[str, list[str]]:
    return {name: found for name, found in picture.items() if not kind or not name.endswith(kind)}


def test_a_deletion_that_something_blocks_names_it(stage: Stage, full: dict[str, list[str]]) -> None:
    stage.must(*UP)
    cloud = process.ensure(stage.home)
    ec2 = cloud.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:soundstage:project", "Values": ["teaser"]}])["Vpcs"]
    (subnet, *_) = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    foreign = ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"]["NetworkInterfaceId"]
    ran = stage.run(*DOWN)
    assert ran.code == 1
    assert foreign in ran.err
    ec2.delete_network_interface(NetworkInterfaceId=foreign)
    stage.must(*DOWN)
