"""Which hosts the state of a studio may be sent to. studio.yaml names the place, and studio.yaml can come from a pull request:
whoever changes it must not learn the token, the credentials or the state of the person who runs the command.
"""

import os
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlparse

from soundstage.core.errors import StateError

VARIABLE: Final = "SOUNDSTAGE_STATE_HOSTS"
"""Environment variable with further hosts, separated by commas: `pulumi.northlight.example, minio.northlight.example:9000`."""

PULUMI_CLOUD: Final = "api.pulumi.com"

_QUERY: Final = {"s3": "endpoint", "azblob": "domain"}
"""By scheme the parameter with which an address names another host than the cloud's own (gocloud.dev `s3blob`,
`azureblob`, read 2026-11)."""


def refuse_unknown_host(url: str) -> None:
    """Raise `StateError` when the address of a backend sends state and credentials to a host that this machine was not told
    to trust. Folders, the clouds' own storage, Pulumi Cloud and this machine need no telling."""
    host = _host(url)
    if host is None or host == PULUMI_CLOUD or _is_this_machine(host) or host in _trusted():
        return
    raise StateError(
        f"studio.yaml sends the state, and the credentials that go with it, to {host}. This machine was not told to "
        "trust that host. Nothing was sent.",
        f"If {host} is your studio's, run `export {VARIABLE}={host}`. If you do not know it, correct `state.backend` in "
        "studio.yaml.",
    )


def _host(url: str) -> str | None:
    """The host that the address names, with its port; None for a place of the cloud's own or a folder."""
    parsed = urlparse(url)
    if parsed.scheme == "https":
        return parsed.netloc.lower()
    named = parse_qs(parsed.query).get(_QUERY.get(parsed.scheme, ""), [""])[-1]
    return named.partition("://")[2].strip("/").lower() or named.lower() or None


def _trusted() -> set[str]:
    return {host.strip().lower() for host in os.environ.get(VARIABLE, "").split(",")} - {""}


def _is_this_machine(host: str) -> bool:
    name = urlparse(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
