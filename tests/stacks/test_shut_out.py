"""Somebody who was taken out of `access.people` and went on working over a connection that nobody had cut, or said to be open."""

from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.components.google_members import child_name
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.shut_out import shut_out_sentences

BO, CY = "user:bo@studio.example", "user:cy@studio.example"


def door(machine: str, person: str, operation: Operation) -> PlannedResource:
    type, name = "gcp:iap/tunnelInstanceIAMMember:TunnelInstanceIAMMember", f"teaser-{machine}-iap-{child_name(person)}"
    return PlannedResource(f"urn::{name}", type, name, operation, inputs={"member": person})


def deployment(*on: str, may_ask: bool = True) -> Any:
    def of_project(*_: str) -> list[Any]:
        assert may_ask, "the cloud was asked although nobody lost anything"
        return [SimpleNamespace(name=name, is_running=name in on) for name in ("edit-1", "edit-2")]

    return SimpleNamespace(
        project=SimpleNamespace(project="teaser", workstations={"edit-1": 1, "edit-2": 1}),
        studio=SimpleNamespace(studio="home"),
        cloud=SimpleNamespace(machines=SimpleNamespace(of_project=of_project)),
        command=lambda verb: f"workstation {verb} teaser",
    )


def test_a_connection_that_stays_open_is_said_with_what_cuts_it() -> None:
    doors = [door(each, one, Operation.DELETE) for each in ("edit-1", "edit-2") for one in (BO, CY)]
    assert list(shut_out_sentences(Plan("soundstage", "teaser", tuple(doors)), deployment("edit-1"))) == [
        (
            f"{BO} and {CY} may not use edit-1 any more. A connection that is open now stays open: "
            "`workstation stop teaser edit-1`, then `start`, cuts it."
        )
    ]


@pytest.mark.parametrize(("machine", "operation"), [("edit-1", Operation.SAME), ("gone-1", Operation.DELETE)])
def test_nothing_is_said_of_who_stays_or_of_a_machine_that_goes(machine: str, operation: Operation) -> None:
    plan = Plan("soundstage", "teaser", (door(machine, BO, operation),))
    assert list(shut_out_sentences(plan, deployment("edit-1", may_ask=False))) == []
