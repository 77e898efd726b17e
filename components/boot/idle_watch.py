"""Stops a workstation that nobody uses and that does nothing. Runs on the machine once a minute, as root.

Only the standard library, Python 3.9 or newer: this file is copied to the machine as it stands. What it heeds stands in tags of the
machine, which it reads anew each time, so that a change of them needs no restart. With `--look` it says what it sees and stops
nothing.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, TypedDict

ACTIVITIES = Path("/etc/soundstage/activities.json")
REMEMBERED = Path("/var/lib/soundstage/idle.json")
METADATA = "http://169.254.169.254/latest/"
MINUTES_TAG = "soundstage:idle-minutes"
KEEP_TAG = "soundstage:keep-while"
AT_FIRST = {"minutes": "30", "keep_while": "render:transcode:upload"}
"""What holds until the tags could be read once."""
STATE = Path("/run/soundstage/idle.json")
BUSY_GPU_PERCENT = 10
BUSY_CORES = 1.0
SESSION_WORKER = "ssm-session-worker"
INTERPRETERS = ("bash", "perl", "python", "sh")


class Sample(TypedDict):
    """The machine at one moment."""

    connections: "int | None"
    """People at the display; None when it does not say."""
    commands: list[list[str]]
    """The command lines of all processes."""
    gpu_percent: int
    """How busy the busiest GPU is."""
    busy_cores: float
    """Cores in use, on average since the last look."""


def reason_to_stay(sample: Sample, patterns: list[str]) -> str:
    """Why the machine must keep running now, in words; empty when there is no reason.

    What cannot be read counts as work: an alarm in the cloud is the second net.
    """
    if sample["connections"] is None:
        return "the display does not answer"
    if sample["connections"]:
        return "somebody is connected"
    for command in sample["commands"]:
        if command and name_of(command[0]) == SESSION_WORKER:
            return "a session is open"
        for pattern in patterns:
            if matches(command, pattern):
                return "at work: " + pattern
    if sample["gpu_percent"] >= BUSY_GPU_PERCENT:
        return f"the GPU is {sample['gpu_percent']} % busy"
    if sample["busy_cores"] >= BUSY_CORES:
        return f"{sample['busy_cores']:.1f} cores are busy"
    return ""


def matches(command: list[str], pattern: str) -> bool:
    """Whether a command line (a list of arguments) is the program of a pattern, with its words among the arguments."""
    words = [word.lower() for word in command]
    if words and name_of(words[0]).rstrip("0123456789.") in INTERPRETERS:
        words = words[1:]
    if not words:
        return False
    if is_named(words[0], pattern):
        return True
    wanted = pattern.split()
    return is_named(words[0], wanted[0]) and all(word in words[1:] for word in wanted[1:])


def is_named(path: str, program: str) -> bool:
    """Whether a path is of this program, whatever version its name ends in: `Nuke15.0v4` is `nuke`."""
    name = name_of(path)
    return name == program or re.fullmatch(re.escape(program) + r"[-_ ]?v?\d[\d.]*(v\d+)?", name) is not None


def name_of(path: str) -> str:
    """The file name of a program, without folders and `.exe`."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return name.removesuffix(".exe")


def patterns(words: list[str], activities: dict[str, list[str]]) -> list[str]:
    """The patterns behind activities and names of programs, lower case, each once, in a fixed order.

    A pattern is a program's file name, then words that must be among its arguments. A word that is no activity is the name of a
    program as it stands, spaces included.
    """
    found = set()
    for word in words:
        found.update(activities.get(word, [word.lower()]))
    return sorted(found)


def tag(name: str) -> str:
    """The value of a tag of this machine; empty without it. Fails when nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    asked = urllib.request.Request(METADATA + "api/token", method="PUT", headers=headers)
    with opener.open(asked, timeout=5) as page:
        headers = {"X-aws-ec2-metadata-token": page.read().decode()}
    asked = urllib.request.Request(METADATA + "meta-data/tags/instance/" + name, headers=headers)
    try:
        with opener.open(asked, timeout=5) as page:
            return str(page.read().decode())
    except urllib.error.HTTPError as refused:
        if refused.code == 404:
            return ""
        raise


def settings() -> dict[str, Any]:
    """After how many minutes to stop, and what keeps the machine awake; what was last known where the tags cannot be read."""
    try:
        minutes, kept = tag(MINUTES_TAG), [tag(KEEP_TAG)]
        while kept[-1]:
            kept.append(tag(f"{KEEP_TAG}-{len(kept) + 1}"))
        known = {"minutes": str(int(minutes)), "keep_while": ":".join(filter(None, kept))}
        if known != remembered():
            REMEMBERED.write_text(json.dumps(known))
    except (OSError, ValueError):
        known = remembered()
    words = [word for word in known["keep_while"].split(":") if word]
    return {"minutes": int(known["minutes"]), "patterns": patterns(words, json.loads(ACTIVITIES.read_text()))}


def remembered() -> dict[str, str]:
    """What the tags said last."""
    try:
        known: dict[str, str] = json.loads(REMEMBERED.read_text())
        int(known["minutes"])
    except (OSError, ValueError, KeyError, TypeError):
        return AT_FIRST
    return known


def decide(reason: str, idle_since: "float | None", now: float, minutes: int) -> "tuple[float | None, bool]":
    """Since when the machine is idle (None while at work), and whether to stop it now. Times are seconds."""
    if reason:
        return None, False
    since = now if idle_since is None else min(idle_since, now)
    return since, now - since >= minutes * 60


def answer(*command: str) -> str:
    """What a command prints. Fails when it fails or takes more than 20 seconds."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


def connections() -> "int | None":
    """People at the display. Without a display nobody can be."""
    if not Path("/usr/bin/dcv").exists():
        return 0
    try:
        return int(json.loads(answer("/usr/bin/dcv", "describe-session", "console", "-j"))["num-of-connections"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def gpu_percent() -> int:
    """How busy the busiest GPU is; 100 when it does not say."""
    if not Path("/usr/bin/nvidia-smi").exists():
        return 0
    try:
        rows = answer("/usr/bin/nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits")
        return max(int(row) for row in rows.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return 100


def commands() -> list[list[str]]:
    """The command lines of all processes."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        found.append([word for word in text.split("\0") if word])
    return found


def cpu_seconds() -> float:
    """Processor time used since the start, all cores together, waiting for disks left out."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Look once, remember, and stop the machine when its time has come."""
    wanted = settings()
    try:
        state = json.loads(STATE.read_text())
    except (OSError, ValueError):
        state = {}
    now, used = time.monotonic(), cpu_seconds()
    elapsed = max(now - state.get("at", now), 1.0)
    sample: Sample = {
        "connections": connections(),
        "commands": commands(),
        "gpu_percent": gpu_percent(),
        "busy_cores": (used - state.get("cpu_seconds", used)) / elapsed,
    }
    reason = reason_to_stay(sample, wanted["patterns"])
    if "--look" in sys.argv[1:]:
        print(f"stops after {wanted['minutes']} min; {reason or 'idle now'}")
        return
    since, stop = decide(reason, state.get("idle_since"), now, wanted["minutes"])
    idle_minutes = 0 if since is None else int((now - since) / 60)
    state = {"at": now, "cpu_seconds": used, "idle_since": since, "idle_minutes": idle_minutes, "reason": reason}
    STATE.write_text(json.dumps(state))
    print(reason or f"idle for {idle_minutes} min")
    if stop:
        print("stopping")
        answer("/usr/bin/systemctl", "poweroff")


if __name__ == "__main__":
    main()
