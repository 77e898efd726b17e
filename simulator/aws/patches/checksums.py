"""Where object lock asks for a checksum, S3 takes any: `Content-MD5`, or one of its own in a header or a trailer. moto looks only
for the header by which some SDKs say which algorithm they used (Amazon S3 API Reference, `PutObject`, 2026-11)."""

from typing import Any, Final

from moto.s3.responses import S3Response
from werkzeug.datastructures import Headers

_put: Any = S3Response._key_response_put
_ALGORITHMS: Final = ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")


def _put_with_any_checksum(self: Any, *args: Any, **kwargs: Any) -> Any:
    if "x-amz-sdk-checksum-algorithm" not in self.headers:
        trailer = str(self.headers.get("x-amz-trailer", "")).lower()
        for algorithm in _ALGORITHMS:
            name = f"x-amz-checksum-{algorithm}"
            if name in self.headers or name == trailer:
                self.headers = Headers([*self.headers.items(), ("x-amz-sdk-checksum-algorithm", algorithm.upper())])
    return _put(self, *args, **kwargs)


def apply() -> None:
    """Take every checksum that S3 takes."""
    response: Any = S3Response
    response._key_response_put = _put_with_any_checksum
