"""An engine's events as lines, and the state of a running operation as a small board."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from soundstage.cli.display.operations import LOOKS, counts_done, short_type
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, duration, fit, pad
from soundstage.engines.base import Event, EventKind
from soundstage.plan.plan import Operation, Plan

SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_SPINNER: Final = "|/-\\"
_NOTED: Final = {EventKind.RESUMING: "cyan", EventKind.RETRY: "yellow", EventKind.WARNING: "yellow"}


def event_line(event: Event, screen: Screen) -> str | None:
    """One line for the log, or None for an event that says nothing new to a person."""
    if event.kind in _NOTED:
        who = f"{event.name}: " if event.name else ""
        return screen.lines(f"! {who}{event.message}", _NOTED[event.kind])
    if event.kind is EventKind.STEP_FAILED:
        first = event.message.split("\n", 1)[0]
        return screen.paint("✗", "red") + screen.plain(fit(f" {_what(event)}: failed: {first}", screen.width - 1))
    if event.kind is not EventKind.STEP_DONE or event.operation in (Operation.SAME, Operation.READ):
        return None
    look = LOOKS[event.operation] if event.operation else None
    words = f"{look.done if look else event.message}, {duration(event.seconds)}"
    return _row(look.mark if look else "✓", look.colour if look else "green", _what(event), words, screen)


@dataclass
class Group:
    """One component's steps. `total` is how many are expected, `since` when the first of them started."""

    name: str
    total: int
    since: float
    counts: dict[Operation, int] = field(default_factory=dict)
    failed: bool = False

    @property
    def done(self) -> int:
        return sum(self.counts.values())

    def line(self, now: float, screen: Screen) -> str:
        """`+ teaser-network (StudioNetwork)   24 created, 3.1 s`, for a group that is finished."""
        look = LOOKS[max(self.counts, key=lambda operation: self.counts[operation])]
        words = f"{counts_done(self.counts)}, {duration(now - self.since)}"
        return _row(look.mark, look.colour, self.name, words, screen)


@dataclass
class Board:
    """What runs now and how far it all is, by component. Times are seconds of one monotonic clock."""

    total: int
    """Steps expected; 0 when nobody knows."""
    started: float
    preview: bool = False
    """Nothing really happens: steps are only counted."""
    done: int = 0
    running: dict[str, tuple[Event, float]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    """The component of each resource that changes, by the resource's URN."""
    open: dict[str, Group] = field(default_factory=dict)
    """The components of which something was begun and not everything is done."""

    def take(self, event: Event, now: float) -> Group | None:
        """Count one event. Returns the component that is finished with it."""
        key = event.urn or event.name
        name = self.groups.get(key)
        if event.kind is EventKind.STEP_STARTED and name and name not in self.open and not _idle(event):
            self.open[name] = Group(name, sum(other == name for other in self.groups.values()), now)
        if event.kind is EventKind.STEP_STARTED and event.operation not in (Operation.SAME, Operation.READ):
            self.running[key] = (event, now)
        elif event.kind in (EventKind.STEP_DONE, EventKind.STEP_FAILED) and key in self.running:
            del self.running[key]
            self.done += 1
            return self._finished(event, self.open.get(name or ""))
        return None

    def _finished(self, event: Event, group: Group | None) -> Group | None:
        if group is None:
            return None
        group.failed |= event.kind is EventKind.STEP_FAILED
        if event.kind is EventKind.STEP_DONE and event.operation:
            group.counts[event.operation] = group.counts.get(event.operation, 0) + 1
        return self.open.pop(group.name) if group.done >= group.total and not group.failed else None

    def lines(self, now: float, screen: Screen, most: int = 8) -> list[str]:
        """What to draw: a line for each of the longest running steps, and how far it is."""
        frames = SPINNER if screen.unicode else _ASCII_SPINNER
        frame = frames[int((now - self.started) * 8) % len(frames)]
        alone = [pair for key, pair in self.running.items() if self.groups.get(key) not in self.open]
        rows = [
            (group.name, f"{min(group.done, group.total)} of {group.total}, {duration(now - group.since)}")
            for group in self.open.values()
        ] + [(_what(event), f"{_doing(event)} {duration(now - since)}") for event, since in alone]
        rows = [] if self.preview else rows
        drawn = [_row(frame, "cyan", what, words, screen) for what, words in rows[:most]]
        if len(rows) > most:
            drawn.append(screen.paint(f"  and {len(rows) - most} more", "dim"))
        total = f" of {self.total}" if self.total >= self.done and self.total else ""
        return [
            *drawn,
            screen.paint(
                f"  {self.done}{total} {'looked at' if self.preview else 'done'}, {duration(now - self.started)}", "dim"
            ),
        ]


def components(*plans: Plan) -> dict[str, str]:
    """The outermost component of each resource that changes, by URN: `teaser-network (StudioNetwork)`."""
    found = {}
    for plan in plans:
        for resource in plan:
            if not resource.custom or resource.operation in (Operation.SAME, Operation.READ):
                continue
            outermost = resource
            while (parent := plan.by_urn.get(outermost.parent or "")) and not parent.type.startswith("pulumi:"):
                outermost = parent
            if outermost is not resource:
                found[resource.urn] = f"{outermost.name} ({short_type(outermost.type)})"
    return found


def _idle(event: Event) -> bool:
    return event.operation in (Operation.SAME, Operation.READ)


def _row(sign: str, colour: str, what: str, words: str, screen: Screen) -> str:
    room = max(min(screen.width, 110) - columns(words) - 4, 10)
    return f"{screen.paint(sign, colour)} {screen.plain(pad(fit(what, room), min(room, 66)))}  {screen.paint(words, 'dim')}"


def _what(event: Event) -> str:
    return f"{event.name} ({short_type(event.type)})" if event.type else event.name


def _doing(event: Event) -> str:
    return LOOKS[event.operation].doing if event.operation else event.message
