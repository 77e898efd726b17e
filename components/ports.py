"""The ports of remote displays, and through which services a machine without internet reaches AWS."""

from dataclasses import dataclass
from typing import Final, Literal

ACCESS: Final = ("session", "allowlist", "vpn")
"""How people reach a machine: `session` opens no inbound port (Session Manager forwards one over TLS), `allowlist`
opens the display's ports to listed public addresses, `vpn` opens them to the private range of a VPN's clients."""


@dataclass(frozen=True, slots=True)
class Port:
    """One port that a display listens on."""

    protocol: Literal["tcp", "udp"]
    number: int
    purpose: str


HTTP: Final = 80
HTTPS: Final = 443
DCV: Final = (
    Port("tcp", 8443, "Amazon DCV over TLS"),
    Port("udp", 8443, "Amazon DCV over QUIC"),
)
"""Amazon DCV Administrator Guide, "Changing the Amazon DCV server TCP/UDP port", read 2026-11."""
DISPLAYS: Final = {"dcv": DCV}

IAP_PORTS: Final = (22, 3389, 8443)
"""What people reach on machines of Google Cloud through Identity-Aware Proxy: SSH, RDP for Windows, and the display of Linux in the
browser."""
