"""In which order places and types are tried, and how a choice is remembered."""

from typing import Any

import pytest

from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.pricing.facts import machine_price
from soundstage.projectfile.project_file import Fallback, Project, Workstation
from soundstage.stacks.capacity.order import Choice, as_chosen, kept_stand_ins, known_price, network_zones, order, told

ZONES = ("a", "b", "c")
PRICES = {"g5.xlarge": 1.0, "g4dn.xlarge": 0.5, "g6.xlarge": 0.9}
ABLE = {"g5.xlarge": {"a", "c"}, "g4dn.xlarge": {"a", "b", "c"}, "g6.xlarge": {"b"}, "g6e.xlarge": {"a"}}


def price(type: str, _os: str, purchase: str) -> float | None:
    return PRICES[type] * (0.4 if purchase == "spot" else 1) if type in PRICES else None


def machine(*types: str, limit: float | None = None, **said: Any) -> Workstation:
    fallback = Fallback(types=types, max_hourly_usd=limit)
    return Workstation.model_validate({"for": "editing", "instance_type": "g5.xlarge", **said}).model_copy(
        update={"fallback": fallback}
    )


def tried(one: Workstation, *, moves: bool = True) -> list[str]:
    return [str(each) for each in order(one, Choice("g5.xlarge", "a"), ZONES, ABLE, price, moves=moves)]


@pytest.mark.parametrize(
    ("one", "moves", "expected"),
    [
        pytest.param(machine(), True, ["g5.xlarge in a", "g5.xlarge in c"], id="another-type-is-never-taken-unasked"),
        pytest.param(
            machine("g4dn.xlarge", "g6.xlarge"), True,
            ["g5.xlarge in a", "g5.xlarge in c", "g4dn.xlarge in a", "g4dn.xlarge in b", "g4dn.xlarge in c", "g6.xlarge in b"],
            id="zones-first-then-types-as-they-are-written",
        ),
        pytest.param(
            machine("g4dn.xlarge", "g6.xlarge"), False, ["g5.xlarge in a", "g4dn.xlarge in a"], id="a-work-disk-holds-it-in-its-zone"
        ),
        pytest.param(machine("g6.xlarge", limit=0.8), True, ["g5.xlarge in a", "g5.xlarge in c"], id="too-dear"),
        pytest.param(
            machine("g6.xlarge", "g4dn.xlarge", limit=0.3, purchase="spot"), False, ["g5.xlarge in a", "g4dn.xlarge in a"],
            id="a-spot-machine-was-held-to-the-price-on-demand",
        ),
        pytest.param(machine("g6e.xlarge", limit=5), True, ["g5.xlarge in a", "g5.xlarge in c"], id="of-unknown-price"),
        pytest.param(machine("g6e.xlarge"), False, ["g5.xlarge in a", "g6e.xlarge in a"], id="no-limit-no-price-needed"),
    ],
)  # fmt: skip
def test_the_order(one: Workstation, moves: bool, expected: list[str]) -> None:
    assert tried(one, moves=moves) == expected


def test_the_plans_own_choice_stays_first_even_where_the_zone_no_longer_offers_it() -> None:
    first = Choice("g6.xlarge", "a")
    assert order(machine(), first, ZONES, ABLE, price, moves=True)[0] == first


def test_a_network_takes_no_more_zones_than_it_has_room_for() -> None:
    assert network_zones(["b", "a"], ["a", "b", "c", "d"]) == ("b", "a", "c")
    assert network_zones(["b", "a", "d"], ["a", "b", "c", "d"]) == ("b", "a", "d")


def project(**machines: Workstation) -> Project:
    return Project(project="teaser").model_copy(update={"workstations": machines})


def made(type: str, instead_of: str | None, name: str = "edit-1") -> Plan:
    tags = {"soundstage:workstation": name} | ({"soundstage:instead-of": instead_of} if instead_of else {})
    one = PlannedResource(
        "urn", "aws:ec2/instance:Instance", "x", Operation.SAME, inputs={"instanceType": type, "tags": tags}
    )
    return Plan("soundstage", "teaser", (one,))


@pytest.mark.parametrize(
    ("one", "recorded", "kept"),
    [
        pytest.param(
            machine("g4dn.xlarge"), made("g4dn.xlarge", "g5.xlarge"), {"edit-1": "g4dn.xlarge"}, id="remembered"
        ),
        pytest.param(machine(), made("g4dn.xlarge", "g5.xlarge"), {}, id="no-longer-allowed"),
        pytest.param(
            machine("g4dn.xlarge"), made("g4dn.xlarge", "g6.xlarge"), {}, id="the-file-wants-something-else-now"
        ),
        pytest.param(machine("g4dn.xlarge"), made("g4dn.xlarge", None), {}, id="it-was-wanted-then"),
        pytest.param(machine("g4dn.xlarge"), made("g4dn.xlarge", "g5.xlarge", "other"), {}, id="another-machine"),
    ],
)
def test_a_choice_is_remembered_as_long_as_the_file_means_the_same(
    one: Workstation, recorded: Plan, kept: dict[str, str]
) -> None:
    assert kept_stand_ins(project(**{"edit-1": one}), recorded) == kept


def test_a_choice_counts_as_if_the_file_said_it_and_leaves_other_machines_alone() -> None:
    before = project(one=machine(), two=machine(availability_zone="eu-west-1a"))
    after = as_chosen(before, {"one": Choice("g4dn.xlarge", "c")}, {})
    assert (after.workstations["one"].instance_type, after.zone_of("one")) == ("g4dn.xlarge", "c")
    assert after.workstations["two"] == before.workstations["two"]
    assert as_chosen(before, {}, {}) is before


def test_the_limit_of_a_spot_machine_is_held_against_the_dearest_zone() -> None:
    known, found = known_price("eu-west-1"), machine_price("aws", "g5.16xlarge", "eu-west-1")
    assert found
    assert found.spot
    assert known("g5.16xlarge", "linux", "spot") == found.spot[1]
    assert known("g5.16xlarge", "linux", "on-demand") == found.linux
    assert known("p99.xlarge", "linux", "spot") is None
    # Where no spot price is known, that on demand, above which AWS takes nothing.
    assert known_price("eu-west-1")("g5.xlarge", "linux", "spot") == known_price("eu-west-1")(
        "g5.xlarge", "linux", "on-demand"
    )


def test_the_sentences_name_each_order_once_with_prices_of_other_types() -> None:
    some = project(one=machine("g4dn.xlarge"), two=machine("g4dn.xlarge"), three=machine("g6.xlarge", limit=0.1))
    orders = {
        name: order(each, Choice("g5.xlarge", "a"), ZONES, ABLE, price, moves=name != "three")
        for name, each in some.workstations.items()
    }
    assert list(told(some, orders, price)) == [
        "Should AWS have no g5.xlarge free in a for one and two, c, then g4dn.xlarge (0.50 USD an hour) in a, b, c would be tried.",
        "Should AWS have no g5.xlarge free in a for three, nothing else would be tried.",
        "three: g6.xlarge of `fallback.types` is left out: above `max_hourly_usd` 0.1, or of unknown price.",
    ]
