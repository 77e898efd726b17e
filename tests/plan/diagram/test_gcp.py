"""A picture of Google Cloud says what is so: what a plan opens is drawn open, and nothing is called closed that the plan does not show closed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from tests.studios import planned_in

from soundstage.plan.diagram import picture
from soundstage.plan.diagram.facts import Reach
from soundstage.plan.diagram.gcp import facts
from soundstage.plan.diagram.outline import Box, Kind, Outline
from soundstage.plan.plan import Plan, PlannedResource

RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
FILES = {
    "closed": "workstations:\n  edit-1: {for: editing, user: ana}\n",
    "nat": "network: {zone: io, nat: true}\nbudget: {monthly_usd: 500, at_limit: stop}\nworkstations:\n"
    "  edit-1: {for: editing, hours: Mon-Fri 09:00-19:00 Europe/Lisbon}\n  mix-1: {for: audio, os: windows}\n",
    "bare": "",
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Plan]]:
    """What `up` would make of each file, and what is on record after the first of them came up."""
    files = {name: f"cloud: simulated-gcp\n{rest}" for name, rest in FILES.items()}
    with planned_in(tmp_path_factory.mktemp("diagram"), files, "closed") as plans:
        yield plans


def box(picture: Outline, title: str) -> Box:
    (found,) = (each for _, listed in picture.words() for each in listed if each.title.startswith(title))
    return found


def changed(plan: Plan, name: str, change: Callable[[PlannedResource], PlannedResource | None]) -> Plan:
    """The plan with one resource changed, or without it."""
    assert any(one.name.endswith(name) for one in plan)
    made = [change(one) if one.name.endswith(name) else one for one in plan]
    return replace(plan, resources=tuple(one for one in made if one is not None))


def with_inputs(**told: object) -> Callable[[PlannedResource], PlannedResource]:
    return lambda one: replace(one, inputs={**one.inputs, **told}, outputs={})


@pytest.mark.parametrize("name", ["closed", "recorded"])
def test_a_closed_project_is_drawn_closed_before_and_after_up(name: str, plans: Mapping[str, Plan]) -> None:
    shown = picture(plans[name])
    assert shown.closed.lines == (
        "No port of any machine is open, to anybody but Identity-Aware Proxy.",
        "No machine has an address on the internet.",
        "No machine can call the internet.",
        "No media are public.",
        "Media are encrypted.",
        "Media stay in one region: no copy is made elsewhere.",
    )
    assert box(shown, "No way out").kind is Kind.SHUT
    assert box(shown, "Door: Identity-Aware Proxy")
    machine = box(shown, "edit-1")
    assert machine.lines == ("editing, for ana", "g2-standard-8, linux", "work disk 200 GiB")
    media = box(shown, "Media, europe-west4")
    assert "What is overwritten or deleted can be fetched back for at least 180 days." in media.lines
    assert "Stays when the project is taken down." in media.lines
    assert "second factor" not in " ".join(box(shown, "People").lines), "nobody asked Google for one"


def test_a_way_out_a_clock_and_a_budget_that_stops_are_drawn(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["nat"])
    assert box(shown, "Way out").lines == ("HTTP (port 80) and HTTPS (port 443), from all machines.",)
    assert "At 100 % it stops all machines." in shown.money.lines
    assert "Hours Mon-Fri 09:00-19:00 Europe/Lisbon: edit-1." in shown.money.lines
    assert "Stops after 30 minutes without work: edit-1." in shown.money.lines, "nothing watches Windows there"
    assert len(shown.media) == 1, "the bucket of the stop's program was drawn as a place of files"


def test_a_rule_for_everybody_was_drawn_closed(plans: Mapping[str, Plan]) -> None:
    anybody = {"srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "tcp", "ports": ["22", "5000-5010"]}]}
    opened = picture(changed(plans["closed"], "-in-iap", with_inputs(match=anybody)))
    assert box(opened, "Door: SSH (port 22) and ports 5000-5010").kind is Kind.OPEN
    assert not any("No port" in line for line in opened.closed.lines)
    late = with_inputs(match=anybody, priority=65_100)
    (machine,) = facts(changed(plans["closed"], "-in-iap", late)).machines
    assert machine.doors == (), "a rule behind the one that refuses everything opens nothing"
    off = with_inputs(match=anybody, disabled=True)
    (machine,) = facts(changed(plans["closed"], "-in-iap", off)).machines
    assert machine.doors == ()


def test_what_goes_out_without_the_last_refusal_is_everything(plans: Mapping[str, Plan]) -> None:
    first, _ = facts(changed(plans["nat"], "-deny-out", lambda _: None)).machines
    assert first.ways_out is not None
    assert "every port" in first.ways_out
    first, _ = facts(changed(plans["nat"], "-network-nat", lambda one: None if "Nat" in one.type else one)).machines
    assert first.ways_out == ()


def test_rules_that_the_plan_does_not_hold_were_taken_for_none(plans: Mapping[str, Plan]) -> None:
    (machine,) = facts(changed(plans["closed"], "-network-guard", lambda _: None)).machines
    assert machine.unseen_rules
    shown = picture(changed(plans["closed"], "-network-guard", lambda _: None))
    assert "Rules that this plan does not hold may let somebody in." in box(shown, "The internet").lines
    assert not any("No port" in line for line in shown.closed.lines)


def test_an_address_of_its_own_is_drawn(plans: Mapping[str, Plan]) -> None:
    def addressed(one: PlannedResource) -> PlannedResource:
        cards = one.inputs["networkInterfaces"]
        assert isinstance(cards, list)
        return with_inputs(networkInterfaces=[{**cards[0], "accessConfigs": [{}]}])(one)

    (machine,) = facts(changed(plans["closed"], "-edit-1-instance", addressed)).machines
    assert machine.public


def test_a_project_without_machines_and_a_plan_of_nothing_are_drawn(plans: Mapping[str, Plan]) -> None:
    assert picture(plans["bare"]).bands[0].zones == ()
    nothing = replace(plans["bare"], resources=())
    assert picture(nothing).closed.lines == ("Nothing that this plan can show.",)
    assert [door.reach for machine in facts(plans["nat"]).machines for door in machine.doors] == list[Reach]()
