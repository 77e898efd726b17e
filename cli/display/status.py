"""How a project stands: its machines, how to reach them, their disks, its age and its expiry."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

from soundstage.cli.display.listing import elsewhere
from soundstage.cli.display.parking import parked_document, parked_lines
from soundstage.cli.display.readiness import ready_word, report_document, timing_lines, wrong_lines
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.cli.display.text import count, duration, spoken
from soundstage.cli.display.why import why_lines
from soundstage.components.boot.report import Report
from soundstage.stacks.clock.next_start import start_sentences
from soundstage.stacks.clouds.base import Disk, Machine
from soundstage.stacks.machines import Way
from soundstage.stacks.results import StatusReport
from soundstage.stacks.why import Why

_SOON_DAYS: Final = 14
_HALF: Final = {"park": "parked", "start": "up"}
"""What a project is whose command of this name was cut off, after `half`."""
_COLOURS: Final = {"running": "green", "stopped": "dim", "pending": "yellow", "stopping": "yellow"}


def status_text(
    report: StatusReport,
    purposes: Mapping[str, str],
    now: datetime,
    screen: Screen,
    *,
    timings: bool = False,
    reasons: Mapping[str, Why] = MappingProxyType({}),
) -> str:
    """`purposes` says what each workstation of the project file is for, `reasons` why each machine is on or stopped, where that was
    asked."""
    if report.kept:
        where = f"Its media are kept in {spoken(report.kept_buckets)}" if report.kept_buckets else "Some of it is kept"
        return screen.lines(
            f"{report.title} is down. {where}: {count(len(report.kept), 'resource')} in all.\n"
            f"`workstation up {report.typed}` uses them again; `workstation down {report.typed} --delete-media` deletes them."
        )
    if not report.is_up:
        return screen.lines(_absent(report))
    lines = [screen.paint(_head(report), "bold"), *_dates(report, now, screen), ""]
    if report.machines:
        rows = [_row(machine, purposes, now, report.reports.get(machine.name)) for machine in report.machines]
        lines += [table(("machine", "for", "state", "ready", "up for", "type", "user", "disks"), rows, screen), ""]
    lines += [screen.plain(each) for each in start_sentences(report.starts)] + ([""] if report.starts else [])
    lines += parked_lines(report.parked, report.lost, report.told_lost, report.typed, screen)
    lines += why_lines(reasons, screen)
    lines += wrong_lines(report.reports, report.typed, screen)
    lines += timing_lines(report.reports, screen) if timings else ()
    lines += _ways(report, screen)
    lines += _people(report, screen)
    lines += _missing(report, purposes, screen)
    lines.append(screen.paint(f"Changed by hand? `workstation preview {report.typed} --refresh` shows it.", "dim"))
    return "\n".join(lines)


def _absent(report: StatusReport) -> str:
    """Nothing of it is on record. What a colleague has up is not, where each computer keeps its own record."""
    up = f"Bring it up with `workstation up {report.typed}`."
    if not report.here_alone:
        return f"{report.title} is not up: nothing of it exists ({report.cloud}).\n{up}"
    head = f"{report.title} is not up from this computer, which has no state of it ({report.cloud})."
    return f"{head}\n{up}\n{elsewhere(report.cloud)}"


def _head(report: StatusReport) -> str:
    left = report.unfinished
    if left is None:
        is_parked = report.parked and not report.machines
        return f"{report.title} is {'parked' if is_parked else 'up'} on {report.cloud}."
    are = f"{count(left.there, 'resource')} are"
    if left.wanted and left.there <= left.wanted:  # with more there, the edit takes something out that has not gone yet
        are = f"{left.there} of {left.wanted} resources are"
    return (
        f"{report.title} is half {_HALF.get(left.command, left.command)} on {report.cloud}: {are} there. "
        f"`workstation {left.command} {report.typed}` continues."
    )


def status_document(report: StatusReport, purposes: Mapping[str, str], cloud: str, region: str) -> dict[str, Any]:
    """What `--json` prints."""
    lost = {one.machine: one.what for one in report.lost}
    return {
        "project": report.project,
        "called": report.title,
        "up": report.is_up,
        "unfinished": asdict(report.unfinished) if report.unfinished else None,
        "kept": list(report.kept),
        "kept_buckets": list(report.kept_buckets),
        "cloud": cloud,
        "region": region,
        "created": report.created.isoformat() if report.created else None,
        "expires": report.expires.isoformat() if report.expires else None,
        "machines": [
            _machine(machine, purposes, report.ways.get(machine.name))
            | {
                "start": report_document(report.reports.get(machine.name)),
                "next_start": start.at.astimezone(UTC).isoformat()
                if (start := report.starts.get(machine.name))
                else None,
            }
            for machine in report.machines
        ],
        "parked": [
            {"machine": name, **parked_document(one), "lost": lost.get(name, [])}
            for name, one in sorted(report.parked.items())
        ],
        "missing": _gone(report, purposes) if report.is_up else [],
    }


def _machine(machine: Machine, purposes: Mapping[str, str], way: Way | None) -> dict[str, Any]:
    return {
        "name": machine.name,
        "for": purposes.get(machine.name),
        "state": machine.state,
        "instance_id": machine.instance_id,
        "instance_type": machine.instance_type,
        "launched": machine.launched.isoformat() if machine.launched else None,
        "private_ip": machine.private_ip,
        "public_ip": machine.public_ip,
        "user": machine.user,
        "availability_zone": machine.zone,
        "reach": {"command": way.command or None, "url": way.url} if way else None,
        "disks": [
            {"device": disk.device, "gib": disk.gib, "kind": disk.kind, "encrypted": disk.encrypted}
            for disk in machine.disks
        ],
    }


def _dates(report: StatusReport, now: datetime, screen: Screen) -> list[str]:
    lines = []
    if report.created:
        lines.append(screen.plain(f"First brought up {duration((now - report.created).total_seconds())} ago."))
    if report.expires:
        lines.append(_expiry(report.expires, now.astimezone(UTC).date(), screen))
    return lines


def _expiry(expires: date, today: date, screen: Screen) -> str:
    days = (expires - today).days
    if days < 0:
        return screen.paint(
            f"It expired on {expires}, {count(-days, 'day')} ago. Take it down when the job is done.", "red"
        )
    colour = ("yellow",) if days <= _SOON_DAYS else ()
    away = f"in {count(days, 'day')}" if days else "today"
    return screen.paint(f"Expires on {expires}, {away}.", *colour)


def _row(machine: Machine, purposes: Mapping[str, str], now: datetime, told: Report | None) -> tuple[str, ...]:
    up_for = duration((now - machine.launched).total_seconds()) if machine.is_running and machine.launched else "-"
    return (
        machine.name, purposes.get(machine.name, "-"), machine.state, ready_word(machine, told), up_for, machine.instance_type,
        machine.user or "-", ", ".join(map(_disk, machine.disks)) or "-",
    )  # fmt: skip


def _disk(disk: Disk) -> str:
    return f"{disk.gib} GiB {disk.kind}{'' if disk.encrypted else ' NOT ENCRYPTED'}"


def _ways(report: StatusReport, screen: Screen) -> list[str]:
    """How to reach what runs, whole on lines of their own, so that they can be copied."""
    lines: list[str] = []
    for machine in report.machines:
        way = report.ways.get(machine.name)
        if (way and way.command) or (report.is_simulated and machine.is_running):
            # Nobody listens at the address of a simulated machine; a session with it leads to a page on this computer.
            lines.append(screen.paint(f"Open the display of {machine.name}:", "bold"))
            if report.connects:
                lines.append(screen.plain(f"  workstation connect {machine.name} --project {report.typed}"))
            elif way and way.command:
                lines.append(screen.plain(f"  {way.command}"))
                nobody = "  This machine is simulated: nothing listens there." if report.is_simulated else ""
                lines.append(screen.plain(nobody or f"  Then open {way.url}"))
        elif way:
            lines.append(screen.paint(f"Reach {machine.name} at {way.url}", "bold"))
    stopped = [machine.name for machine in report.machines if machine.state == "stopped"]
    if stopped:
        lines.append(screen.plain(f"Stopped: {', '.join(stopped)}. `workstation start {report.typed}` starts them."))
    return [*lines, ""] if lines else []


def _people(report: StatusReport, screen: Screen) -> list[str]:
    """Who gets in, where nobody does by a role that they take themselves."""
    if report.people is None:
        return []
    if report.people:
        return [screen.plain(f"By the project file {spoken(report.people)} may use its machines, besides owners."), ""]
    return [
        screen.plain(
            "Nobody but owners gets in. To let somebody in, write their Google address into the project file:"
        ),
        screen.plain("  access: {people: [user:ADDRESS]}"),
        screen.plain(f"and run `workstation up {report.typed}`."),
        "",
    ]


def _gone(report: StatusReport, purposes: Mapping[str, str]) -> list[str]:
    return sorted(set(purposes) - {machine.name for machine in report.machines} - set(report.parked))


def _missing(report: StatusReport, purposes: Mapping[str, str], screen: Screen) -> list[str]:
    gone = _gone(report, purposes)
    if not gone:
        return []
    # With --refresh, because a machine that someone deleted by hand is still on record.
    return [
        screen.paint(
            f"{spoken(gone)} {'is' if len(gone) == 1 else 'are'} missing. "
            f"`workstation up {report.typed} --refresh` makes {'it' if len(gone) == 1 else 'them'}.",
            "yellow",
        )
    ]
