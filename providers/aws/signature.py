"""AWS Signature Version 4: checked the way AWS checks it, header and presigned form, and made for small requests.

Source: AWS IAM User Guide, "AWS Signature Version 4 for API requests" (read 2026-11).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote

from soundstage.simulator.aws.answer import Refusal

_SKEW: Final = timedelta(minutes=15)
_LONGEST_PRESIGNED: Final = timedelta(days=7)
_HEADER: Final = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<scope>[^,\s]+)\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Signature:
    """What a request claims about who signed it, when and what. Not yet checked."""

    scope: tuple[str, str, str, str]
    """Access key, date, region, service."""
    date: str
    headers: tuple[str, ...]
    signature: str
    token: str
    lifetime: timedelta | None
    """How long a presigned request may be used; None for a signed header."""

    @property
    def access_key(self) -> str:
        return self.scope[0]


def read_signature(query: str, headers: Mapping[str, str]) -> Signature:
    """The signature that a request carries. `Refusal` when there is none or it is malformed."""
    header = headers.get("authorization", "")
    if header:
        match = _HEADER.fullmatch(header)
        if not match:
            raise Refusal("IncompleteSignature", "The Authorization header is not a signature of version 4.", 400)
        date = headers.get("x-amz-date") or headers.get("date", "")
        token = headers.get("x-amz-security-token", "")
        return Signature(
            _scope(match["scope"]), date, tuple(match["headers"].split(";")), match["signature"], token, None
        )
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if asked.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256":
        raise Refusal("MissingAuthenticationToken", "The request is not signed.", 403)
    seconds = asked.get("X-Amz-Expires", "")
    if not seconds.isdecimal() or not timedelta() < timedelta(seconds=int(seconds[:9])) <= _LONGEST_PRESIGNED:
        raise Refusal("AuthorizationQueryParametersError", "X-Amz-Expires must be from 1 to 604800 seconds.", 400)
    return Signature(
        _scope(asked.get("X-Amz-Credential", "")),
        asked.get("X-Amz-Date", ""),
        tuple(asked.get("X-Amz-SignedHeaders", "").split(";")),
        asked.get("X-Amz-Signature", ""),
        asked.get("X-Amz-Security-Token", ""),
        timedelta(seconds=int(seconds)),
    )


def _scope(text: str) -> tuple[str, str, str, str]:
    parts = text.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not all(parts):
        raise Refusal("IncompleteSignature", "The credential is not <key>/<date>/<region>/<service>/aws4_request.", 400)
    return parts[0], parts[1], parts[2], parts[3]


def check_signature(
    claim: Signature, secret: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    """`Refusal` when the request was not signed with `secret`, is too old, or is not what was signed.

    `path` and `query` are as they came over the wire; header names are in lower case.
    """
    _check_time(claim)
    if "host" not in claim.headers:
        raise Refusal("SignatureDoesNotMatch", "The signature must cover the Host header.", 403)
    service = claim.scope[3]
    payload = _payload_hash(claim, service, headers, body)
    expected = computed_signature(
        secret, claim.scope[1:], claim.date, claim.headers, method, path, query, headers, payload
    )
    if not hmac.compare_digest(expected, claim.signature):
        raise Refusal(
            "SignatureDoesNotMatch", "The request signature does not match the one that the secret key makes.", 403
        )


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


def signed(
    access_key: str, secret: str, region: str, service: str, host: str, body: bytes, content_type: str
) -> dict[str, str]:
    """The headers of a signed `POST /` of this body, as clients of the query protocol send it."""
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = (date[:8], region, service)
    headers = {"content-type": content_type, "host": host, "x-amz-date": date}
    payload = hashlib.sha256(body).hexdigest()
    signature = computed_signature(secret, scope, date, tuple(headers), "POST", "/", "", headers, payload)
    credential = "/".join((access_key, *scope, "aws4_request"))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
    )
    return headers


def _check_time(claim: Signature) -> None:
    try:
        signed = datetime.strptime(claim.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal("IncompleteSignature", "X-Amz-Date must have the form YYYYMMDDTHHMMSSZ.", 400) from None
    if not claim.date.startswith(claim.scope[1]):
        raise Refusal("SignatureDoesNotMatch", "The date of the credential is not that of the request.", 403)
    age = datetime.now(UTC) - signed
    if claim.lifetime is not None and age > claim.lifetime:
        raise Refusal("AccessDenied", "Request has expired", 403)
    if age < -_SKEW or (claim.lifetime is None and age > _SKEW):
        raise Refusal("RequestTimeTooSkewed", "The request's time differs from the present by more than 15 min.", 403)


def _payload_hash(claim: Signature, service: str, headers: Mapping[str, str], body: bytes) -> str:
    told = headers.get("x-amz-content-sha256")
    if told is None:
        if claim.lifetime is not None and service == "s3":
            return "UNSIGNED-PAYLOAD"
        return hashlib.sha256(body).hexdigest()
    if len(told) == 64 and told != hashlib.sha256(body).hexdigest():
        raise Refusal("XAmzContentSHA256Mismatch", "The body is not the one that was signed.", 400)
    return told


@lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
