"""Whether machines are ready, in words and in `--json`."""

from collections.abc import Iterator, Mapping
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.cli.display.text import duration
from soundstage.components.boot.report import Report, Result
from soundstage.stacks.clouds.base import Machine


def ready_word(machine: Machine, report: Report | None) -> str:
    """One or two words for a table."""
    if not machine.is_running:
        return "-"
    if report is None:
        return "unknown"
    if report.ended is None:
        return f"starting: {report.doing}" if report.doing else "starting"
    return "ready" if report.ready else f"failed: {report.failures[0].name}"


def wrong_lines(reports: Mapping[str, Report], typed: str, screen: Screen) -> list[str]:
    """What is wrong with each machine that is not ready, and how to see more."""
    lines: list[str] = []
    for name, report in reports.items():
        if report.ended is None or report.ready:
            continue
        lines += [screen.paint(f"{name} is not ready: {each.name}: {each.wrong}", "red") for each in report.failures]
        lines.append(screen.plain(f"`workstation logs {name} --project {typed}` shows its log."))
    return [*lines, ""] if lines else []


def timing_lines(reports: Mapping[str, Report], screen: Screen) -> Iterator[str]:
    """How long each step of each start took."""
    for name, report in reports.items():
        rows = [(phase.name, duration(phase.seconds), str(phase.result)) for phase in report.phases]
        until = "from the start to ready" if report.ready else "from the start until it was found not ready"
        if report.ended is None:
            until = "since the start, which is not over"
        yield screen.paint(f"{name}: {duration(report.seconds)} {until}", "bold")
        yield table(("step", "took", "result"), rows, screen)
        yield ""


def report_document(report: Report | None) -> dict[str, Any] | None:
    """What `--json` says of a machine's start."""
    if report is None:
        return None
    return {
        "ready": report.ready,
        "doing": report.doing or None,
        "seconds": round(report.seconds, 2),
        "phases": [{"name": each.name, "seconds": each.seconds, "result": each.result} for each in report.phases],
        "checks": [
            {"name": each.name, "result": each.result, "seen": each.seen, "wrong": each.wrong}
            for each in report.checks
            if each.result is not Result.NOT_APPLICABLE
        ],
    }
