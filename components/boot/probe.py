"""Looks whether this workstation is ready, and writes what it saw. Runs on the machine, as root: soundstage-probe [boot|request|progress].

Only the standard library, Python 3.9 or newer: this file is copied to the machine as it stands. The document that it writes is
described in `report.py`. No check may hang, and none stops another. `bake FILE` looks for what FILE says, and writes none.
"""

import ctypes
import email.utils
import http.client
import json
import mmap
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXPECTED = Path("/etc/soundstage/expected.json")
REPORT = Path("/var/lib/soundstage/ready.json")
RUN = Path("/run/soundstage")
IMAGE = Path("/usr/local/share/soundstage/image.json")  # what the image promises: see expected.py
METADATA = "169.254.169.254"
LONGEST_LOG = 2000
PATIENT_UNTIL = time.monotonic() + 90
"""The display and the licence may take so many seconds to come after the start; all checks share them."""
SPEED_MIB = 64
LEAST_FREE = 2 << 30
"""Bytes that must be free on the root disk: a full one stops logins, logs and updates."""


class Wrong(Exception):
    """A check failed. `seen` is what was found, `log` the file or unit whose end belongs to it, `said` what a command printed."""

    def __init__(self, wrong: str, seen: str = "", log: str = "", said: str = "") -> None:
        super().__init__(wrong)
        self.wrong, self.seen, self.log, self.said = wrong, seen, log, said


class NotApplicable(Exception):
    """This machine need not have it."""


def answer(*command: str, seconds: int = 20, environment: Any = None) -> str:
    """What a command prints; `Wrong` when it cannot be run, fails, or takes too long."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=seconds, env=environment, check=False
        )
    except FileNotFoundError:
        raise Wrong(f"{command[0]} is not installed.") from None
    except subprocess.TimeoutExpired:
        raise Wrong(f"{command[0]} did not answer within {seconds} seconds.") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise Wrong(f"{' '.join(command[:3])} failed with status {done.returncode}.", said[-300:], said=said)
    return done.stdout


def runs(unit: str) -> None:
    """`Wrong` unless a unit is active."""
    try:
        answer("systemctl", "is-active", unit)
    except Wrong:
        raise Wrong(f"{unit} does not run.", log=f"unit:{unit}") from None


def need(wanted: Any) -> None:
    if not wanted:
        raise NotApplicable


def text_of(path: str) -> str:
    """What stands in a file, or at the end of a unit's journal; empty where it cannot be read."""
    try:
        if path.startswith("unit:"):
            return answer("journalctl", "--no-pager", "-n", "30", "-u", path[5:])
        return Path(path).read_text(errors="replace")
    except (OSError, Wrong):
        return ""


def driver(want: dict[str, Any]) -> str:
    need(want["gpu"])
    rows = answer("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader").strip()
    if not re.search(r", *\d+\.\d+", rows):
        raise Wrong("The driver is installed and finds no GPU.", rows, "unit:nvidia-persistenced")
    version = rows.splitlines()[0].rpartition(",")[2].strip()
    branch = want.get("driver_branch")
    if branch and version.partition(".")[0] != branch:
        raise Wrong(f"The driver is {version}; the image promises branch {branch}.", rows)
    return rows


def licence(want: dict[str, Any]) -> str:
    need(want["gpu"] and want.get("licence"))

    def look() -> str:  # the licence comes some seconds after the driver
        said = "".join(re.findall(r"^ *License Status *: *(.*)$", answer("nvidia-smi", "-q"), re.MULTILINE)[:1])
        if not said.startswith("Licensed"):
            raise Wrong("The driver has no licence for virtual workstations.", said, "unit:nvidia-gridd")
        return said

    return str(patiently(look))


def encoder(want: dict[str, Any]) -> str:
    need(want["gpu"])
    if shutil.which("ffmpeg"):
        source = ("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30", "-frames:v", "30", "-c:v", "h264_nvenc")
        answer("ffmpeg", "-v", "error", *source, "-f", "null", "-", seconds=60)
        return "ffmpeg encoded 30 frames with h264_nvenc"
    version = ctypes.c_uint32()
    try:
        status = ctypes.CDLL("libnvidia-encode.so.1").NvEncodeAPIGetMaxSupportedVersion(ctypes.byref(version))
    except (OSError, AttributeError) as problem:
        raise Wrong("The driver has no library for encoding video.", str(problem)) from None
    if status:
        raise Wrong(f"The encoder does not answer (status {status}).")
    return f"its library speaks version {version.value >> 4}.{version.value & 15}; no ffmpeg to try it with"


def of_screen() -> dict[str, str]:
    """What a program needs to reach the screen: its name, and the key that the X server was started with."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0].rsplit("/", 1)[-1] in ("X", "Xorg", "Xorg.orig", "Xdcv", "Xdcv-console"):
            name = next((word for word in words[1:] if re.fullmatch(r":\d+", word)), ":0")
            key = words[words.index("-auth") + 1] if "-auth" in words[:-1] else ""
            return {**os.environ, "DISPLAY": name, "XAUTHORITY": key}
    raise Wrong("No X server runs, so there is no picture.", log="unit:display-manager")


def patiently(look: Callable[[], Any]) -> Any:
    """What `look` gives, as soon as it gives anything, within the patience that a start needs."""
    while True:
        try:
            return look()
        except Wrong:
            if time.monotonic() > PATIENT_UNTIL:
                raise
        time.sleep(2)


def renderer(want: dict[str, Any]) -> str:
    need(want["gpu"] and want["display"])
    told = answer("glxinfo", "-B", environment=patiently(of_screen))
    found = re.search(r"OpenGL renderer string: *(.*)", told)
    name = found[1] if found else ""
    if "NVIDIA" not in told:
        raise Wrong("The desktop is drawn by the processor and not by the GPU.", name, "/var/log/Xorg.0.log")
    return name


def display(want: dict[str, Any]) -> str:
    need(want["display"])

    def look() -> str:
        answer("dcv", "version")
        for unit in ("dcvserver", "display-manager"):
            runs(unit)
        sessions = answer("dcv", "list-sessions")
        if want["person"] and not re.search(r"'console'.*owner:" + re.escape(want["person"]), sessions):
            raise Wrong("The display has no session for the person.", sessions.strip()[-300:], "unit:dcvserver")
        context = ssl.create_default_context()
        # It is asked whether it answers, not who it is.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = f"https://127.0.0.1:{want['port']}/"
        try:
            ways = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
            with urllib.request.build_opener(*ways).open(address, timeout=5) as page:
                return f"port {want['port']} answers {page.status}; {sessions.strip()[-200:]}"
        except (OSError, ValueError) as problem:
            raise Wrong(f"Nothing answers at {address}.", str(problem), "unit:dcvserver") from None

    return str(patiently(look))


def size(want: dict[str, Any]) -> str:
    need(want["display"])
    first = answer("xrandr", "--query", environment=patiently(of_screen)).partition("\n")[0]
    found = re.search(r"maximum (\d+) x (\d+)", first)
    wide, high = want["size"]
    if not found or int(found[1]) < wide or int(found[2]) < high:
        raise Wrong(f"The screen cannot be {wide} x {high}.", first, "/var/log/Xorg.0.log")
    return first


def audio(want: dict[str, Any]) -> str:
    need(want["audio"])
    for program in ("pipewire", "pulseaudio"):
        try:
            return answer(program, "--version").strip()
        except Wrong:
            continue
    raise Wrong("Neither PipeWire nor PulseAudio is installed, so no sound leaves this machine.")


def mounted(folder: str) -> str:
    try:
        told = answer("findmnt", "-nT", folder, "-o", "TARGET,SOURCE,FSTYPE").split()
    except Wrong:
        told = [""]
    if told[0] != folder:
        raise Wrong(f"Nothing is mounted at {folder}.", " ".join(told))
    return " ".join(told[1:])


def speed(folder: str, floor: int) -> str:
    """Write some megabytes past the cache. The folder is a person's own: no link in it is followed."""
    path = Path(folder) / ".soundstage-probe"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    piece = mmap.mmap(-1, 1 << 20)
    try:
        path.unlink(missing_ok=True)
        try:
            handle = os.open(path, flags | os.O_DIRECT, 0o600)
        except OSError:  # not every file system has it
            handle = os.open(path, flags, 0o600)
        try:
            began = time.monotonic()
            for _ in range(SPEED_MIB):
                os.write(handle, piece)
            os.fsync(handle)
            seconds = time.monotonic() - began
        finally:
            os.close(handle)
            path.unlink()
    except OSError as problem:
        raise Wrong(f"{folder} cannot be written: {problem.strerror}.") from None
    return at_least(folder, SPEED_MIB * 1.048576 / max(seconds, 0.001), floor)


def at_least(folder: str, rate: float, floor: int) -> str:
    if rate < floor:
        raise Wrong(f"{folder} moves {rate:.0f} MB/s; at least {floor} are expected.")
    return f"{rate:.0f} MB/s"


def scratch(want: dict[str, Any]) -> str:
    local = list(Path("/dev/disk/by-id").glob("nvme-Amazon_EC2_NVMe_Instance_Storage_*"))
    need(want["scratch_volume"] or local)
    return f"{mounted('/scratch')}, {speed('/scratch', want['scratch_floor'])}"


def data(want: dict[str, Any]) -> str:
    need(want["data"])
    return f"{mounted(want['data'])}, {speed(want['data'], want['data_floor'])}"


def disks(want: dict[str, Any]) -> str:
    need(want["disks"])
    return ", ".join(mounted(folder) for folder in want["disks"])


def large_file(folder: str) -> str:
    """A file that can be measured; empty where there is none, or where it lies behind more names than can be read in time."""
    try:
        # What was archived has no permissions at all: S3 gives it back only after a restore, which is no fault of the drive.
        large = ("-type", "f", "-size", "+8M", "-perm", "/444", "-print", "-quit")
        return answer("find", folder, "-maxdepth", "3", *large, seconds=30)[:-1]
    except Wrong as wrong:
        if "did not answer" not in wrong.wrong:
            raise
        return ""


def media(want: dict[str, Any]) -> str:
    need(want["media"])
    folder, log = want["media"], "unit:soundstage-media"
    try:
        seen = mounted(folder)
        if "fuse" not in seen:
            raise Wrong(f"{folder} is no drive of the media bucket.", seen)
        answer("find", folder, "-mindepth", "1", "-print", "-quit", seconds=30)
        if not (found := large_file(folder)):
            return f"{seen}, no file large enough to measure"
        began = time.monotonic()
        answer("dd", f"if={found}", "of=/dev/null", "bs=1M", "count=8", "status=none", seconds=30)
        return f"{seen}, {at_least(folder, 8.4 / max(time.monotonic() - began, 0.001), want['media_floor'])}"
    except Wrong as wrong:
        raise Wrong(wrong.wrong, wrong.seen, log) from None


def idle_guard(want: dict[str, Any]) -> str:
    need(want["idle_guard"])
    runs("soundstage-idle.timer")
    return answer("/usr/bin/python3", "-I", "/usr/local/sbin/soundstage-idle", "--look", seconds=60).strip()


def clock(want: dict[str, Any]) -> str:
    need(want["clock_seconds"])
    try:
        asked = http.client.HTTPConnection(METADATA, timeout=5)
        asked.request("GET", "/")
        theirs = email.utils.parsedate_to_datetime(asked.getresponse().headers["Date"]).timestamp()
    except (OSError, TypeError, ValueError, http.client.HTTPException) as problem:
        raise Wrong("The metadata service does not tell the time.", str(problem)) from None
    away = time.time() - theirs
    if abs(away) > want["clock_seconds"]:
        raise Wrong(f"The clock is {abs(away):.0f} seconds {'ahead' if away > 0 else 'behind'}.", log="unit:chronyd")
    return f"{away:+.0f} seconds"


def space(_: dict[str, Any]) -> str:
    found = os.statvfs("/")
    free = found.f_bavail * found.f_frsize
    if free < LEAST_FREE or (found.f_files and found.f_favail < 1000):
        raise Wrong(f"The root disk is full: {free >> 20} MiB and {found.f_favail} files are left.")
    return f"{free >> 30} GiB free"


CHECKS = (driver, licence, encoder, renderer, display, size, audio, scratch, data, disks, media, idle_guard, clock, space)  # fmt: skip


def look(want: dict[str, Any]) -> list[dict[str, str]]:
    """Every check's result, in order."""
    found = []
    for check in CHECKS:
        told = {"name": check.__name__, "result": "ok", "seen": "", "wrong": "", "log": ""}
        try:
            told["seen"] = str(check(want))[:500]
        except NotApplicable:
            told["result"] = "not-applicable"
        except Wrong as wrong:
            told.update(result="failed", seen=wrong.seen[:500], wrong=wrong.wrong[:500])
            told["log"] = (wrong.said or text_of(wrong.log))[-LONGEST_LOG:]
        except Exception as problem:  # noqa: BLE001 - one check that breaks must not hide the others
            told.update(result="failed", wrong=f"The check itself failed: {type(problem).__name__}: {problem}"[:500])
        found.append(told)
    return found


def steps() -> tuple[list[dict[str, Any]], str]:
    """The steps of this start that are over, and the name of the one that is not: `boot.sh` writes when each begins and ends."""
    over: list[dict[str, Any]] = []
    doing = ""
    began: dict[str, float] = {}
    for line in text_of(str(RUN / "phases")).splitlines():
        name, event, at = line.split(" ")
        if event == "begins":
            began[name], doing = float(at), name
            continue
        doing, good = "", event == "0"
        log = "" if good else text_of(str(RUN / "steps" / name))[-LONGEST_LOG:]
        seconds = round(max(float(at) - began.get(name, float(at)), 0), 2)
        over.append({"name": name, "seconds": seconds, "result": "ok" if good else "failed", "log": log})
    return over, doing


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def keep(text: str) -> None:
    """Write the report, also where the root disk is full."""
    for path in (REPORT, RUN / "ready.json"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(path)
        except OSError as problem:
            print(f"{path} cannot be written: {problem.strerror}", file=sys.stderr)


def main() -> int:
    """Look, write the report, print it, and exit with 1 where the machine is not ready."""
    occasion = sys.argv[1] if len(sys.argv) > 1 else "request"
    want = json.loads((Path(sys.argv[2]) if occasion == "bake" else EXPECTED).read_text())
    want.update(json.loads(IMAGE.read_text()) if IMAGE.exists() else {})
    phases, doing = steps()
    starting = occasion == "progress"
    began = time.time()
    checks = [] if starting else look(want)
    if not starting:
        phases += [{"name": "probe", "seconds": round(time.time() - began, 2), "result": "ok", "log": ""}]
    failed = [each for each in (*phases, *checks) if each["result"] == "failed"]
    report = {
        "format": 1, "occasion": "boot" if starting else occasion, "machine": want["machine"], "project": want["project"],
        "began": stamp(began - sum(phase["seconds"] for phase in phases)), "ended": None if starting else stamp(time.time()),
        "ready": not starting and not failed, "doing": doing, "phases": phases, "checks": checks,
    }  # fmt: skip
    text = json.dumps(report)
    if occasion != "bake":
        keep(text)
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
