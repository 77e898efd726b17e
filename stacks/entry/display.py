"""The display of a machine on this computer: a tunnel to it, a token that opens it, how fast the way is, and the program that shows it."""

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from soundstage.components.boot.login import ToDisplay
from soundstage.components.ports import DCV
from soundstage.core.errors import SessionError
from soundstage.sessions.route import Forwarded
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.entry.background import Running, in_background
from soundstage.stacks.entry.handover import handed_over

_ENOUGH_BYTES: Final = 2 << 20
_ENOUGH_SECONDS: Final = 3.0
_ASKS: Final = 20.0
_LINKED: Final = re.compile(r"""(?:src|href)=["']/?([\w./-]+\.(?:js|css|wasm))["']""")
_MIB: Final = 1 << 20
VIEWER: Final = "Amazon DCV"
_VIEWERS: Final = (
    "/usr/bin/dcvviewer",
    "/Applications/DCV Viewer.app/Contents/MacOS/dcvviewer",
)
"""Where Amazon DCV's client is installed (Amazon DCV User Guide, "Install the client", read 2026-11)."""


@dataclass(frozen=True)
class Speed:
    """How fast the way is, as it was measured: seconds for one question and its answer, and bytes per second."""

    round_trip: float
    rate: float

    @property
    def told(self) -> str:
        return f"{self.rate / _MIB:.1f} MiB/s, {self.round_trip * 1000:.0f} ms there and back"

    @property
    def advice(self) -> str:
        """Which settings of the display fit. A picture in 1080p with 25 frames a second takes 4 to 8 Mbit/s."""
        if self.rate < 0.3 * _MIB:
            return "That is too little for moving pictures. Choose 720p and 15 frames a second, or come in by VPN (access: {via: vpn})."
        if self.rate < 1.5 * _MIB:
            return "That is enough for 1080p at 25 frames a second. Full quality needs the VPN (access: {via: vpn})."
        if self.rate < 6 * _MIB:
            return (
                "That is enough for 1080p at 60 frames a second. 4K and 4:4:4 colour need the VPN (access: {via: vpn})."
            )
        return "That is enough for 4K at 25 frames a second."


@dataclass(frozen=True)
class Shown:
    """A display that is open on this computer."""

    running: Running[Forwarded]
    way: ToDisplay

    @property
    def tunnel(self) -> Forwarded:
        return self.running.value

    @property
    def address(self) -> str:
        """Where the display is, without what opens it."""
        scheme = "https" if self.way.kind == "web" else self.way.kind
        return f"{scheme}://localhost:{self.tunnel.port}/"

    @property
    def secret_address(self) -> str:
        """What opens it within a minute; with a password, the display asks for it. (Amazon DCV User Guide, "Connect using the web
        browser client", read 2026-11)"""
        shown = f"?{self.way.parameter}={self.way.token}" if self.way.token else ""
        return f"{self.address}{shown}" + ("" if self.lasts else f"#{self.way.session}")

    @property
    def lasts(self) -> bool:
        """Whether what opens the display does so again and again for as long as somebody has it open, and for ten minutes more."""
        return self.way.parameter == "token"

    def measure(self) -> Speed | None:
        """Fetch what the display's own client is made of, for some seconds; None for a display that is no page. `SessionError` when the
        display is not the machine's."""
        if self.way.kind != "web":
            return None
        began = time.monotonic()
        page, round_trip = self._fetch("/")
        names, fetched, spent = _LINKED.findall(page.decode(errors="replace")), 0, 0.0
        for name in dict.fromkeys(names):
            if fetched >= _ENOUGH_BYTES or time.monotonic() - began > _ENOUGH_SECONDS:
                break
            body, took = self._fetch(f"/{name}")
            fetched, spent = fetched + len(body), spent + took
        return Speed(round_trip, fetched / spent if spent and fetched else len(page) / max(round_trip, 0.001))

    def _fetch(self, path: str) -> tuple[bytes, float]:
        """A page of the display, and the seconds from the question to the end of the answer. The display proves itself by the
        certificate that the machine's own program named."""
        # The certificate is the machine's own and for no name; which one it must be is known.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.tunnel.port, timeout=_ASKS, context=context)
        try:
            connection.connect()
            found = hashlib.sha256(connection.sock.getpeercert(True) or b"").hexdigest()
            if self.way.certificate and found != self.way.certificate:
                raise SessionError(
                    f"The display shows another certificate ({found[:16]}…) than the machine has ({self.way.certificate[:16]}…).",
                    "Do not sign in. Tell whoever looks after the project.",
                )
            began = time.monotonic()
            connection.request("GET", path)
            body = connection.getresponse().read()
            return body, time.monotonic() - began
        except (OSError, http.client.HTTPException) as error:
            raise SessionError(
                f"The display does not answer behind the tunnel: {error or type(error).__name__}.",
                "The machine may still be starting. `workstation status` says how it stands.",
            ) from error
        finally:
            connection.close()

    def open(self) -> str:
        """Open it in Amazon DCV's client, or in the browser. Returns in which, empty where there is neither."""
        if self.way.kind != "web":
            return ""
        if viewer := next((each for each in _VIEWERS if Path(each).exists()), shutil.which("dcvviewer")):
            self._open_viewer(viewer)
            return VIEWER
        if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return ""
        try:
            return "your browser" if webbrowser.open(handed_over(self.secret_address)) else ""
        except (webbrowser.Error, OSError):
            return ""

    def _open_viewer(self, viewer: str) -> None:
        """By a file that nobody else can read and that is gone at once: arguments stand in the list of processes."""
        folder = Path(tempfile.mkdtemp(prefix="soundstage-"))
        file = folder / "display.dcv"
        file.touch(mode=0o600)
        opens = (
            f"authtoken={self.way.token}" if self.way.token else f"user={self.way.user}\npassword={self.way.password}"
        )
        # Through the tunnel no certificate has the right name; the tunnel leads to the machine and nowhere else.
        file.write_text(
            "[version]\nformat=1.0\n[connect]\nhost=localhost\n"
            f"port={self.tunnel.port}\nsessionid={self.way.session}\n{opens}\nweburlpath=\ntransport=websocket\n"
            "certificatevalidationpolicy=accept-untrusted\n[options]\npromptreconnect=true\n"
        )
        subprocess.Popen(
            [viewer, str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(5)  # it reads the file when it starts
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def shown(door: Door, port: int = 0) -> Iterator[Shown]:
    """The display of a machine, open on this computer for as long as the context lasts. `port` must be free; without one the display's
    own is taken if it is, else any."""

    preferred = DCV[0].number
    with in_background(lambda: door.to_display.tunnel(port=port, preferred=preferred, tell=door.tell)) as running:
        yield Shown(running, door.let_in_to_display())
