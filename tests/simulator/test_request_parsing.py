"""Whatever an AWS client sends is recognised as the operation that was called, for every operation of the services used."""

import contextlib
import io
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel, Shape

from soundstage.simulator.aws.request import AwsRequest, is_read_only, parse

REST = ("s3", "s3control", "scheduler", "accessanalyzer", "lambda")
OTHERS = (
    "ec2",
    "iam",
    "sts",
    "kms",
    "logs",
    "sns",
    "cloudtrail",
    "cloudwatch",
    "ssm",
    "budgets",
    "ce",
    "service-quotas",
)
ELSEWHERE = {
    "ListDirectoryBuckets", "DeleteAccessPointScope", "GetAccessPointScope", "PutAccessPointScope",
    "ListAccessPointsForDirectoryBuckets", "WriteGetObjectResponse",
}  # fmt: skip
"""Operations of S3 Express and Object Lambda, other services with other endpoints."""
UNSIGNED = {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}
SAME_ON_THE_WIRE = {
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
}
"""Deprecated names of operations that look no different when sent."""

_session = botocore.session.Session()


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Any:
        yield self.read()


def _value(shape: Shape, name: str) -> Any:
    """Something that a client accepts for a required parameter."""
    if name == "Bucket":
        return "a-bucket"
    if getattr(shape, "enum", None):
        return shape.enum[0]
    match shape.type_name:
        case "structure":
            members = {key: _value(shape.members[key], key) for key in shape.required_members}
            if getattr(shape, "is_tagged_union", False) and not members:
                key = next(iter(shape.members))
                members = {key: _value(shape.members[key], key)}
            return members
        case "list":
            return [_value(shape.member, "")]
        case "map":
            return {"k": _value(shape.value, "")}
        case "integer" | "long":
            return max(1, int(shape.metadata.get("min", 1)))
        case "float" | "double":
            return 1.0
        case "boolean":
            return True
        case "timestamp":
            return 1_700_000_000
        case "blob":
            return b"x"
    return {"AccountId": "123456789012"}.get(name, "x" * max(12, int(shape.metadata.get("min", 1))))


@cache
def _client(service: str) -> Any:
    return boto3.client(
        service, region_name="eu-west-1", endpoint_url="http://127.0.0.1:9", aws_access_key_id="AKIAX",
        aws_secret_access_key="y",
        config=Config(inject_host_prefix=False, parameter_validation=False, s3={"addressing_style": "path"}),
    )  # fmt: skip


def _sent(service: str, operation: OperationModel) -> AwsRequest:
    seen: list[Any] = []

    def keep(request: Any, **_: object) -> AWSResponse:
        seen.append(request)
        return AWSResponse(request.url, 400, {}, _Raw(b"{}"))

    events = _client(service).meta.events
    events.register("before-send", keep)
    shape = operation.input_shape
    arguments = {key: _value(shape.members[key], key) for key in shape.required_members} if shape else {}
    with contextlib.suppress(Exception):  # the answer is nonsense; what was sent counts
        _client(service)._make_api_call(operation.name, arguments)
    events.unregister("before-send", keep)
    assert seen, f"{operation.name} was not sent"
    sent = seen[0]
    url = urlsplit(sent.url)
    body = sent.body.read() if hasattr(sent.body, "read") else sent.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = {
        key.lower(): value.decode() if isinstance(value, bytes) else value for key, value in sent.headers.items()
    }
    scope = headers["authorization"].partition("Credential=")[2].partition(",")[0].split("/")[:4]
    return parse(sent.method, url.path or "/", url.query, headers, bytes(body), scope)


@pytest.mark.parametrize("service", REST)
def test_every_rest_operation_is_recognised(service: str) -> None:
    model = _session.get_service_model(service)
    wrong = {}
    for name in model.operation_names:
        if name in ELSEWHERE:
            continue
        found = _sent(service, model.operation_model(name))
        if (found.service, found.operation) != (service, SAME_ON_THE_WIRE.get(name, name)):
            wrong[name] = f"{found.service}:{found.operation}"
    assert wrong == {}


@pytest.mark.parametrize("service", OTHERS)
def test_operations_of_the_other_protocols_are_recognised(service: str) -> None:
    model = _session.get_service_model(service)
    for name in sorted(set(model.operation_names) - UNSIGNED)[:40]:
        found = _sent(service, model.operation_model(name))
        assert (found.service, found.operation, found.region) == (service, name, found.region)
        assert found.action == f"{service}:{name}"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("DescribeInstances", True), ("GetObject", True), ("HeadBucket", True), ("ListBuckets", True),
        ("RunInstances", False), ("PutObject", False), ("AssumeRole", False), ("GetSessionToken", False),
        ("ReceiveMessage", False), ("GetFederationToken", False), ("DeleteVpc", False), ("SimulatePrincipalPolicy", True),
    ],
)  # fmt: skip
def test_reading_and_writing_operations_are_told_apart(operation: str, expected: bool) -> None:
    assert is_read_only(operation) is expected


def test_parameters_are_read_from_every_protocol() -> None:
    def asked(headers: dict[str, str], body: bytes, service: str = "ec2", path: str = "/") -> AwsRequest:
        return parse("POST", path, "", headers, body, ("AK", "20261121", "eu-west-1", service))

    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    query = asked(form, b"Action=StopInstances&InstanceId.2=i-b&InstanceId.1=i-a&Note=a%20b")
    assert query.members("InstanceId") == ["i-a", "i-b"]
    assert query.params["Note"] == "a b"
    json = asked({"x-amz-target": "TrentService.CreateKey"}, b'{"Tags": [{"TagKey": "a"}]}', "kms")
    assert json.params["Tags"] == [{"TagKey": "a"}]
    cbor = asked(
        {"smithy-protocol": "rpc-v2-cbor"}, b"\xa1\x64Name\x61x", "monitoring", "/service/G/operation/PutDashboard"
    )
    assert (cbor.service, cbor.operation, cbor.params["Name"]) == ("cloudwatch", "PutDashboard", "x")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[1]", b"null", b"Action=", b"\xa1", b"&&&=&"])
@pytest.mark.parametrize(
    "headers", [{}, {"x-amz-target": "T.Op"}, {"content-type": "application/x-www-form-urlencoded"}]
)
def test_nonsense_is_no_operation_and_no_failure(headers: dict[str, str], body: bytes) -> None:
    found = parse("POST", "/x/../y", "a=%zz&=&b", headers, body, ("AK", "20261121", "eu-west-1", "kms"))
    assert isinstance(dict(found.params), dict)


def test_recognising_a_request_is_quick() -> None:
    headers = {"content-type": "application/xml"}
    scope = ("AK", "20261121", "eu-west-1", "s3")
    parse("GET", "/bucket/key", "", headers, b"", scope)
    begun = time.process_time()
    for _ in range(500):
        parse("PUT", "/bucket/a/long/key", "", headers, b"", scope)
    assert (time.process_time() - begun) / 500 < 0.002
