"""The remote display: Amazon DCV's configuration and what may leave a machine through it."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from soundstage.components.boot.expected import PROMISED_SIZE
from soundstage.components.boot.facts import BootFacts
from soundstage.components.ports import DCV

Value: TypeAlias = str | int | bool | list[str] | tuple[int, int]
"""What a parameter of DCV can be."""

FEATURES: Final = (
    "audio-in",
    "audio-out",
    "clipboard-copy",
    "clipboard-management",
    "clipboard-paste",
    "display",
    "extensions-client",
    "extensions-server",
    "file-download",
    "file-upload",
    "gamepad",
    "keyboard",
    "keyboard-sas",
    "mouse",
    "pointer",
    "printer",
    "screenshot",
    "smartcard",
    "stylus",
    "touch",
    "unsupervised-access",
    "usb",
    "webauthn-redirection",
    "webcam",
)
"""What a permissions file can name; Amazon DCV Administrator Guide "Adding permissions", read 2026-11."""

DENIED: Final[Mapping[str, tuple[str, ...]]] = {
    "baseline": ("unsupervised-access",),
    "studio": ("extensions-client", "extensions-server", "file-download", "printer", "unsupervised-access", "usb"),
    "content": (
        "clipboard-copy",
        "clipboard-management",
        "extensions-client",
        "extensions-server",
        "file-download",
        "file-upload",
        "printer",
        "screenshot",
        "smartcard",
        "unsupervised-access",
        "usb",
        "webcam",
    ),
}
"""What nobody may use, by profile. `studio` stops files and prints from leaving and leaves the clipboard, without which
notes and time codes are typed by hand. `content` lets nothing leave but pictures and sound: text can be pasted in, not
copied out, and material comes in through a transfer machine, not through the display. `unsupervised-access` is the right
to join somebody's session while they are away."""

SESSION_IDLE_MINUTES: Final[Mapping[str, int]] = {"baseline": 60, "studio": 30, "content": 15}
"""Minutes by profile without keyboard or mouse after which the display disconnects: an open window must not keep a machine up, and the
watch for idle machines counts from then on. Fifteen is what content owners ask for (MPA Content Security Best Practices, workstations)."""


def permissions(profile: str) -> str:
    """DCV's permissions file: the owner of the session may use everything that is not denied to all."""
    lines = ["[permissions]", "%owner% allow builtin", f"%any% deny {' '.join(DENIED[profile])}", ""]
    return "\n".join(lines)


def dcv_settings(facts: BootFacts, permissions_file: str) -> Mapping[str, Mapping[str, Value]]:
    """DCV's parameters by section. "Amazon DCV Server parameter reference", read 2026-11.

    DCV speaks TLS only. With `session` access it listens on loopback, where Session Manager's forwarded port arrives, and
    QUIC is off, because only TCP can be forwarded.
    """
    direct = facts.access != "session"
    address = "0.0.0.0" if direct else "127.0.0.1"  # noqa: S104 - behind a security group that admits listed addresses
    tcp, udp = (port.number for port in DCV)
    session: dict[str, Value] = {
        "owner": facts.user,
        "permissions-file": permissions_file,
        "max-concurrent-clients": 1,
        # Who was cut off comes back in: their old connection goes.
        "client-eviction-policy": "same-user-oldest-connection",
    }
    if "file-upload" not in DENIED[facts.profile]:
        session["storage-root"] = "%home%"  # without it no file is transferred, whatever the permissions say
    return {
        "session-management": {"create-session": True},
        "session-management/defaults": {"permissions-file": permissions_file},
        "session-management/automatic-console-session": session,
        # Without it, a browser stays at 1920 x 1080.
        "display": {"web-client-max-head-resolution": PROMISED_SIZE},
        "connectivity": {
            "web-port": tcp,
            "web-listen-endpoints": [f"{address}:{tcp}"],
            "web-use-hsts": True,
            "enable-quic-frontend": direct,
            "quic-port": udp,
            "quic-listen-endpoints": [f"{address}:{udp}"],
            "idle-timeout": SESSION_IDLE_MINUTES[facts.profile],
        },
        # Last, so that a machine can add what checks tokens. Whoever comes back is asked by the display, not by a lock behind it.
        "security": {"authentication": "system", "os-auto-lock": False},
    }


def dcv_conf(facts: BootFacts, permissions_file: str) -> str:
    """The same as a file in GLib's key-file form, which Linux servers read."""
    lines = []
    for section, parameters in dcv_settings(facts, permissions_file).items():
        lines.append(f"[{section}]")
        lines += [f"{key}={_variant(value)}" for key, value in parameters.items()]
        lines.append("")
    return "\n".join(lines)


def _variant(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(str, value))})"
    if isinstance(value, list):
        return f"[{', '.join(_variant(item) for item in value)}]"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
