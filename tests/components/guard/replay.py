"""Traces of programs and people, played to the idle guard one look after the other.

A trace is a file in `traces/`. `play` holds stretches of `minutes`; a signal that a stretch does not name is that of a machine at rest,
and a list goes round, one value a minute. `programs` are pairs of a command line and the cores that it uses. `expect` is `keep`, or the
minute of the stop (or the first and last that it may be), and `warns`, that of the warning;
`says` is the reason of the last look.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from soundstage.components.boot.idle_decision import decide, patterns
from soundstage.components.boot.rules import rules

TRACES = sorted((Path(__file__).parent / "traces").glob("*.yaml"))
REST = {"gpu": [0], "encoder": [0], "cores": [0.05], "disk": [0.02], "network": [0.005], "input": [None]}


def read(path: Path) -> dict[str, Any]:
    trace: dict[str, Any] = yaml.load(path.read_text(), yaml.CSafeLoader)
    return trace


def wanted(trace: Mapping[str, Any]) -> dict[str, Any]:
    words = trace.get("keep_while", ["render", "transcode", "upload"])
    return {
        "minutes": trace.get("stop_after_minutes", 30),
        "warn": trace.get("warn_minutes", 5),
        "patterns": patterns(words, rules()["activities"]),
    }


def samples(trace: Mapping[str, Any]) -> Iterator[tuple[float, Any]]:
    """The minute and the sample of each look."""
    at, minute, used = 300.0, 0.0, dict[str, float]()
    for stretch in trace["play"]:
        if stretch.get("reboot"):
            at, used = 300.0 - 60, {}
        at += stretch.get("pause", 0) * 60
        minute += stretch.get("pause", 0)
        for step in range(stretch["minutes"]):
            at, minute = at + 60, minute + 1
            programs = stretch.get("programs", [])
            for command, cores in programs:
                used[command] = used.get(command, 1.0) + cores * 60
            signals = {
                name: stretch.get(name, rest)[step % len(stretch.get(name, rest))] for name, rest in REST.items()
            }
            typed = signals.pop("input")
            yield (
                minute - 1,
                {
                    **signals,
                    "at": at,
                    "people": stretch.get("people", 0),
                    "input_minutes": typed,
                    "programs": [[words_of_command(command), used[command]] for command, _ in programs],
                    "awake": stretch.get("awake", ""),
                    "over": stretch.get("over", False),
                },
            )


def words_of_command(command: str) -> list[str]:
    """The words of a command line; a program's path may hold spaces up to its `.exe`."""
    path, dot, rest = command.partition(".exe")
    return [path + dot, *rest.split()] if dot else command.split()


def told(trace: Mapping[str, Any], decided: Any = decide) -> Iterator[tuple[float, dict[str, Any]]]:
    """The minute and the verdict of each look, up to a stop."""
    memory: Any = None
    want = wanted(trace)
    for minute, sample in samples(trace):
        verdict, memory = decided(rules(), want, sample, memory)
        yield minute, verdict
        if verdict["verdict"] == "stop":
            return


def fault(trace: Mapping[str, Any], looks: list[tuple[float, Mapping[str, Any]]]) -> str:
    """What is wrong with the verdicts of a trace; empty when nothing is."""
    stops = [minute for minute, verdict in looks if verdict["verdict"] == "stop"]
    warns = [minute for minute, verdict in looks if verdict["verdict"] == "warn"]
    expected, says = trace["expect"], trace.get("says")
    if mute := [minute for minute, verdict in looks if (verdict["verdict"] == "keep") is not bool(verdict["reason"])]:
        return f"keeps without a reason, or has one and does not keep, at minute {mute[0]}"
    if says and says != looks[-1][1]["reason"]:
        return f"says at last {looks[-1][1]['reason']!r}"
    if expected == "keep":
        return f"stops at minute {stops[0]}" if stops else ""
    bounds = expected["stops"] if isinstance(expected["stops"], list) else [expected["stops"]] * 2
    if not stops:
        return f"never stops; at last: {looks[-1][1]}"
    if not bounds[0] <= stops[0] <= bounds[1]:
        return f"stops at minute {stops[0]}"
    least = min(trace.get("warn_minutes", 5), looks[-1][1]["stops_after"])
    if not warns or stops[0] - warns[-1] < least:
        return f"warns at {warns}, and stops at {stops[0]}"
    return f"warns at {warns}" if "warns" in expected and warns != [expected["warns"]] else ""
