"""An engine's events as lines, and the state of a running operation as a small board."""

from dataclasses import dataclass, field
from typing import Final

from soundstage.cli.display.operations import LOOKS, short_type
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, duration, fit, pad
from soundstage.stacks.engines.base import Event, EventKind
from soundstage.stacks.plan import Operation

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
class Board:
    """What runs now and how far it all is. Times are seconds of one monotonic clock."""

    total: int
    """Steps expected; 0 when nobody knows."""
    started: float
    preview: bool = False
    """Nothing really happens: steps are only counted."""
    done: int = 0
    running: dict[str, tuple[Event, float]] = field(default_factory=dict)

    def take(self, event: Event, now: float) -> None:
        """Count one event."""
        key = event.urn or event.name
        if event.kind is EventKind.STEP_STARTED and event.operation not in (Operation.SAME, Operation.READ):
            self.running[key] = (event, now)
        elif event.kind in (EventKind.STEP_DONE, EventKind.STEP_FAILED) and key in self.running:
            del self.running[key]
            self.done += 1

    def lines(self, now: float, screen: Screen, most: int = 8) -> list[str]:
        """What to draw: a line for each of the longest running steps, and how far it is."""
        frames = SPINNER if screen.unicode else _ASCII_SPINNER
        frame = frames[int((now - self.started) * 8) % len(frames)]
        steps = [] if self.preview else list(self.running.values())[:most]
        drawn = [
            _row(frame, "cyan", _what(event), f"{_doing(event)} {duration(now - since)}", screen)
            for event, since in steps
        ]
        if len(self.running) > most and not self.preview:
            drawn.append(screen.paint(f"  and {len(self.running) - most} more", "dim"))
        total = f" of {self.total}" if self.total >= self.done and self.total else ""
        return [
            *drawn,
            screen.paint(
                f"  {self.done}{total} {'looked at' if self.preview else 'done'}, {duration(now - self.started)}", "dim"
            ),
        ]


def _row(sign: str, colour: str, what: str, words: str, screen: Screen) -> str:
    room = max(min(screen.width, 110) - columns(words) - 4, 10)
    return f"{screen.paint(sign, colour)} {screen.plain(pad(fit(what, room), min(room, 66)))}  {screen.paint(words, 'dim')}"


def _what(event: Event) -> str:
    return f"{event.name} ({short_type(event.type)})" if event.type else event.name


def _doing(event: Event) -> str:
    return LOOKS[event.operation].doing if event.operation else event.message
