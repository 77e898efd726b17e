"""Characters that XML 1.0 cannot hold (control characters): moto breaks over an object key or a tag that has one.

S3 answers such keys percent-encoded where a client asks for `encoding-type=url`, as boto3 does for its listings, and else as
character references, which strict readers refuse (Amazon S3 API Reference, "ListObjectsV2", EncodingType, 2026-11). Other
services do not accept such characters any more (`simulator.aws.limits`); what was kept before is shown with U+FFFD in its place, so
that looking at it never fails.
"""

import re
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

import moto.core.serialize
from moto.s3.responses import S3Response

_FIRST_STAND_IN: Final = 0xFDD0
"""Of 32 code points that are no characters, in which moto's XML can hold control characters."""
_CONTROLS: Final = [code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)]
_HIDDEN: Final = {code: chr(_FIRST_STAND_IN + code) for code in _CONTROLS}
_FOUND: Final = re.compile("[" + "".join(map(chr, _CONTROLS)) + "]")
_IN_BYTES: Final = re.compile(
    b"[" + bytes(_CONTROLS) + b"]|" + b"|".join(hidden.encode() for hidden in _HIDDEN.values())
)
_PLAIN: Final = {hidden.encode(): code for code, hidden in _HIDDEN.items()} | {
    bytes([code]): code for code in _CONTROLS
}

_unparse = vars(moto.core.serialize)["xmltodict"].unparse
_serialized = S3Response.serialized
_KEYS: Final = frozenset({"Key", "Prefix"})
_NAMED: Final = ("Prefix", "Delimiter", "Marker", "NextMarker", "KeyMarker", "NextKeyMarker", "StartAfter")
_LISTINGS: Final = {
    "ListObjects": (("CommonPrefixes",), _NAMED),
    "ListObjectsV2": ((), ("Delimiter", "StartAfter")),
    "ListObjectVersions": (("Versions", "DeleteMarkers", "CommonPrefixes"), _NAMED),
    "ListMultipartUploads": (("Uploads", "CommonPrefixes"), _NAMED),
}
"""Listing → lists whose keys, and members, moto leaves as they are where the client asks for percent-encoding."""


def readable(body: bytes, *, of_s3: bool) -> bytes:
    """An XML answer with its control characters as S3 writes them, or else replaced."""

    def shown(found: re.Match[bytes]) -> bytes:
        return f"&#x{_PLAIN[found[0]]:x};".encode() if of_s3 else "\N{REPLACEMENT CHARACTER}".encode()

    return _IN_BYTES.sub(shown, body)


def _unparse_anything(*arguments: Any, **named: Any) -> Any:
    text = _unparse(*arguments, **named)
    return text.translate(_HIDDEN) if isinstance(text, str) and _FOUND.search(text) else text


def _encode_keys(self: Any, action_result: Any) -> Any:
    lists, members = _LISTINGS.get(self.data.get("Action", ""), ((), ()))
    result = action_result.result
    if isinstance(result, dict) and self.querystring.get("encoding-type", [None])[0] == "url":
        for name in lists:
            for item in result.get(name) or ():
                item.update({key: quote(value) for key, value in item.items() if key in _KEYS and value})
        result.update({name: quote(result[name]) for name in members if result.get(name)})
        if lists or members:
            result["EncodingType"] = "url"
    return _serialized(self, action_result)


def apply() -> None:
    """Let keys and tags hold any character without breaking an answer."""
    serializer: Any = moto.core.serialize
    # A namespace of its own: the library's function is everybody's.
    serializer.xmltodict = SimpleNamespace(unparse=_unparse_anything)
    responses: Any = S3Response
    responses.serialized = _encode_keys
