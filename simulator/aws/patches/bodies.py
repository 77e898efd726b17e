"""What an S3 object holds lies in files where it is large (`simulator.bodies`): moto keeps each in memory, reads it whole for a range of
it, and puts the parts of an upload together in memory three times."""

import base64
import binascii
import codecs
import hashlib
from collections.abc import Iterator
from typing import Any, Final

from moto.moto_api._internal import mock_random
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML
from moto.s3.models import FakeKey, FakeMultipart, MultipartChecksumBuilder

from soundstage.simulator.bodies import Body, Content, shelf, steps_of

_key: Any = FakeKey
_value: Any = FakeKey.value
_etag: Any = FakeKey.etag
_state: Any = FakeKey.__getstate__
_made: Any = FakeMultipart.__init__
_ID_LETTERS: Final = 64
_EMPTY: Final = b""
_LEAST_PART: Final = 5 * 1024 * 1024
"""Bytes of a part that is not the last (Amazon S3 User Guide, "Multipart upload limits", read 2026-11)."""


def _get(self: Any) -> Content:
    body: Content | None = vars(self).get("_body")
    held: bytes = _EMPTY if body is not None else _value.fget(self)
    return held if body is None else body


def _set(self: Any, content: Any) -> None:
    held = shelf().held(content) if isinstance(content, (bytes, Body)) else content
    self._body = held if isinstance(held, Body) else None
    _value.fset(self, _EMPTY if self._body is not None else held)
    self.contentsize = len(held)


def _tag(self: Any) -> str:
    if self._etag is None and self._body is not None:
        digest = hashlib.md5(usedforsecurity=False)
        for step in self._body.steps():
            digest.update(step)
        self._etag = digest.hexdigest()
    return str(_etag.fget(self))


def _get_state(self: Any) -> dict[str, Any]:
    state: dict[str, Any] = _state(self)
    state.pop("_body", None)
    return state


def _complete(self: Any, body: Iterator[tuple[int, str]]) -> tuple[Content, str, Any]:
    """moto's own, without the content in memory (moto 5.2, `FakeMultipart.complete`)."""
    builder = MultipartChecksumBuilder(
        self.metadata.get("x-amz-checksum-algorithm"), self.metadata.get("x-amz-checksum-type")
    )
    parts: list[Any] = []
    tags = b""
    for number, tag in body:
        part = self.parts.get(number)
        if part is None or part.etag.replace('"', "") != tag.replace('"', ""):
            raise InvalidPart
        if parts and parts[-1].contentsize < _LEAST_PART:
            raise EntityTooSmall
        tags += codecs.decode(part.etag.replace('"', "").encode(), "hex")
        parts.append(part)
    if not parts:
        raise MalformedXML
    whole = shelf().joined([part.value for part in parts])
    if builder.checksum_type == "COMPOSITE":
        for part in parts:
            builder.addPart(bytes(part.value))
        checksum = builder.build()
    else:
        checksum = builder.checksum_type, _crc(whole), 1
    return whole, f"{hashlib.md5(tags, usedforsecurity=False).hexdigest()}-{len(parts)}", checksum


def _begin(self: Any, *args: Any, **kwargs: Any) -> None:
    """An upload in parts gets its id from what is seeded for each call: moto's own came from the system, so that after a kill the calls
    that named it meant nothing, and an object that was acknowledged was gone."""
    _made(self, *args, **kwargs)
    self.id = mock_random.get_random_hex(_ID_LETTERS)


def _crc(content: Content) -> str:
    """The checksum of a whole object. moto takes CRC-32 for each of the three where the libraries of the others are missing, as they are
    here."""
    value = 0
    for step in steps_of(content):
        value = binascii.crc32(step, value)
    return base64.b64encode(value.to_bytes(4, "big")).decode()


def apply() -> None:
    """Keep large contents in files."""
    _key.value = property(_get, _set)
    _key.etag = property(_tag)
    _key.__getstate__ = _get_state
    multipart: Any = FakeMultipart
    multipart.complete = _complete
    multipart.__init__ = _begin
