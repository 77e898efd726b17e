"""A picture says what is so: what a plan opens is drawn open, and nothing is called closed that the plan does not show closed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.studios import planned_in

from soundstage.core.values import UNKNOWN, Secret
from soundstage.plan.diagram import picture
from soundstage.plan.diagram.aws import facts
from soundstage.plan.diagram.outline import Box, Kind, Outline
from soundstage.plan.plan import Operation, Plan, PlannedResource

ROOT = Path(__file__).resolve().parents[3]
EDIT = "workstations:\n  edit-1: {for: editing}\n"
FILES = {
    "closed": EDIT,
    "full": (ROOT / "examples" / "feature.yaml").read_text().partition("project: feature")[2].partition("\n")[2],
    "content": "profile: content\n" + EDIT,
    "vpn": "access: {via: vpn, from: [10.8.0.0/24]}\nworkstations:\n  grade-1: {for: color, os: windows, user: bruno}\n",
    "nat": "network: {zone: io, nat: true}\nworkstations:\n  edit-1: {for: editing, hours: Sat 10:00-18:00 UTC}\n  mix-1: {for: audio}\n",
    "bare": "",
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Plan]]:
    """What `up` would make of each file, and what is on record after the first of them came up."""
    with planned_in(tmp_path_factory.mktemp("diagram"), FILES, "closed") as plans:
        yield plans


def boxes(picture: Outline) -> list[Box]:
    return [box for _, listed in picture.words() for box in listed]


def box(picture: Outline, title: str) -> Box:
    (found,) = (each for each in boxes(picture) if each.title.startswith(title))
    return found


def changed(plan: Plan, change: Callable[[PlannedResource], PlannedResource | None]) -> Plan:
    made = [change(resource) for resource in plan]
    return replace(plan, resources=tuple(resource for resource in made if resource is not None))


def test_a_project_with_sessions_is_drawn_closed(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["closed"])
    assert shown.closed.lines[:3] == (
        "No port of any machine is open, to anybody.",
        "No machine has an address on the internet.",
        "No machine can call the internet.",
    )
    assert box(shown, "No way out").kind is Kind.SHUT
    assert box(shown, "The internet").lines == ("Nobody gets in from here.",)
    assert [each.title for each in boxes(shown) if each.title.startswith("Door")] == ["Door: a session"]
    assert box(shown, "edit-1").lines == ("editing, for artist", "g5.2xlarge, linux", "work disk 200 GiB")
    assert "The budget stops nothing." in shown.money.lines


@pytest.mark.parametrize("later", ["recorded", "again"])
def test_what_is_up_is_drawn_as_what_was_planned(later: str, plans: Mapping[str, Plan]) -> None:
    planned, recorded = facts(plans["closed"]), facts(plans[later])
    assert recorded.standing == "As it is on record."
    assert replace(recorded, standing=planned.standing) == planned


def test_addresses_that_are_let_in_are_drawn_with_their_door(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["full"])
    assert box(shown, "Addresses that are let in").lines == ("198.51.100.0/28", "203.0.113.7/32")
    assert box(shown, "Door: the display").lines == ("Leads to all machines.",)
    assert box(shown, "Way out").lines == ("HTTP (port 80) and HTTPS (port 443), from all machines.",)
    assert shown.closed.lines[0] == "No machine is open to everybody on the internet."
    assert not any("address on the internet" in line or "call the internet" in line for line in shown.closed.lines)


def test_the_copy_the_budget_and_the_hours_of_the_full_example_are_drawn(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["full"])
    ((source, copies),) = shown.media
    assert source.title == "Media, eu-west-1"
    assert "Each file is locked for 30 days." in source.lines
    assert [each.title for each in copies] == ["Copy of the media, eu-central-1"]
    assert shown.bands[0].stops == "the budget stops all machines at 100 %, the clock stops edit-1"
    assert {
        "Budget: 4000 USD a month.",
        "Hours Mon-Thu 09:00-19:00; Fri 09:00-13:00; Fri 14:00-18:00 Europe/Lisbon: edit-1.",
    } <= set(shown.money.lines)
    assert not any("one region" in line for line in shown.closed.lines)


def test_artists_of_a_content_project_reach_media_only_from_inside(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["content"])
    assert "Artists: the display of every machine, media only from inside the network." in box(shown, "People").lines
    assert shown.people_to_media == "reviewers see exports, admins do all"


def test_a_vpn_is_drawn_as_private(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["vpn"])
    assert box(shown, "A private network (VPN)").lines == ("10.8.0.0/24",)
    assert box(shown, "grade-1").lines[1].endswith(", windows")
    assert box(shown, "The internet").lines == ("Nobody gets in from here.",)


def test_a_way_out_through_a_nat_gateway_is_drawn(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["nat"])
    assert box(shown, "Way out").kind is Kind.DOOR
    assert "Hours Sat 10:00-18:00 UTC: edit-1." in shown.money.lines


def test_a_project_without_machines_says_nothing_about_them(plans: Mapping[str, Plan]) -> None:
    shown = picture(plans["bare"])
    assert not any("machine" in line for line in shown.closed.lines)
    assert box(shown, "The internet").lines == ()


def test_a_port_that_is_open_to_the_world_was_called_closed(plans: Mapping[str, Plan]) -> None:
    def opened(resource: PlannedResource) -> PlannedResource:
        if not resource.name.startswith("full-edit-1-in-tcp"):
            return resource
        return replace(resource, inputs={**resource.inputs, "cidrIpv4": "0.0.0.0/0"})

    shown = picture(changed(plans["full"], opened))
    assert box(shown, "Anybody on the internet").kind is Kind.OPEN
    assert not any("No machine is open" in line for line in shown.closed.lines)


def test_a_source_that_is_not_known_yet_was_called_closed(plans: Mapping[str, Plan]) -> None:
    def hidden(resource: PlannedResource) -> PlannedResource:
        if "-in-tcp" not in resource.name:
            return resource
        return replace(resource, inputs={**resource.inputs, "cidrIpv4": UNKNOWN})

    shown = picture(changed(plans["full"], hidden))
    assert box(shown, "Not known before `up`")
    assert not any("No machine is open" in line for line in shown.closed.lines)


def test_rules_that_a_plan_does_not_hold_were_called_closed(plans: Mapping[str, Plan]) -> None:
    def another(resource: PlannedResource) -> PlannedResource:
        if resource.type != "aws:ec2/instance:Instance":
            return resource
        groups = [*resource.inputs["vpcSecurityGroupIds"], "sg-of-somebody-else"]
        return replace(resource, inputs={**resource.inputs, "vpcSecurityGroupIds": groups})

    shown = picture(changed(plans["closed"], another))
    assert not any("No port" in line for line in shown.closed.lines)
    assert box(shown, "The internet").lines == ("Rules that this plan does not hold may let somebody in.",)


def test_routes_that_a_plan_does_not_hold_were_called_closed(plans: Mapping[str, Plan]) -> None:
    def without(resource: PlannedResource) -> PlannedResource | None:
        return None if resource.type == "aws:ec2/routeTableAssociation:RouteTableAssociation" else resource

    shown = picture(changed(plans["closed"], without))
    assert box(shown, "Way out").lines == ("Not known here, from edit-1.",)
    assert not any("call the internet" in line for line in shown.closed.lines)


def test_a_plan_without_the_engines_record_of_dependencies_claims_nothing(plans: Mapping[str, Plan]) -> None:
    shown = picture(changed(plans["closed"], lambda resource: replace(resource, property_dependencies={})))
    assert not any("No port" in line or "No machine" in line for line in shown.closed.lines)


def test_the_order_of_a_plan_changed_its_picture(plans: Mapping[str, Plan]) -> None:
    plan = plans["full"]
    assert picture(replace(plan, resources=plan.resources[::-1])) == picture(plan)


def test_what_will_be_gone_is_not_drawn(plans: Mapping[str, Plan]) -> None:
    def going(resource: PlannedResource) -> PlannedResource:
        return replace(resource, operation=Operation.DELETE) if "mix-1" in resource.name else resource

    shown = picture(changed(plans["nat"], going))
    assert [each.title for each in boxes(shown) if each.kind is Kind.MACHINE] == ["edit-1"]
    assert shown.subtitle.endswith("As it will be after the next `up`.")


def test_the_empty_plan_is_drawn() -> None:
    shown = picture(Plan("soundstage", "nothing", ()))
    assert shown.subtitle == "No region, on the simulated cloud. There is nothing in it."


def test_a_secret_is_in_no_fact(plans: Mapping[str, Plan]) -> None:
    """Every value of every resource becomes a secret: none of them shows, and nothing is drawn in its place."""

    def sealed(resource: PlannedResource) -> PlannedResource:
        inputs = {key: Secret(value) for key, value in resource.inputs.items()}
        return replace(resource, inputs=inputs, outputs={key: Secret(value) for key, value in resource.outputs.items()})

    said = repr(facts(changed(plans["full"], sealed)))
    assert not [word for word in ("203.0.113.7", "ana", "g5.", "4000", "tinyorange-media", "Lisbon") if word in said]


def test_addresses_of_people_and_accounts_are_in_no_picture(plans: Mapping[str, Plan]) -> None:
    said = repr(facts(plans["full"]))
    assert "@" not in said
    assert "123456789012" not in said
    assert "arn:" not in said
