"""User data as a person reads them."""

import base64
import binascii
import zlib
from typing import Final

_MOST_TEXT: Final = 1 << 20
"""Bytes: user data are at most 16 KiB packed; a bomb is not opened further than this."""


def opened(encoded: str) -> str | None:
    """The text behind user data in base64, unpacked where they are packed; None where they are no base64 or cannot be unpacked."""
    try:
        raw = base64.b64decode(encoded, validate=True)
        return _unpacked(raw).decode("utf-8", "replace")
    except (binascii.Error, ValueError, zlib.error):
        return None


def _unpacked(raw: bytes) -> bytes:
    """What every gzip file in a row holds, as machines read them."""
    text = b""
    while raw.startswith(b"\x1f\x8b") and len(text) < _MOST_TEXT:
        one = zlib.decompressobj(wbits=31)
        text += one.decompress(raw, _MOST_TEXT - len(text))
        raw = one.unused_data
    return text or raw
