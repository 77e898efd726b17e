"""Every machine of a studio, in all projects and regions, as the clouds have them now."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final, TypeVar

from soundstage.core.errors import CloudError, PreflightRefused, SoundstageError
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import Cloud, LastSession, Machine
from soundstage.stacks.team.spending import Spent, spent
from soundstage.stacks.why import Told
from soundstage.stacks.why import read as read_guard

_AT_ONCE: Final = 32
LONGEST_WAIT: Final = 20.0
"""Seconds after which a region is taken for one that does not answer."""
Asked = TypeVar("Asked")
Found = TypeVar("Found")
_ORDER: Final = ("running", "coming", "stopping", "stopped", "parked")


@dataclass(frozen=True)
class Place:
    """One region of one account, and whose machines are looked for there."""

    studio: str
    kind: str
    """What a project file calls the cloud."""
    region: str
    open: Callable[[], Cloud]

    def __str__(self) -> str:
        return f"{self.kind}, {self.region}"


@dataclass(frozen=True)
class Row:
    """One machine."""

    studio: str
    kind: str
    region: str
    machine: Machine
    state: str
    """`running`, `coming`, `stopping`, `stopped`, `parked`, or the cloud's own word."""
    last: LastSession | None
    told: Told | None
    """What its idle guard told last of its present start."""
    today: Spent
    month: Spent
    expires: date | None
    image_age_days: int | None
    called: str = ""
    """What people call its project; empty where that is the name that the cloud has."""
    knows_last: bool = True
    """Whether `last` can be known: some clouds keep no record of sessions, and some credentials may not read it."""

    at: datetime | None = None
    """When it was looked at, by the clock of its cloud; None for what no cloud was asked about."""

    @property
    def title(self) -> str:
        return self.called or self.machine.project


@dataclass(frozen=True)
class Overview:
    """What there is. `silent` says of each region that did not answer why; `told` what else a person has to know."""

    at: datetime
    rows: tuple[Row, ...]
    silent: tuple[str, ...]
    told: tuple[str, ...] = ()

    def now_of(self, row: Row) -> datetime:
        """What a row's times are seen from. The clock of a simulated cloud may have been turned."""
        return row.at or self.at

    @property
    def today_usd(self) -> float:
        return sum(row.today.usd or 0 for row in self.rows)

    @property
    def month_usd(self) -> float:
        return sum(row.month.usd or 0 for row in self.rows)


def overview(places: Sequence[Place], now: datetime, wait: float = LONGEST_WAIT) -> Overview:
    """Ask all places at once. One that fails, or does not answer in `wait` seconds, hides no other."""
    answers = at_once({place: partial(rows_of, place, now) for place in places}, wait)
    rows, silent, told = list[Row](), list[str](), list[str]()
    for place in places:
        answer = answers[place]
        if isinstance(answer, SoundstageError):
            silent.append(f"{place}: {answer.message}")
        else:
            rows += answer[0]
            told += answer[1]
    return Overview(now, tuple(sorted(rows, key=_order)), tuple(dict.fromkeys(silent)), tuple(dict.fromkeys(told)))


def rows_of(place: Place, now: datetime) -> tuple[list[Row], list[str]]:
    """The machines of one place. What these credentials may not read is left out, and said."""
    cloud = place.open()
    if cloud.look_alike:  # its clock may have been turned, and its machines go by it
        now = cloud.now()
    found = cloud.machines.of_studio(place.studio)
    if not found:
        return [], []
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month, untold = day.replace(day=1), list[str]()

    def allowed(what: str, ask: Callable[[], Found]) -> Found | None:
        try:
            return ask()
        except CloudError as error:
            if error.code not in DENIED:
                raise
            untold.append(f"{place}: {what} is not shown: these credentials may not read it ({error.action}).")
            return None

    def guard(machine: Machine) -> Told | None:
        if not machine.is_running:
            return None
        text = allowed("for how long machines are idle", lambda: cloud.machines.guard(machine))
        told = read_guard(text) if text else None
        return told if told and (not machine.launched or told.at >= machine.launched) else None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sessions = pool.submit(lambda: allowed("who was on a machine", cloud.machines.last_sessions))
        images = pool.submit(
            lambda: allowed(
                "the age of images", lambda: cloud.images.found({one.image for one in found} - {""}, place.region)
            )
        )
        hours = pool.submit(
            lambda: allowed("how long machines were on", lambda: cloud.machines.hours_on(found, month, now))
        )
        told = dict(zip((one.instance_id for one in found), pool.map(guard, found), strict=True))
        rows = [
            Row(
                studio=place.studio,
                kind=place.kind,
                region=place.region,
                machine=one,
                state={"pending": "coming", "shutting-down": "stopping"}.get(one.state, one.state),
                last=(sessions.result() or {}).get(one.instance_id),
                knows_last=sessions.result() is not None,
                told=told[one.instance_id],
                today=spent(one, place.region, day, now, (hours.result() or {}).get(one.instance_id)),
                month=spent(one, place.region, month, now, (hours.result() or {}).get(one.instance_id)),
                expires=_day(one.expires),
                at=now,
                image_age_days=(now - image.made).days if (image := (images.result() or {}).get(one.image)) else None,
            )
            for one in found
        ]
    return rows, untold


def idle_minutes(row: Row, now: datetime) -> int | None:
    """For how long nobody has used a machine that runs; None where its guard has not told."""
    if row.told is None or row.state != "running":
        return None
    return row.told.idle_minutes + max(0, int((now - row.told.at).total_seconds() / 60)) if row.told.idle_minutes else 0


def at_once(calls: Mapping[Asked, Callable[[], Found]], wait: float) -> dict[Asked, Found | SoundstageError]:
    """What each call returns, or the error that it ended with. One that takes longer than `wait` seconds is left behind."""
    answers: queue.SimpleQueue[tuple[Asked, Found | SoundstageError]] = queue.SimpleQueue()

    def run(name: Asked, ask: Callable[[], Found]) -> None:
        try:
            answers.put((name, ask()))
        except SoundstageError as error:
            answers.put((name, error))
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
            answers.put((name, CloudError(f"{type(error).__name__}: {error}")))

    for name, ask in calls.items():
        # A thread of a pool would be waited for when the command ends, however long it hangs.
        threading.Thread(target=run, args=(name, ask), daemon=True).start()
    found: dict[Asked, Found | SoundstageError] = {}
    deadline = time.monotonic() + wait
    while len(found) < len(calls):
        try:
            name, answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[name] = answer
    late = PreflightRefused(f"did not answer within {wait:.0f} s.")
    return {name: found.get(name, late) for name in calls}


def _order(row: Row) -> tuple[object, ...]:
    place = _ORDER.index(row.state) if row.state in _ORDER else len(_ORDER)
    return (place, row.studio, row.machine.project, row.machine.name)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def unique(places: Iterable[Place]) -> list[Place]:
    """Each place once."""
    return list({(one.studio, one.kind, one.region): one for one in places}.values())
