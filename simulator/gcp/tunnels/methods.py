"""What the relay of Identity-Aware Proxy takes: no document of Google's describes it."""

from typing import Final

from soundstage.providers.gcp.discovery import Method

METHODS: Final = {
    path: Method(
        id=f"iap.tunnel.{path.rpartition('/')[2]}", api="iap.v1", collection="tunnel", name=path.rpartition("/")[2], verb="GET",
        path=path, flat_path=path, parameters={}, order=(), request="", response="", upload={}, downloads=False,
    )
    for path in ("/v4/connect", "/v4/reconnect")
}  # fmt: skip
"""By path."""
