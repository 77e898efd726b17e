"""What a spot machine of Google Cloud runs from its start on: it waits until Google takes the machine back, and has the idle guard look at
once, which tells people and runs what saves their work. Google gives half a minute (Compute Engine, "Create and use Spot VMs", read 2026-11), and the guard by itself looks once a
minute.

Only the standard library, Python 3.9 or newer: this file is copied to the machine as it stands.
"""

import http.client
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

INSTANCE = "http://169.254.169.254/computeMetadata/v1/instance/"
WAITS = 300
"""Seconds after which the metadata service answers that nothing has changed."""
PAUSE = 5.0


def asked(path: str, seconds: float = 10.0) -> "tuple[str, str]":
    """What the metadata service says, and the mark of this state; past any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(INSTANCE + path, headers={"Metadata-Flavor": "Google"})
    with opener.open(request, timeout=seconds) as page:
        return str(page.read().decode().strip()), str(page.headers.get("ETag", ""))


def is_taken() -> bool:
    """Whether Google takes the machine back, as soon as it does; False after a while in which it does not, and where nobody answers."""
    try:
        said, mark = asked("preempted")
        if said == "TRUE":
            return True
        # With the mark, a change between the two questions is answered at once, and not waited for.
        change = f"preempted?wait_for_change=true&timeout_sec={WAITS}&last_etag={urllib.parse.quote(mark)}"
        return asked(change, WAITS + 30.0)[0] == "TRUE"
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
        time.sleep(PAUSE)
        return False


def main() -> int:
    if asked("scheduling/preemptible")[0] != "TRUE":
        return 0
    while not is_taken():
        pass
    # A look that is under way is waited for; the second one has seen it.
    for _ in range(2):
        subprocess.run(["/usr/bin/systemctl", "start", "soundstage-idle.service"], check=False, timeout=25)
    return 0


if __name__ == "__main__":
    sys.exit(main())
