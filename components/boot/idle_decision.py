"""What the idle guard of a machine decides. Pure; `windows_idle.ps1` decides the same by the same table (`data/guard.json`).

Only the standard library, Python 3.9 or newer: this file is copied to machines as it stands, in front of `idle_watch.py`.
"""

import functools
import re
from typing import Any, TypedDict


class Sample(TypedDict):
    """The machine at one moment. What could not be read is None, and named in `dark`."""

    at: float
    """Seconds since the machine started, which no correction of the clock changes."""
    people: "int | None"
    """Connections to the display."""
    input_minutes: "float | None"
    """Since the last input at the display or in a terminal; None where nothing says so."""
    programs: "list[list[Any]]"
    """Of each process a list: its command line (a list of words), and the seconds of processor time that it and its children had."""
    gpu: "float | None"
    """Percent, of the busiest GPU."""
    encoder: "float | None"
    """Percent, of the busiest video encoder or decoder."""
    cores: "float | None"
    """Cores in use, on average since the last look; so are the next two."""
    disk: "float | None"
    """MB/s read and written."""
    network: "float | None"
    """MB/s sent and received."""
    awake: str
    """Until when and by whom the machine is kept awake, in words; empty when it is not."""
    over: bool
    """Whether its working hours have ended since it was started."""


def decide(rules: Any, wanted: Any, sample: Any, memory: Any) -> "tuple[dict[str, Any], dict[str, Any]]":
    """What to do now (`verdict`: keep, idle, warn or stop; `reason`: why, in words; `idle_minutes`; `stops_after`), and what to
    remember until the next look. Pure. `wanted` holds `minutes`, `warn` and `patterns`.

    A look that comes late, or before the last one, remembers nothing: the machine was asleep, or was started again meanwhile.
    """
    now = sample["at"]
    if not memory or not 0 <= now - memory["at"] <= rules["gap_minutes"] * 60:
        memory = {"looks": [], "life": {}, "worked": now, "dark": None, "warned": None}
    looks = [*memory["looks"], [sample[each["name"]] for each in rules["measures"]]][-rules["looks"] :]
    dark = None
    if sample["people"] is None or None in looks[-1]:
        dark = now if memory["dark"] is None else memory["dark"]
    worked = memory["worked"]
    life, program = at_work(rules, wanted["patterns"], sample, memory["life"])
    measure = ""
    for place, each in enumerate(rules["measures"]):
        over = [look[place] is not None and look[place] >= each["at_least"] for look in looks]
        if sum(over) >= rules["busy_looks"]:
            worked = now if over[-1] else worked
            seen = max(look[place] for look in looks if look[place] is not None)
            measure = measure or each["words"].replace("{}", f"{seen:.1f}".replace(".0", ""))
    minutes = min(wanted["minutes"], rules["after_hours_minutes"]) if sample["over"] else wanted["minutes"]
    typed = sample["input_minutes"]
    if typed is not None:
        worked = max(worked, now - typed * 60)
    if sample["awake"]:
        reason = sample["awake"]
    elif sample["people"] and (typed is None or typed < wanted["minutes"]):
        reason = "somebody is connected"
    elif program:
        reason = program
    elif measure:
        reason = measure
    elif dark is not None and now - dark < rules["dark_minutes"] * 60:
        reason = "what it does cannot be read"
    else:
        reason = ""
    if reason != measure:
        worked = now
    idle = int((now - worked) / 60)
    warned, verdict = None, "keep" if reason else "idle"
    if not reason and idle >= minutes - wanted["warn"]:
        warned = now if memory["warned"] is None else memory["warned"]
        if memory["warned"] is None:
            verdict = "warn"
        if idle >= minutes and now - warned >= min(wanted["warn"], minutes) * 60:
            verdict = "stop"
    memory = {"at": now, "looks": looks, "life": life, "worked": worked, "dark": dark, "warned": warned}
    return {"verdict": verdict, "reason": reason, "idle_minutes": idle, "stops_after": minutes}, memory


def at_work(rules: Any, patterns: Any, sample: Any, life: Any) -> "tuple[dict[str, Any], str]":
    """The signs of life of the programs that count as work, and which is at work, in words.

    A program that uses no processor time counts for some time nevertheless: it may wait for a licence, or for a disk. One with windows,
    which people leave open, counts only while it works.
    """
    found: dict[str, Any] = {}
    reason = ""
    for pattern in [*rules["always"]["programs"], *patterns]:
        used = [seconds for command, seconds in sample["programs"] if matches(rules, command, pattern)]
        if not used:
            continue
        app = pattern in rules["apps"]
        before, alive, at = life.get(pattern) or [sum(used), sample["at"], sample["at"]]
        if sum(used) - before >= (sample["at"] - at) * rules["app_cores" if app else "quiet_cores"]:
            alive = sample["at"]
        found[pattern] = [sum(used), alive, sample["at"]]
        if not reason and sample["at"] - alive < rules["app_minutes" if app else "quiet_minutes"] * 60:
            always = pattern in rules["always"]["programs"]
            reason = rules["always"]["words"] if always else "at work: " + pattern
    return found, reason


def matches(rules: Any, command: "list[str]", pattern: str) -> bool:
    """Whether a command line is the program of a pattern, with the pattern's other words among its arguments."""
    if command and is_named(rules, command[0], rules["interpreters"]):
        command = command[1:]
    if not command:
        return False
    first, *more = pattern.lower().split()
    if is_named(rules, command[0], [pattern]):
        return True
    return is_named(rules, command[0], [first]) and set(more) <= {word.lower() for word in command[1:]}


def is_named(rules: Any, path: str, programs: "list[str]") -> bool:
    """Whether a path is of one of these programs, word by word: `Nuke15.0v4` and `mantra-bin` are `nuke` and `mantra`, and `nukex`
    is not `nuke`."""
    have = words_of(path)
    for program in programs:
        want = words_of(program)
        rest = have[len(want) :]
        if have[: len(want)] == want and all(word.isdigit() or word in rules["endings"] for word in rest):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def words_of(path: str) -> "list[str]":
    """The runs of letters and of digits of a file's name."""
    return re.findall(r"[a-z]+|[0-9]+", re.split(r"[\\/]", path)[-1].lower())


def patterns(words: "list[str]", activities: "dict[str, list[str]]") -> "list[str]":
    """The patterns behind activities and names of programs, each once, in a fixed order.

    A pattern is a program's name, then words that must be among its arguments. A word that is no activity is the name of a program as
    it stands, spaces included.
    """
    found: set[str] = set()
    for word in words:
        found.update(activities.get(word, [word.lower()]))
    return sorted(found)
