"""What our components for Google Cloud cost: as a plan of theirs is estimated."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.components.gcp.conftest import plan_of
from tests.components.gcp.programs import NAME, PROGRAMS

from soundstage.components import gcp
from soundstage.pricing.clock_hours import clock_hours
from soundstage.pricing.estimate import estimate
from soundstage.pricing.lines import Estimate
from soundstage.pricing.usage import Usage

Deploy = Callable[..., Any]


def test_the_hours_of_a_machine_of_google_are_those_of_its_schedule(deploy: Deploy) -> None:
    """Monday and Friday from nine to nineteen."""
    made = deploy(lambda: gcp.Workstation(NAME, PROGRAMS["Workstation"]))
    assert clock_hours(plan_of(made)) == {"edit-1": 20.0}


def priced(deploy: Deploy, component: str, **said: float) -> Estimate:
    made = deploy(lambda: getattr(gcp, component)(NAME, PROGRAMS[component]))
    plan = plan_of(made)
    return estimate(plan, Usage(said, clock_hours(plan)), "europe-west3")


def test_a_workstation_is_counted_with_its_licence_disks_and_snapshots(deploy: Deploy) -> None:
    """C: g2-standard-8 in europe-west3 1.00603. L: licence 0.2. 20 hours a week by its schedule."""
    found = priced(deploy, "Workstation", hours_per_week=40, stream_mbit_per_second=0)
    assert found.unpriced == ()
    assert {line.kind for line in found.lines} == {"machine", "disk", "snapshot", "stream"}
    assert {line.machine for line in found.lines if line.kind == "machine"} == {"edit-1"}
    machine = sum(line.month(0).typical for line in found.lines if line.kind == "machine")
    assert machine == pytest.approx(20 * 730 / 168 * (1.00603 + 0.2), rel=0.01)
    assert found.parked.typical > 0, "the last snapshot of the work"


def test_a_network_with_a_way_out_has_its_address_names_and_logs(deploy: Deploy) -> None:
    found = priced(deploy, "StudioNetwork", network_log_gib_per_month=4)
    assert found.unpriced == ()
    logs = [line for line in found.lines if line.kind == "logs"]
    assert [line.month(0).typical for line in logs] == pytest.approx([4 * 0.25])
    assert "network" in {line.kind for line in found.lines}


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_what_has_no_price_is_named(deploy: Deploy, component: str) -> None:
    """Only what the facts do not know: the conditions of alerts, and moves of media to some storage classes."""
    found = priced(deploy, component)
    known = ("condition of an alerting policy", "move to Nearline", "move to Archive")
    assert all(any(word in one.why for word in known) for one in found.unpriced), found.unpriced
