"""AWS Signature Version 4, made: the signature of a request, and the headers of a small signed one.

Source: AWS IAM User Guide, "AWS Signature Version 4 for API requests" (read 2026-11).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote


@dataclass(frozen=True)
class Request:
    """What is sent. Names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes = b""
    method: str = "POST"
    path: str = "/"
    query: str = ""


def computed_signature(
    secret: str,
    scope: tuple[str, str, str],
    date: str,
    covered: Sequence[str],
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload: str,
) -> str:
    """The signature of a request, in hexadecimal digits.

    `scope` is day, region and service; `covered` names the signed headers, in order and in lower case as those of
    `headers` are; `payload` is the SHA-256 of the body, or the word that stands for it.
    """
    pairs = sorted(tuple(part.partition("=")[::2]) for part in query.split("&") if part)
    canonical_query = "&".join(f"{key}={value}" for key, value in pairs if key != "X-Amz-Signature")
    canonical_headers = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in covered)
    # S3 signs the path as sent; everyone else encodes it once more.
    canonical_path = path if scope[2] == "s3" else quote(path, safe="/~")
    canonical = "\n".join((method, canonical_path, canonical_query, canonical_headers, ";".join(covered), payload))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{date}\n{'/'.join(scope)}/aws4_request\n{digest}"
    return hmac.new(_signing_key(secret, *scope), text.encode(), hashlib.sha256).hexdigest()


def signed(access_key: str, secret: str, region: str, service: str, host: str, request: "Request") -> dict[str, str]:
    """The headers of a request, with those that sign it. `service` is the name that the service signs with."""
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = (date[:8], region, service)
    headers = {**request.headers, "host": host, "x-amz-date": date}
    covered, payload = tuple(sorted(headers)), hashlib.sha256(request.body).hexdigest()
    signature = computed_signature(
        secret, scope, date, covered, request.method, request.path, request.query, headers, payload
    )
    credential = "/".join((access_key, *scope, "aws4_request"))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(covered)}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
