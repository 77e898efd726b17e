"""What the idle guard of a machine of Google Cloud reads in another place: its settings stand in the machine's metadata, and people are
connected to whatever display listens. Runs as a part of `idle_watch.py`, whose functions of these names it replaces.

Only the standard library, Python 3.9 or newer: this file is copied to the machine as it stands.
"""

import email.utils
import json
import time
import urllib.request
from pathlib import Path

PREEMPTED = "http://169.254.169.254/computeMetadata/v1/instance/preempted"
NOTICE = 30
"""Seconds between the notice and the stop of a spot machine (Compute Engine, "Create and use Spot VMs", read 2026-11)."""
GOOGLE = "http://169.254.169.254/computeMetadata/v1/instance/attributes/?recursive=true"
OURS = "soundstage-"
DISPLAY_PORTS = {"20FB", "0D3D"}
"""8443 and 3389, as the kernel writes them."""
ESTABLISHED = "01"


def tags() -> "tuple[dict[str, str], float]":
    """The settings of this machine by their names on AWS, and the time by the clock of its host, in seconds."""
    text, now = google(GOOGLE)
    told = json.loads(text)
    return {"soundstage:" + key[len(OURS) :]: text for key, text in told.items() if key.startswith(OURS)}, now


def google(address: str) -> "tuple[str, float]":
    """What the metadata service says, and the time by the clock of its host."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(address, headers={"Metadata-Flavor": "Google"}), timeout=5) as page:
        text, date = page.read().decode(), page.headers["Date"]
    return text, email.utils.parsedate_to_datetime(date).timestamp() if date else time.time()


def spot_notice() -> str:
    """When Google takes this spot machine back, such as `2026-11-26T19:02:00Z`; empty where it does not."""
    text, now = google(PREEMPTED)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + NOTICE)) if text.strip() == "TRUE" else ""


def spot_risk() -> str:
    """Nothing: Google announces no likely end before the notice."""
    return ""


def people() -> int:
    """Connections to the display."""
    rows = [row.split() for name in ("tcp", "tcp6") for row in listed(Path("/proc/net") / name)]
    return len([row for row in rows if row[3] == ESTABLISHED and row[1].rpartition(":")[2] in DISPLAY_PORTS])


def listed(path: Path) -> "list[str]":
    """The rows of a table of the kernel, without its head."""
    return path.read_text().splitlines()[1:] if path.exists() else []
