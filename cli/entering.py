"""What the commands that lead into a machine have in common: which one is meant, that it runs, and the way to it."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from soundstage.cli.confirm import confirm
from soundstage.cli.display.screen import stderr
from soundstage.cli.display.text import duration
from soundstage.cli.notice import notice, write

if TYPE_CHECKING:
    from soundstage.sessions.tunnel import Totals
    from soundstage.stacks.clouds.base import Machine
    from soundstage.stacks.clouds.doors import Door
    from soundstage.stacks.deployment import Deployment
    from soundstage.stacks.entry.both_ends import Copied
    from soundstage.stacks.entry.display import Shown

_MIB: Final = 1 << 20
_REDRAW: Final = 0.1


def awake(deployment: "Deployment", machine: "Machine", *, yes: bool) -> "Machine":
    """The machine, running: one that does not run is started, after a question."""
    from soundstage.cli.progress import Progress

    if machine.is_running:
        return machine
    confirm(
        f"{machine.name} is {machine.state}. Start it?", yes=yes, hint="Add `--yes` to start it without being asked."
    )
    with Progress(1) as progress:
        deployment.start([machine], on_event=progress)
    return next(each for each in deployment.machines() if each.name == machine.name)


@contextlib.contextmanager
def door_to(project: str | None, name: str | None, *, yes: bool = False) -> "Iterator[tuple[Deployment, Door]]":
    """The way to one machine of a project, which runs."""
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.entry.door import door, the_machine

    deployment = open_project(project, allow_expired=True)
    machine = awake(deployment, the_machine(deployment, name), yes=yes)
    with _hang_up_is_a_stop(), door(deployment, machine, notice) as way:
        yield deployment, way


@contextlib.contextmanager
def _hang_up_is_a_stop() -> Iterator[None]:
    """A terminal that closes, and `kill`, end sessions as Ctrl-C does."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show(shown: "Shown", name: str, *, no_open: bool) -> dict[str, Any]:
    """Say what the way is like, open the display, and stay until Ctrl-C. Returns what was measured and carried."""
    from soundstage.stacks.entry.display import VIEWER

    began = time.monotonic()
    speed = shown.measure()
    if speed:
        notice(f"The way to {name}: {speed.told}. {speed.advice}")
    where = "" if no_open else shown.open()
    if where:
        notice(f"{name} opens in {where}. The address is {shown.address}", "bold")
        if where != VIEWER:
            notice(
                "If no page comes, end this with Ctrl-C and add `--no-open`: it prints an address to open yourself.",
                "dim",
            )
    elif shown.way.kind == "rdp":
        local = f"localhost:{shown.tunnel.port}"
        notice(
            f"Open {local} with a client of RDP: `mstsc /v:{local}` on Windows, `xfreerdp /v:{local}` on Linux.", "bold"
        )
    else:
        how = "it opens the display again until you have left it for ten minutes" if shown.lasts else "it works once"
        notice(f"Open this within a minute; {how}: {shown.secret_address}", "bold")
    if shown.way.password and where != VIEWER:
        notice(f"Sign in as {shown.way.user} with this, which is good for one minute: {shown.way.password}", "bold")
    if shown.way.note:
        notice(shown.way.note)
    notice(_about_certificate(shown.way.certificate) + "Ctrl-C ends the connection.", "dim")
    with contextlib.suppress(KeyboardInterrupt):
        shown.running.wait()
    return {
        "address": shown.address,
        "round_trip_ms": round(speed.round_trip * 1000, 1) if speed else None,
        "bytes_per_second": round(speed.rate) if speed else None,
        "seconds": round(time.monotonic() - began, 1),
    }


def _about_certificate(fingerprint: str) -> str:
    if not fingerprint:
        return ""
    pairs = ":".join(fingerprint[place : place + 2] for place in range(0, 16, 2)).upper()
    return (
        "A browser does not know the machine's certificate and says so once. It is the right one where its SHA-256 "
        f"fingerprint begins with {pairs}. "
    )


def ended(name: str, totals: "Totals", seconds: float, stop: str) -> str:
    """What a connection was, in a sentence, and that the machine runs on. `stop` is the command that stops it."""
    carried = (totals.sent_bytes + totals.received_bytes) / _MIB
    again = totals.websockets - totals.sessions
    cuts = f", {again} of them after the line was lost" if again > 0 else ""
    lines = "line" if totals.websockets == 1 else "lines"
    return (
        f"The connection to {name} has ended: {carried:.1f} MiB in {duration(seconds)} over {totals.websockets} {lines}{cuts}.\n"
        f"{name} runs on and costs. `{stop} {name}` stops it."
    )


class Bar:
    """How far a copy is: redrawn in place on a terminal, nothing anywhere else."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = stderr().live
        self._began = time.monotonic()
        self._first: int | None = None
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = done
        if not self._live or (now - self._drawn < _REDRAW and done < total):
            return
        self._drawn = now
        rate = (done - self._first) / max(now - self._began, 0.001)
        left = f", {duration((total - done) / rate)} left" if rate and done < total else ""
        share = 100 * done // total if total else 100
        line = f"{self._name}: {share} % of {total / _MIB:.1f} MiB, {rate / _MIB:.1f} MiB/s{left}"
        with contextlib.suppress(OSError, ValueError):
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._live and self._drawn:
            write("")


def copied_text(done: "Copied", seconds: float) -> str:
    """What was copied, in a sentence."""
    by = " It went by way of the project's bucket, and nothing of it is left there." if done.by == "bucket" else ""
    went_on = f", of which {done.went_on_at / _MIB:.1f} MiB were there already" if done.went_on_at else ""
    return (
        f"Copied {done.target}: {done.bytes / _MIB:.1f} MiB in {duration(seconds)}{went_on}. "
        f"Both ends were compared and are the same.{by}"
    )
