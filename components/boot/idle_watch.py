"""The idle guard: stops a workstation that nobody uses and that does nothing. Runs on the machine once a minute, as root:
soundstage-idle [LOG GROUP]. With `--look` it says what it sees and stops nothing.

Only the standard library, Python 3.9 or newer: this file is copied to the machine as it stands. What it heeds stands in tags of the
machine, which it reads anew each time, so that a change of them needs no restart; which programs and how much use count as work
stands in a table that machines with Windows read too (`data/guard.json`), and `idle_decision.py`, which is sent as the first part of
this program, decides.
"""

import datetime
import email.utils
import functools
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from soundstage.components.boot.idle_decision import decide, patterns

RULES = Path("/etc/soundstage/guard.json")
REMEMBERED = Path("/var/lib/soundstage/idle.json")
RUN = Path("/run/soundstage")
PROC = Path("/proc")
METADATA = "http://169.254.169.254/latest/"
PREFIX = "soundstage:"
MINUTES_TAG = PREFIX + "idle-minutes"
WARN_TAG = PREFIX + "warn-minutes"
KEEP_TAG = PREFIX + "keep-while"
AWAKE_TAG = PREFIX + "keep-awake"
OVER_TAG = PREFIX + "hours-over"
AT_FIRST = {"minutes": 30, "warn": 5, "words": ["render", "transcode", "upload"], "awake": "", "over": ""}
"""What holds until the tags could be read once."""
HOOK = Path("/usr/local/sbin/soundstage-spot-notice")
"""What is run, as root, when AWS takes this machine back, to save what can be saved: an image or a boot command puts it there."""
LONGEST_AWAKE = 25 * 3600
"""Seconds: what keeps a machine awake for longer was not set by us, or its clock is wrong."""
TELL_EVERY = 900
"""Seconds after which the report is sent again though nothing changed, as a sign of life."""


def asked(path: str, **more: Any) -> Any:
    """The answer of the metadata service. Fails when nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(METADATA + path, **more), timeout=5)


def tags() -> "tuple[dict[str, str], float]":
    """The tags of this machine that are meant for it, and the time by the clock of its host, in seconds."""
    with asked("api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}) as page:
        headers = {"X-aws-ec2-metadata-token": page.read().decode()}
        now = (
            email.utils.parsedate_to_datetime(page.headers["Date"]).timestamp() if page.headers["Date"] else time.time()
        )
    found = {}
    with asked("meta-data/tags/instance", headers=headers) as page:
        names = page.read().decode().splitlines()
    for name in names:
        if name.startswith(PREFIX):
            with asked("meta-data/tags/instance/" + name, headers=headers) as page:
                found[name] = page.read().decode()
    return found, now


def spot_notice() -> str:
    """When AWS takes this spot machine back, such as `2026-11-26T19:02:00Z`; empty where it does not. Two minutes before, it says so (Amazon
    EC2 User Guide, "Spot Instance interruption notices", read 2026-11)."""
    return announced("spot/instance-action", "time")


def spot_risk() -> str:
    """Since when this spot machine is more likely than others to be taken back; empty where it is not. Mostly before the notice, and
    not always (Amazon EC2 User Guide, "EC2 instance rebalance recommendations", read 2026-11)."""
    return announced("events/recommendations/rebalance", "noticeTime")


def announced(path: str, key: str) -> str:
    """A moment that the metadata service tells; empty where it tells none."""
    with asked("api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}) as page:
        headers = {"X-aws-ec2-metadata-token": page.read().decode()}
    try:
        with asked("meta-data/" + path, headers=headers) as page:
            return str(json.loads(page.read())[key])
    except urllib.error.HTTPError:
        return ""


def told(found: "dict[str, str]") -> "dict[str, Any]":
    """What the tags say. Fails where the one that must be there is none."""
    kept = "".join(":" + found[name] for name in sorted(found) if name.startswith(KEEP_TAG))
    return {
        "minutes": int(found[MINUTES_TAG]),
        "warn": int(found.get(WARN_TAG, AT_FIRST["warn"])),  # type: ignore[call-overload]
        "words": [word for word in kept.split(":") if word],
        "awake": found.get(AWAKE_TAG, ""),
        "over": found.get(OVER_TAG, ""),
    }


def settings() -> "tuple[dict[str, Any], float]":
    """What the machine heeds now, and the time in seconds; what was last known where the tags cannot be read."""
    try:
        found, now = tags()
        known = told(found)
    except (OSError, ValueError, KeyError):
        return remembered(), time.time()
    if known != remembered():
        try:
            keep(REMEMBERED, known)
        except OSError as problem:  # a full disk
            print(f"{REMEMBERED} cannot be written: {problem}")
    return known, now


def remembered() -> "dict[str, Any]":
    """What the tags said last."""
    try:
        known = json.loads(REMEMBERED.read_text())
        return {**AT_FIRST, **known, "minutes": int(known["minutes"])}
    except (OSError, ValueError, KeyError, TypeError):
        return AT_FIRST


def keep(path: Path, what: Any) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(what))
    fresh.replace(path)


def seconds_of(stamp: str) -> float:
    """The seconds of a time such as `2026-11-26T19:00:00Z`; 0 for what is none."""
    try:
        return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()  # Python 3.9 reads no Z
    except ValueError:
        return 0


def awake(tag: str, now: float) -> str:
    """Why a machine is kept awake, from its tag: a time, then who set it."""
    until, _, who = tag.partition(" ")
    left = seconds_of(until) - now
    return f"{who or 'somebody'} keeps it awake until {until}" if 0 < left <= LONGEST_AWAKE else ""


def answer(*command: str) -> str:
    """What a command prints. Fails when it fails or takes more than ten seconds: one that hangs in the kernel is left behind, since
    waiting for its end would hang as well."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        printed = process.communicate(timeout=10)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    if process.returncode:
        raise OSError(process.returncode)
    return str(printed)


def read(sense: Any) -> Any:
    """What a sense says; None when it fails."""
    try:
        return sense()
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def people() -> int:
    """Connections to the display. Without a display nobody can be."""
    if not Path("/usr/bin/dcv").exists():
        return 0
    return int(json.loads(answer("/usr/bin/dcv", "describe-session", "console", "-j"))["num-of-connections"])


def input_minutes() -> "float | None":
    """Since the last input in a terminal, or at the desktop, whose window manager is asked as its person."""
    # As `w` does: reading from a terminal is noted in its file. One from the future says nothing.
    ages = [time.time() - each.stat().st_atime for each in Path("/dev/pts").glob("[0-9]*")]
    idle = [age / 60 for age in ages if age >= 0]
    name = "org.gnome.Mutter.IdleMonitor"
    for bus in Path("/run/user").glob("*/bus"):
        said = read(
            functools.partial(answer, *as_person(bus, name, "/" + name.replace(".", "/") + "/Core", "GetIdletime"))
        )
        idle += [int(each) / 60000 for each in re.findall(r"uint64 (\d+)", said or "")]
    return min(idle, default=None)


def as_person(bus: Path, name: str, path: str, method: str, *more: str) -> "list[str]":
    """The command that calls something on a person's bus."""
    to = [
        "env",
        f"DBUS_SESSION_BUS_ADDRESS=unix:path={bus}",
        "gdbus",
        "call",
        "--session",
        "-t",
        "5",
        "-d",
        name,
        "-o",
        path,
    ]
    return ["setpriv", f"--reuid={bus.stat().st_uid}", "--clear-groups", *to, "-m", f"{name}.{method}", *more]


def gpus() -> "list[float]":
    """How busy the busiest GPU is, and the busiest encoder or decoder."""
    if not Path("/usr/bin/nvidia-smi").exists():
        return [0, 0]
    query = "--query-gpu=utilization.gpu,utilization.encoder,utilization.decoder"
    rows = answer("/usr/bin/nvidia-smi", query, "--format=csv,noheader,nounits").strip().splitlines()
    # What a GPU does not count, it calls not supported.
    cells = [[int(cell) if cell.strip().isdigit() else 0 for cell in row.split(",")] for row in rows]
    return [max(row[0] for row in cells), max(max(row[1:]) for row in cells)]


def room() -> "dict[str, float | None]":
    """How much memory is taken, and how much video memory of the fullest GPU, in GiB; None for what cannot be read."""
    rows = dict(re.findall(r"(\w+): +(\d+) kB", (PROC / "meminfo").read_text()))
    found: dict[str, float | None] = {"memory_gib": (int(rows["MemTotal"]) - int(rows["MemAvailable"])) / 2**20}
    if Path("/usr/bin/nvidia-smi").exists():
        found["vram_gib"] = read(video)
    return found


def video() -> float:
    """How much video memory of the fullest GPU is taken, in GiB."""
    said = answer("/usr/bin/nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits")
    return max(int(row) for row in said.split()) / 1024


def programs() -> "list[list[Any]]":
    """The command lines of all processes, and the processor time of each."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes().decode(errors="replace")
            ticks = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[11:15]
        except OSError:
            continue
        found.append([[word for word in text.split("\0") if word], sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")])
    return found


def counted() -> "dict[str, float]":
    """What the machine has used since its start: seconds of all cores without waiting, MB of disks, MB of networks."""
    fields = [int(field) for field in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    disks = [row.split() for row in (PROC / "diskstats").read_text().splitlines()]
    whole = [row for row in disks if re.fullmatch(r"nvme\d+n\d+|(sd|vd|xvd)[a-z]+", row[2])]
    nets = [row.partition(":") for row in (PROC / "net/dev").read_text().splitlines()[2:]]
    moved = [cells.split() for name, _, cells in nets if name.strip() != "lo"]
    return {
        "cores": (sum(fields[:3]) + sum(fields[5:8])) / os.sysconf("SC_CLK_TCK"),
        "disk": sum(int(row[5]) + int(row[9]) for row in whole) * 512 / 1e6,
        "network": sum(int(row[0]) + int(row[8]) for row in moved) / 1e6,
    }


def warn(words: str) -> None:
    """Tell everybody who sits at the machine. That nobody can be told stops nothing."""
    name = "org.freedesktop.Notifications"
    shown = ("Notify", "Soundstage", "0", "", "Stopping soon", words, "[]", "{'urgency': <byte 2>}", "0")
    read(lambda: answer("wall", words))
    for bus in Path("/run/user").glob("*/bus"):
        read(functools.partial(answer, *as_person(bus, name, "/" + name.replace(".", "/"), *shown)))


def tell(group: str, document: "dict[str, Any]") -> None:
    """Write the report, and send it to the log group of the machine."""
    keep(RUN / "guard.json", document)
    if group:
        read(lambda: answer("/usr/local/sbin/soundstage-ship", group, "guard"))


def main() -> None:
    """Look once, remember, and stop the machine when its time has come."""
    rules = json.loads(RULES.read_text())
    known, clock = settings()
    wanted = {**known, "patterns": patterns(known["words"], rules["activities"])}
    state = read(lambda: dict(json.loads((RUN / "idle.json").read_text()))) or {}
    at, used = time.monotonic(), read(counted) or {}
    elapsed = at - state.get("at", at)
    before = state.get("used", {}) if elapsed > 0 else {}
    gpu, encoder = read(gpus) or (None, None)
    rates = {name: (used[name] - before[name]) / elapsed if name in before else 0.0 for name in used}
    sample: Any = {
        "at": at,
        "people": read(people),
        "input_minutes": read(input_minutes),
        "programs": programs(),
        "gpu": gpu,
        "encoder": encoder,
        "cores": None,
        "disk": None,
        "network": None,
        **rates,
        "awake": awake(known["awake"], clock),
        "over": seconds_of(known["over"]) > clock - at,
    }
    now = {"gpu": gpu, "cores": sample["cores"], **(read(room) or {})}
    most = {**state.get("most", {})}
    most.update({name: round(max(value, most.get(name, 0)), 1) for name, value in now.items() if value is not None})
    verdict, memory = decide(rules, wanted, sample, state.get("memory"))
    taken, risk = read(spot_notice), read(spot_risk)
    if risk and not taken:
        verdict["reason"] = f"{verdict['reason'] or 'idle now'}; AWS may soon take its spot capacity back (told {risk})"
    if taken:
        verdict.update(verdict="taken", reason=f"AWS takes its spot capacity back at {taken}")
    words = f"stops after {verdict['stops_after']} min; {verdict['reason'] or 'idle now'}"
    if "--look" in sys.argv:
        print(words)
        return
    print(verdict["verdict"], words)
    stamp = datetime.datetime.fromtimestamp(clock, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    kind = [verdict["verdict"], re.sub(r"[0-9.]+", "", verdict["reason"])]
    fresh = kind != state.get("kind") or at - state.get("told", at) >= TELL_EVERY
    sent = at if fresh else state["told"]
    keep(
        RUN / "idle.json",
        {
            "at": at,
            "used": used,
            "memory": memory,
            "kind": kind,
            "told": sent,
            "most": {} if fresh else most,
            "risk": risk or state.get("risk", ""),
        },
    )
    if fresh:
        tell(
            sys.argv[1] if sys.argv[1:] else "",
            {"format": 1, "at": stamp, "hours_over": sample["over"], "most": most, **verdict},
        )
    if verdict["verdict"] == "taken" and state.get("kind", [""])[0] != "taken":
        if HOOK.exists():
            # A service of its own: what this look starts ends with it.
            read(lambda: answer("/usr/bin/systemd-run", "--no-block", str(HOOK)))
        warn(f"AWS takes this workstation back at {taken}. Save your work now: it stops then, and starts again later.")
    elif risk and not state.get("risk"):
        warn("AWS may soon take this workstation back. Save your work often; before it does, you get two minutes.")
    if verdict["verdict"] == "warn":
        minutes = min(wanted["warn"], verdict["stops_after"])
        warn(f"This workstation stops in {minutes} minutes because nobody uses it. Move the mouse to keep it on.")
    if verdict["verdict"] == "stop":
        answer("/usr/bin/systemctl", "poweroff")


if __name__ == "__main__":
    main()
