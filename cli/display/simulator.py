"""The simulated cloud in words: its state, its faults, and the variables that point tools at it."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.providers.aws.recorded import NOT_EMULATED
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Status


def status_text(status: Status, screen: Screen) -> str:
    """Where it answers, since when, how much it holds, and what is set to fail."""
    if not status.running:
        return screen.plain("The simulated cloud is not running. Commands start it when they need it.")
    since = datetime.fromtimestamp(status.started, UTC)
    lines = [
        screen.paint(f"The simulated cloud answers at {status.url} (process {status.pid}).", "bold"),
        screen.plain(f"Since {since:%Y-%m-%d %H:%M} UTC it has answered {status.requests} calls."),
        screen.plain(
            f"It holds {_size(status.world_bytes)}, and {status.journal_entries} calls since"
            f" ({_size(status.journal_bytes)}) in its journal."
        ),
        screen.plain(f"IAM policies {'decide what a caller may do' if status.enforcing else 'are recorded only'}."),
    ]
    lines += [screen.plain("Not emulated:"), *(screen.plain(f"- {words}") for words in NOT_EMULATED)]
    return "\n".join([*lines, *([faults_text(status.faults, screen)] if status.faults else [])])


def quotas_text(rows: Sequence[Mapping[str, Any]], screen: Screen) -> str:
    """The account's quotas, one a row."""
    cells = [(row["code"], str(row["allowed"]), row["name"]) for row in rows]
    return table(("quota", "allowed", "what it counts"), cells, screen)


def mail_text(sent: Sequence[Mapping[str, Any]], screen: Screen) -> str:
    """What was told to whom, oldest first."""
    if not sent:
        return "Nobody was told anything."
    return "\n".join(
        screen.plain(f"{datetime.fromtimestamp(one['time'], UTC):%Y-%m-%d %H:%M} UTC to {one['to']}: {one['text']}")
        for one in sent
    )


def faults_text(rules: Sequence[FaultRule], screen: Screen) -> str:
    """The faults that are set, one a row."""
    if not rules:
        return "No faults are set."
    rows = [
        (rule.operation, rule.kind, str(rule.times) if rule.times else "all", str(rule.after), f"{rule.seconds:g}")
        for rule in rules
    ]
    return table(("operation", "fault", "calls left", "after", "seconds"), rows, screen)


def exports(environment: Mapping[str, str], shell: str) -> str:
    """The variables in a shell's own syntax. Values are quoted: whatever they hold, they stay values."""
    if shell == "fish":
        return "\n".join(f"set -gx {name} {_fish(value)};" for name, value in environment.items())
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def _fish(value: str) -> str:
    # Inside single quotes fish knows two escapes only: \\ and \' (fish documentation, "Quotes", read 2026-11).
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _size(number: int) -> str:
    return f"{number / 1024:.0f} KiB" if number < 1024 * 1024 else f"{number / 1024 / 1024:.1f} MiB"
