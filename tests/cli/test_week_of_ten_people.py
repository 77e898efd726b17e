"""A week of ten people on each simulated cloud, with its clock turned: hours, renders, a spot machine that is taken back, forgotten machines.

What `list`, `history` and, on AWS, `cost --actual` say is held against a model that knows nothing of them: a diary of who began and ended when. When a
machine that somebody forgot stops is what its idle guard decides, minute by minute. `make soak` lives the whole week, `make test` a Monday of four.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from tests.components.guard.replay import told
from tests.exploring import SOAK

from soundstage.engines.base import ignore
from soundstage.pricing.facts import machine_price
from soundstage.simulator import process
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clock.next_start import next_starts
from soundstage.stacks.deployment import open_project

pytestmark = [pytest.mark.slow]

CLOUDS: Final = {
    "aws": ("simulated", "m7i.2xlarge", "eu-west-1"),
    "gcp": ("simulated-gcp", "n2-standard-8", "europe-west4"),
}
"""Cloud → its word in the project file, a machine type and a region."""
ALLOWED: Final = 31 / 60
"""Hours that a forgotten machine may be on for nothing: the 30 minutes of its guard, and the minute of its look."""
EXACT: Final = 0.03
"""Hours: what this computer itself takes while it commands counts too."""


@dataclass
class Desk:
    """One machine, and the diary of the person at it: hours since Monday 00:00."""

    name: str
    spot: bool = False
    hours: bool = False
    on: list[tuple[float, float]] = field(default_factory=list)
    """When it was on."""
    used: float = 0.0
    """Hours that somebody or a render needed it."""
    forgotten: int = 0
    """How often nobody stopped it."""

    def on_between(self, start: float, end: float) -> float:
        return sum(max(0.0, min(end, off) - max(start, began)) for began, off in self.on)


@dataclass(frozen=True, order=True)
class Event:
    """Something that happens to a machine: `start` and `stop` are typed, the others happen by themselves."""

    at: float
    what: str
    desk: str


def guard_stops_after(render_hours: float) -> float:
    """Hours after its person left without a word at which a machine stops itself, with a render that goes on for so long."""
    render = {
        "minutes": round(render_hours * 60),
        "programs": [["/opt/blender/blender -b shot.blend", 4.0]],
        "cores": [4.0],
    }
    quiet = {"minutes": 90, "people": 0}
    trace = {"keep_while": ["render"], "play": [*([render] if render_hours else []), quiet]}
    minute, last = list(told(trace))[-1]
    assert last["verdict"] == "stop"
    return (minute + 1) / 60


def diary(days: int, number: int) -> tuple[list[Desk], list[Event]]:
    """What people do on the first `days` days of a week, and when."""
    kinds = ["office", "forgets", "renders", "spot", "weekend", "idle"]
    desks, events = list[Desk](), list[Event]()
    for place in range(number):
        kind = kinds[place] if place < len(kinds) else "office"
        desk = Desk(f"{kind}-{place}", spot=kind == "spot", hours=kind == "forgets")
        desks.append(desk)
        if kind == "idle":
            continue  # stopped after the first `up`, and forgotten since
        for day in range(min(days, 5)):
            start, end = day * 24 + 9.0, day * 24 + 17.0 + place % 3
            how = "clock" if desk.hours else "start"
            events.append(Event(start, how, desk.name))
            if kind == "spot" and day % 2 == 0:
                events += [Event(start + 4, "taken", desk.name), Event(start + 6, "given", desk.name)]
                desk.on += [(start, start + 4), (start + 6, end)]
                events.append(Event(end, "stop", desk.name))
                desk.used += end - start - 2
                continue
            render = 5.0 if kind == "renders" and day % 2 == 0 else 0.0
            forgets = kind == "forgets" or render or (kind == "weekend" and day == 4)
            off = end + (guard_stops_after(render) if forgets else 0.0)
            events.append(Event(off, "guard" if forgets else "stop", desk.name))
            desk.on.append((start, off))
            desk.used += end + render - start
            desk.forgotten += bool(forgets)
    return desks, sorted(events)


@pytest.fixture(params=CLOUDS)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    (tmp_path / "projects").mkdir()
    with simulated_cloud(home):
        yield home


def written(family: str, desks: list[Desk]) -> None:
    """The project of these machines, and why one of them may be a spot machine."""
    cloud, type, region = CLOUDS[family]
    # They end after everybody left: nobody works at a simulated machine, so that it stops when its hours are over.
    hours = ', hours: "Mon-Fri 09:00-19:00 UTC"'
    machines = [
        f"  {one.name}: {{for: audio, instance_type: {type}, data_gib: 0"
        f"{', purchase: spot' if one.spot else ''}{hours if one.hours else ''}}}"
        for one in desks
    ]
    spot = [one.name for one in desks if one.spot]
    lines = [
        "project: series",
        f"cloud: {cloud}",
        f"region: {region}",
        "profile: baseline",
        "budget: {monthly_usd: 9000}",
        f"allow_spot: [{', '.join(spot)}]",
        "workstations:",
    ]
    Path("projects/series.yaml").write_text("\n".join([*lines, *machines]) + "\n")
    why = "reason: It may start again., owner: a@example.com, expires: 2099-12-31"
    waivers = [f"  - {{policy: WS-12, resource: series-{name}-instance, {why}}}" for name in spot]
    Path("projects/series.policy.yaml").write_text("\n".join(["waivers:", *waivers]) + "\n")


def test_a_week_of_people_who_forget_ends_in_other_numbers_than_those_of_their_diary(
    workstation: Callable[..., Any], home: Path, family: str
) -> None:
    days, number = (7, 10) if SOAK else (1, 4)
    desks, events = diary(days, number)
    written(family, desks)
    monday = _next_monday(process.clock(home)[0])

    def turn(hour: float) -> None:
        process.turn_clock(home, monday + hour * 3600 - process.clock(home)[0])

    def ran(*command: str) -> Any:
        done = workstation(*command)
        assert done.code == 0, done.err
        return done

    turn(6.0)
    ran("up", "series", "--yes", "--no-wait")
    ran("stop", "series", "--no-wait")
    commands: list[tuple[str, tuple[str, ...]]] = [("up", ()), ("stop", ())]
    for desk in desks:
        desk.on.insert(0, (6.0, 6.0))
    project = open_project("series")
    machines = {one.name: one for one in project.machines()}
    pending = list(events)
    for hour in sorted({*(one.at for one in events), *(day * 24 + 23.5 for day in range(days))}):
        turn(hour)
        now = [one for one in pending if one.at == hour]
        for what in dict.fromkeys(one.what for one in now):
            names = tuple(one.desk for one in now if one.what == what)
            if what in ("start", "stop"):
                ran(what, "series", *(word for name in names for word in ("--machine", name)), "--no-wait")
                commands.append((what, names))
            elif what == "guard":  # the machine itself
                for name in names:
                    project.cloud.machines.stop(machines[name], ignore)
            elif what == "clock":
                before = datetime.fromtimestamp(monday + hour * 3600 - 60, UTC)
                starts = next_starts(open_project("series").project, before)
                assert {name: one.at.timestamp() for name, one in starts.items()} == dict.fromkeys(
                    names, monday + hour * 3600
                )
                for name in names:
                    project.cloud.machines.start(machines[name], ignore)
            else:
                for name in names:
                    ran("simulator", "interrupt", "series", name, *(["--give"] if what == "given" else []))
                    if what == "given" and family == "gcp":  # Google starts none by itself
                        ran("start", "series", "--machine", name, "--no-wait")
                        commands.append(("start", (name,)))
        if hour % 24 == 23.5:
            _list_agrees(ran("list", "--json").document, desks, hour)

    turn(max(days * 24.0, events[-1].at) + 0.5)
    _history_agrees(ran("history", "series", "--json").document, commands)
    if family == "gcp":
        return  # its bill is a file that Google's billing export writes, which the simulated one has not
    first = datetime.fromtimestamp(monday, UTC).date()
    last = first + timedelta(days=days - 1)
    _bill_agrees(
        ran(
            "cost", "series", "--actual", "--by", "machine", "--from", str(first), "--to", str(last), "--json"
        ).document,
        desks,
        days,
    )


def _list_agrees(told: Any, desks: list[Desk], hour: float) -> None:
    """State, and the hours of today as far as they are known: those since the last start."""
    rows = {one["machine"]: one for one in told["machines"]}
    assert sorted(rows) == sorted(one.name for one in desks)
    midnight = hour // 24 * 24
    for desk in desks:
        is_on = any(start <= hour < end for start, end in desk.on)
        assert rows[desk.name]["state"] == ("running" if is_on else "stopped"), desk
        start, end = max(stretch for stretch in desk.on if stretch[0] <= hour)
        expected = max(0.0, min(end, hour) - max(start, midnight))
        assert rows[desk.name]["estimate_today"]["hours"] == pytest.approx(expected, abs=EXACT), desk


def _history_agrees(told: Any, commands: list[tuple[str, tuple[str, ...]]]) -> None:
    """Each command that somebody typed, in order, and no other."""
    typed = [(one["command"], tuple(one["machines"])) for one in told["entries"] if one["result"] == "done"]
    assert typed == commands
    assert told["problems"] == []


def _bill_agrees(told: Any, desks: list[Desk], days: int) -> None:
    """What each machine cost, and that none ran for nothing for longer than it may."""
    _, type, region = CLOUDS["aws"]
    price = machine_price("aws", type, region)
    assert price is not None
    compute = {one["machine"]: one["billed_usd"] for one in told["compared"] if one["kind"] == "machine"}
    for desk in desks:
        low, high = price.hour("linux", "spot" if desk.spot else "on-demand") or (0.0, 0.0)
        rate = (low + high) / 2
        assert desk.spot or rate
        hours = desk.on_between(0, days * 24)
        assert compute.get(desk.name, 0.0) == pytest.approx(hours * rate, abs=EXACT * max(rate, 0.1) * (days + 1)), desk
        if rate:
            assert compute.get(desk.name, 0.0) / rate - desk.used <= desk.forgotten * ALLOWED + EXACT * (days + 1), desk


def _next_monday(now: float) -> float:
    """Midnight UTC of the Monday after tomorrow at the latest in nine days, all of whose week lies in one month."""
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() != 0 or (day + timedelta(days=7)).month != day.month:
        day += timedelta(days=1)
    return day.timestamp()
