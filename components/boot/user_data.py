"""User data as a person reads them."""

import base64
import functools
import re
import zlib
from typing import Final

_MOST_TEXT: Final = 1 << 20
"""Bytes: user data are at most 16 KiB packed; bombs, however many, are not opened further than this."""
_PART: Final = re.compile(rb"'(H4sI[A-Za-z0-9+/]+=*)'")
"""A gzip file in base64 within a script, which the script unpacks itself (`windows.py`)."""


@functools.lru_cache(128)
def opened(encoded: str) -> str | None:
    """The text behind user data in base64, unpacked where they are packed; None where they are no base64 or cannot be unpacked.

    Six policies read each: 128 of them, of some 40 KB, are remembered.
    """
    try:
        raw = base64.b64decode(encoded, validate=True)
        script = _unpacked(raw, _MOST_TEXT) or raw
    except (ValueError, zlib.error):
        return None
    return _with_parts(script).decode("utf-8", "replace")


def _unpacked(raw: bytes, most: int) -> bytes:
    """What every gzip file in a row holds, as machines read them, up to `most` bytes."""
    text = b""
    while raw.startswith(b"\x1f\x8b") and len(text) < most:
        one = zlib.decompressobj(wbits=31)
        text += one.decompress(raw, most - len(text))
        raw = one.unused_data
    return text


def _with_parts(script: bytes) -> bytes:
    """A script and below it what it brings packed within it. What only looks packed is left out."""
    parts = [script]
    left = _MOST_TEXT - len(script)
    for packed in _PART.findall(script):
        try:
            parts.append(_unpacked(base64.b64decode(packed), left))
        except (ValueError, zlib.error):
            continue
        left -= len(parts[-1])
    return b"\n".join(parts)
