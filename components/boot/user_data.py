"""User data as a person reads them."""

import base64
import binascii
import re
import zlib
from typing import Final

_MOST_TEXT: Final = 1 << 20
"""Bytes: user data are at most 16 KiB packed; a bomb is not opened further than this."""
_PART: Final = re.compile(rb"'(H4sI[A-Za-z0-9+/]+=*)'")
"""A gzip file in base64 within a script, which the script unpacks itself (`windows.py`)."""


def opened(encoded: str) -> str | None:
    """The text behind user data in base64, unpacked where they are packed; None where they are no base64 or cannot be unpacked."""
    try:
        raw = base64.b64decode(encoded, validate=True)
        text = _unpacked(raw)
        return b"\n".join([text, *_parts(text)]).decode("utf-8", "replace")
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


def _parts(script: bytes) -> list[bytes]:
    """What a script brings packed within it."""
    return [_unpacked(base64.b64decode(part)) for part in _PART.findall(script)]
