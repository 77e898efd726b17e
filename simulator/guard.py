"""Who may speak to the server at all. It listens on loopback, but so does every web page's script and every other user of
the machine: foreign Host headers (DNS rebinding), anything a browser sends across origins and unsigned calls are refused.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Final

from soundstage.simulator.answer import Refusal

_HOSTS: Final = re.compile(r"(?:(?:\d{12}\.)?(?:127\.0\.0\.1|localhost)|\[::1\]):(\d+)")
"""S3 Control puts the account before the host name."""
_FROM_BROWSERS: Final = ("origin", "sec-fetch-site", "sec-fetch-mode")
_NO_PAGE: Final = "bot:iap-tunneler"
"""What programs say as their origin that come through Identity-Aware Proxy. A browser says the address of a page, or `null`."""
LARGEST_BODY: Final = 512 * 1024 * 1024
"""Bytes. A body is held in memory while its call is answered."""
LARGEST_ORDER: Final = 1024 * 1024
"""Bytes of an order to the server itself, which is read before its signature can be checked."""


def check_origin(headers: Mapping[str, str], port: int) -> None:
    """`Refusal` of what does not come from a program that was told to use this server. Header names in lower case."""
    host = headers.get("host", "")
    named = _HOSTS.fullmatch(host)
    if named is None or named[1] != str(port):
        raise Refusal("InvalidHost", f"The simulated cloud answers on 127.0.0.1:{port} only.", 403)
    if any(headers.get(name, _NO_PAGE) != _NO_PAGE for name in _FROM_BROWSERS):
        raise Refusal("ForbiddenOrigin", "The simulated cloud does not answer web pages.", 403)


def check_order(headers: Mapping[str, str], expected: str) -> None:
    """`Refusal` of calls to the server's own interface that are not signed as `expected` (`orders.signature`)."""
    if not hmac.compare_digest(headers.get("authorization", "").encode(), expected.encode()):
        raise Refusal("Forbidden", "This is not signed with the token of the simulated cloud.", 403)
