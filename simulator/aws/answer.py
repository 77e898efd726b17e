"""Answers in the forms that AWS gives them: success and refusal, for every protocol."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4
from xml.sax.saxutils import escape

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.request import AwsRequest

__all__ = ["Answer", "Refusal", "error", "refusal", "success"]

JSON: Final = "application/x-amz-json-1.1"
XML: Final = "text/xml;charset=UTF-8"


def success(request: AwsRequest, result: Mapping[str, Any] | None = None, status: int = 200) -> Answer:
    """A successful answer with `result`: nested values for XML, the members themselves for JSON."""
    known = uuid4()
    headers = {"x-amzn-RequestId": str(known)}
    if request.protocol in ("json", "rest-json"):
        content = json.dumps(result or {}, default=str).encode() if result is not None or status != 204 else b""
        kind = JSON if request.protocol == "json" else "application/json"
        return Answer(status, content, {**headers, "Content-Type": kind})
    if request.protocol == "ec2":
        inner = _xml(result or {"return": True})
        text = f"<{request.operation}Response><requestId>{known}</requestId>{inner}</{request.operation}Response>"
    elif request.protocol == "query":
        name = request.operation
        text = (
            f"<{name}Response><{name}Result>{_xml(result or {})}</{name}Result>"
            f"<ResponseMetadata><RequestId>{known}</RequestId></ResponseMetadata></{name}Response>"
        )
    else:
        text = _xml(result) if result else ""
    return Answer(status, text.encode(), {**headers, "Content-Type": XML})


def refusal(request: AwsRequest, code: str, message: str, status: int = 400) -> Answer:
    """An error answer as AWS writes it for the request's protocol and service."""
    return error(request.protocol, request.service, code, message, status)


def error(protocol: str, service: str, code: str, message: str, status: int) -> Answer:
    """An error answer for a request of which only protocol and service are known."""
    known = str(uuid4())
    headers = {"x-amzn-RequestId": known}
    if protocol in ("json", "rest-json"):
        content = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return Answer(status, content, {**headers, "Content-Type": JSON, "x-amzn-ErrorType": code})
    if protocol == "cbor":
        content = _cbor_map({"__type": code, "message": message})
        return Answer(
            status, content, {**headers, "Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        )
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{known}</RequestID></Response>"
    elif service == "s3":
        text = f"<Error>{inner}<RequestId>{known}</RequestId></Error>"
    else:
        text = f"<ErrorResponse><Error>{inner}</Error><RequestId>{known}</RequestId></ErrorResponse>"
    return Answer(status, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), {**headers, "Content-Type": XML})


def _xml(value: object, item: str = "item") -> str:
    """Nested values as elements. The items of a list become `item` (`member` for a key that ends in `*`)."""
    if isinstance(value, Mapping):
        parts = []
        for key, inner in value.items():
            name = key.rstrip("*")
            if inner is not None:
                parts.append(f"<{name}>{_xml(inner, 'member' if key.endswith('*') else 'item')}</{name}>")
        return "".join(parts)
    if isinstance(value, (list, tuple)):
        return "".join(f"<{item}>{_xml(inner)}</{item}>" for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def _cbor_map(texts: Mapping[str, str]) -> bytes:
    """A CBOR map of short texts (RFC 8949, major types 5 and 3): all that an error needs."""
    encoded = [0xA0 | len(texts)]
    out = bytearray(encoded)
    for text in (part for pair in texts.items() for part in pair):
        raw = text.encode()[:0xFFFF]
        out += bytes([0x79]) + len(raw).to_bytes(2, "big") + raw
    return bytes(out)
