"""AWS Signature Version 4, checked the way AWS checks it: header and presigned form.

Source: AWS IAM User Guide, "AWS Signature Version 4 for API requests" (read 2026-11).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from soundstage.providers.aws.signing import computed_signature
from soundstage.simulator.answer import Refusal

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
