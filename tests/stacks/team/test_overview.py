"""All machines of a studio at once."""

import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.stacks.team.rows import BUSY, IDLE, NINE, NOW, SAMPLE, machine, row

from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.stacks.clouds.base import Disk, LastSession, Machine
from soundstage.stacks.team import overview as overviews
from soundstage.stacks.team.overview import Place, at_once, idle_minutes, overview
from soundstage.stacks.team.spending import spent

TOLD = '{"at": "2026-11-26T17:57:00Z", "verdict": "idle", "reason": "", "idle_minutes": 12, "stops_after": 30}'


class Ports:
    """A region with these machines."""

    look_alike: str | None = None

    def __init__(self, *found: Machine, refuse: str = "") -> None:
        self.found, self.refuse = list(found), refuse
        self.machines = self.images = self

    def of_studio(self, _studio: str) -> list[Machine]:
        if self.refuse == "all":
            raise PreflightRefused("AWS no longer accepts the credentials.")
        return self.found

    def guard(self, _machine: Machine) -> str:
        if self.refuse == "guard":
            raise CloudError("no", action="logs:GetLogEvents", code="AccessDeniedException")
        return TOLD

    def last_sessions(self) -> dict[str, LastSession]:
        return {"i-edit-1": LastSession("ana", NINE, is_open=True)}

    def found_images(self) -> dict[str, object]:
        return {}

    def hours_on(self, *_: object) -> dict[str, dict[Any, float]]:
        return {"i-edit-1": {NINE - timedelta(days=3): 1.0, NINE: 0.5}}


def place(region: str, ports: Any) -> Place:
    ports.images = type("Images", (), {"found": lambda *_: {}})()
    return Place("northlight", "aws", region, lambda: ports)


def test_machines_of_all_regions_are_in_one_list_those_that_run_first() -> None:
    one = place("eu-west-1", Ports(machine("a", state="stopped"), machine("edit-1")))
    two = place("eu-central-1", Ports(machine("b", "another", state="pending")))
    found = overview([one, two], NOW)
    assert [(row.machine.name, row.state, row.region) for row in found.rows] == [
        ("edit-1", "running", "eu-west-1"), ("b", "coming", "eu-central-1"), ("a", "stopped", "eu-west-1"),
    ]  # fmt: skip
    assert found.silent == ()
    assert found.rows[0].last == LastSession("ana", NINE, is_open=True)
    assert idle_minutes(found.rows[0], NOW) == 15


def test_a_region_that_refuses_hides_no_other() -> None:
    found = overview([place("eu-west-1", Ports(refuse="all")), place("eu-central-1", Ports(machine()))], NOW)
    assert [row.region for row in found.rows] == ["eu-central-1"]
    assert found.silent == ("aws, eu-west-1: AWS no longer accepts the credentials.",)


def test_each_machine_is_seen_by_the_clock_of_its_cloud() -> None:
    turned = Ports(machine("a"))
    turned.look_alike, turned.now = "aws", lambda: NOW + timedelta(days=200)  # type: ignore[attr-defined]
    found = overview([place("eu-west-1", Ports(machine("b"))), place("eu-central-1", turned)], NOW)
    assert [(row.machine.name, found.now_of(row)) for row in found.rows] == [
        ("a", NOW + timedelta(days=200)),
        ("b", NOW),
    ]


def test_two_studios_in_one_region_each_show_their_own_machines() -> None:
    one = place("eu-west-1", Ports(machine("edit-1", "film")))
    two = replace(place("eu-west-1", Ports(machine("edit-1", "film-2"))), studio="northlight2")
    found = overview([one, two], NOW)
    assert [(row.studio, row.machine.project) for row in found.rows] == [
        ("northlight", "film"),
        ("northlight2", "film-2"),
    ]


def test_a_region_that_refuses_two_studios_is_named_once() -> None:
    one = place("eu-west-1", Ports(refuse="all"))
    found = overview([one, replace(one, studio="northlight2")], NOW)
    assert found.silent == ("aws, eu-west-1: AWS no longer accepts the credentials.",)


def test_a_secret_in_why_a_region_refuses_gets_into_no_page() -> None:
    def refused() -> Any:
        raise PreflightRefused("AWS cannot be asked: https://ana:hunter2@proxy.example")

    found = overview([Place("northlight", "aws", "eu-west-1", refused)], NOW)
    assert found.silent == ("aws, eu-west-1: AWS cannot be asked: https://[secret]@proxy.example",)


def test_a_region_that_never_answers_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    # The time is over when the one has answered, however long a busy machine takes for that.
    clock = iter((0.0, 0.0, 60.0))
    monkeypatch.setattr(overviews, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    answers = at_once({"dead": never.wait, "well": lambda: True}, wait=60.0)
    never.set()
    assert answers["well"] is True
    assert "did not answer" in str(answers["dead"])


def test_what_these_credentials_may_not_read_is_said_and_the_rest_is_shown() -> None:
    found = overview([place("eu-west-1", Ports(machine(), refuse="guard"))], NOW)
    assert [row.machine.name for row in found.rows] == ["edit-1"]
    assert found.told == (
        "aws, eu-west-1: for how long machines are idle is not shown: these credentials may not read it (logs:GetLogEvents).",
    )


def test_what_a_guard_told_of_an_earlier_start_says_nothing_of_this_one() -> None:
    (one,) = overview([place("eu-west-1", Ports(replace(machine(), launched=NOW)))], NOW).rows
    assert one.told is None
    assert idle_minutes(one, NOW) is None


@pytest.mark.parametrize(("told", "minutes"), [(IDLE, 15), (BUSY, 0), (None, None)])
def test_for_how_long_a_machine_is_idle(told: Any, minutes: int | None) -> None:
    assert idle_minutes(row(machine(), told), NOW) == minutes


def test_a_stopped_machine_is_not_idle() -> None:
    assert idle_minutes(row(machine(state="stopped"), IDLE), NOW) is None


MIDNIGHT = NOW.replace(hour=0)


def test_a_machine_costs_its_hours_on_and_its_disks_all_day() -> None:
    # 9 h at 1.353 USD in Ireland, 100 GiB for 18 h and 200 GiB for the 9 h since they were made, at 0.088 USD a GiB-month.
    one = spent(machine(), "eu-west-1", MIDNIGHT, NOW, None)
    assert one.hours == 9
    assert one.usd == pytest.approx(9 * 1.353 + 0.088 * (100 * 18 + 200 * 9) / 730, rel=0.01)


def test_hours_that_the_cloud_counted_before_the_last_start_count_too() -> None:
    month = MIDNIGHT.replace(day=1)
    counted = {MIDNIGHT - timedelta(hours=number): 1.0 for number in range(1, 11)} | {
        MIDNIGHT + timedelta(hours=number): 1.0 for number in range(9, 18)
    }
    one = spent(machine(), "eu-west-1", month, NOW, counted)
    assert (one.hours, one.is_all) == (19, True)
    assert spent(machine(), "eu-west-1", MIDNIGHT, NOW, counted).hours == 9


def test_without_a_count_it_is_at_least_the_hours_since_the_last_start() -> None:
    month = MIDNIGHT.replace(day=1)
    assert not spent(machine(), "eu-west-1", month, NOW, None).is_all
    assert spent(replace(machine(), launched=month), "eu-west-1", month, NOW, None).is_all
    stopped = machine(state="stopped", stopped=NOW - timedelta(hours=2))
    assert spent(stopped, "eu-west-1", MIDNIGHT, NOW, None).hours == 7


def test_a_machine_of_google_cloud_costs_its_gpu_its_licence_and_its_disks() -> None:
    """Google's SKUs, 2026-08: g2-standard-8 in europe-west4 0.8972, the licence of an L4 0.2, pd-balanced 0.11, local SSD 0.088 for the 9
    hours that it was on."""
    disks = (
        Disk("boot", 100, "pd-balanced", encrypted=True, made=NOW - timedelta(days=90)),
        Disk("scratch", 375, "local-ssd", encrypted=True),
    )
    google = replace(machine(), instance_type="g2-standard-8", zone="europe-west4-a", disks=disks)
    one = spent(google, "europe-west4", MIDNIGHT, NOW, None)
    assert one.hours == 9
    assert one.usd == pytest.approx(9 * 1.0972 + (100 * 0.11 * 18 + 375 * 0.088 * 9) / 730, rel=0.01)


def test_a_machine_whose_licence_has_no_price_costs_at_least_so_much() -> None:
    google = replace(machine(), instance_type="g4-standard-48", launched=MIDNIGHT, disks=())
    one = spent(google, "europe-west4", MIDNIGHT, NOW, None)
    assert one.usd is not None
    assert not one.is_all


def test_a_type_without_a_price_is_not_counted_as_nothing() -> None:
    assert spent(replace(machine(), instance_type="z9.huge"), "eu-west-1", MIDNIGHT, NOW, None).usd is None
    strange = replace(machine(), disks=(Disk("/dev/sdf", 9, "gp9", encrypted=True),))
    assert spent(strange, "eu-west-1", MIDNIGHT, NOW, None).usd is None


def test_the_sum_is_that_of_the_rows() -> None:
    assert SAMPLE.today_usd == pytest.approx(sum(row.today.usd or 0 for row in SAMPLE.rows))


def test_thirty_machines_were_asked_about_one_after_the_other() -> None:
    """A call takes 200 ms to a far region: one call for each machine, all under way at once, and a fixed number of others."""
    calls: list[str] = []
    # As many as may be under way at once meet here. Where one waited for another, this would never open.
    meeting, counting = threading.Barrier(32), threading.Lock()

    def called(what: str) -> None:
        with counting:
            calls.append(what)
            number = len(calls)
        if 1 < number <= 33:
            meeting.wait(60)

    class Counted(Ports):
        def of_studio(self, studio: str) -> list[Machine]:
            called("machines")
            return super().of_studio(studio)

        def guard(self, machine: Machine) -> str:
            called("guard")
            return super().guard(machine)

        def last_sessions(self) -> dict[str, LastSession]:
            called("sessions")
            return super().last_sessions()

        def hours_on(self, *arguments: object) -> dict[str, dict[Any, float]]:
            called("hours")
            return super().hours_on(*arguments)

    ports: Any = Counted(*(replace(machine(f"edit-{n}"), instance_id=f"i-{n}") for n in range(30)))
    there = place("eu-west-1", ports)

    def images(*_: object) -> dict[str, object]:
        called("images")
        return {}

    ports.images = SimpleNamespace(found=images)
    found = overview([there], NOW, wait=120)
    assert len(found.rows) == 30
    assert sorted(calls) == sorted(["machines", "sessions", "images", "hours", *["guard"] * 30])
