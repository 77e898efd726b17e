"""Answers in the forms that AWS gives them: success and refusal, for every protocol."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4
from xml.sax.saxutils import escape

from soundstage.simulator.answer import Answer
from soundstage.simulator.aws.request import AwsRequest

_JSON: Final = "application/x-amz-json-1.1"
_XML: Final = "text/xml;charset=UTF-8"


def success(request: AwsRequest, result: Mapping[str, Any] | None = None) -> Answer:
    """A successful answer, written by moto as the service's model says. `result` holds its members by boto3's names or by
    those on the wire; what the model does not know is left out."""
    from moto.core.serialize import SerializationContext, get_serializer_class
    from moto.core.utils import get_service_model

    known = str(uuid4())
    operation = get_service_model(request.service).operation_model(request.operation)
    serializer: Any = get_serializer_class(request.service, request.protocol)
    written = serializer(operation, SerializationContext(known), value_picker=_member).serialize(result or {})
    body = written["body"]
    content = body if isinstance(body, bytes) else body.encode()
    return Answer(written["status_code"], content, {**written["headers"], "x-amzn-RequestId": known})


def _member(context: Any) -> Any:
    found = context.obj.get(context.key)
    return context.obj.get(context.shape.serialization.get("name")) if found is None else found


def refusal(request: AwsRequest, code: str, message: str, status: int = 400) -> Answer:
    """An error answer as AWS writes it for the request's protocol and service."""
    return error(request.protocol, request.service, code, message, status)


def error(protocol: str, service: str, code: str, message: str, status: int) -> Answer:
    """An error answer for a request of which only protocol and service are known."""
    known = str(uuid4())
    headers = {"x-amzn-RequestId": known}
    if protocol in ("json", "rest-json"):
        content = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return Answer(status, content, {**headers, "Content-Type": _JSON, "x-amzn-ErrorType": code})
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
    return Answer(status, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), {**headers, "Content-Type": _XML})


def _cbor_map(texts: Mapping[str, str]) -> bytes:
    """A CBOR map of short texts (RFC 8949, major types 5 and 3): all that an error needs."""
    encoded = [0xA0 | len(texts)]
    out = bytearray(encoded)
    for text in (part for pair in texts.items() for part in pair):
        raw = text.encode()[:0xFFFF]
        out += bytes([0x79]) + len(raw).to_bytes(2, "big") + raw
    return bytes(out)
