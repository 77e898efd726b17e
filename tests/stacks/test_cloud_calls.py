"""One call to AWS: what is tried again, and in which words the rest is refused."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.engines.base import Event, EventKind
from soundstage.providers import calls
from soundstage.providers.aws.actions import action_of
from soundstage.providers.aws.boto3_calls import by_boto3
from soundstage.stacks.clouds.aws import account
from soundstage.stacks.clouds.aws import calls as cloud_calls
from soundstage.stacks.clouds.aws.account import RealAws
from soundstage.stacks.clouds.aws.calls import MOST_TRIES, call


class Scripted:
    """A client that answers `start_instances` with each of these in turn."""

    meta = SimpleNamespace(service_model=SimpleNamespace(signing_name="ec2"))

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def start_instances(self, **arguments: Any) -> Any:
        self.calls.append(arguments)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused(code: str, status: int = 400) -> ClientError:
    error = {"Error": {"Code": code, "Message": "because"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error, "StartInstances")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_calls, "_FIRST_PAUSE", 0.0)


@pytest.mark.parametrize(
    "passing",
    [
        refused("RequestLimitExceeded", 503),
        refused("Throttling"),
        refused("InternalError", 500),
        refused("", 502),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"),
        ResponseParserError("half an answer"),
    ],
    ids=str,
)
def test_what_passes_is_tried_again_and_said(passing: Exception) -> None:
    client, events = Scripted(passing, passing, {"ok": True}), list[Event]()
    assert call(client, "StartInstances", "edit-1", events.append, InstanceIds=["i-1"]) == {"ok": True}
    assert client.calls == [{"InstanceIds": ["i-1"]}] * 3
    assert [(event.kind, event.name) for event in events] == [(EventKind.RETRY, "edit-1")] * 2
    assert events[0].message.startswith("ec2:StartInstances: ")


def test_it_gives_up_after_some_tries() -> None:
    client = Scripted(*[refused("Throttling")] * 10)
    with pytest.raises(CloudError) as raised:
        call(client, "StartInstances", "edit-1")
    assert len(client.calls) == MOST_TRIES
    assert raised.value.code == "Throttling"


def test_a_cloud_that_never_answers_is_said_to_be_unreachable() -> None:
    with pytest.raises(CloudError, match="does not answer"):
        call(Scripted(*[EndpointConnectionError(endpoint_url="x")] * 10), "StartInstances", "edit-1")


@pytest.mark.parametrize(
    ("code", "words", "hint"),
    [
        (
            "InsufficientInstanceCapacity",
            "AWS has no such machine free in this zone now",
            "set size, availability_zone or region",
        ),
        ("VcpuLimitExceeded", "quota", "Service Quotas"),
        ("SnapshotLimitExceeded", "quota of disks and snapshots", "Amazon Elastic Block Store"),
        ("VolumeLimitExceeded", "quota of disks and snapshots", "Amazon Elastic Block Store"),
        ("UnauthorizedOperation", "may not do this", "Allow ec2:StartInstances"),
        ("IncorrectInstanceState", "AWS refused", ""),
    ],
)
def test_a_refusal_is_not_tried_again_and_says_what_to_do(code: str, words: str, hint: str) -> None:
    client = Scripted(refused(code, 500 if "Capacity" in code else 400))
    with pytest.raises(CloudError) as raised:
        call(client, "StartInstances", "edit-1")
    assert len(client.calls) == 1
    assert raised.value.message.startswith("edit-1: ")
    assert words in raised.value.message
    assert hint in raised.value.hint
    assert (raised.value.action, raised.value.code) == ("ec2:StartInstances", code)


@pytest.mark.parametrize("error", [refused("ExpiredToken"), refused("AuthFailure"), NoCredentialsError()], ids=str)
def test_credentials_that_do_not_hold_are_a_preflight_refusal(error: Exception) -> None:
    with pytest.raises(PreflightRefused):
        call(Scripted(error), "StartInstances", "edit-1")


def test_an_answer_that_says_inside_that_it_was_not_done_is_a_refusal() -> None:
    undone = {"ResourceId": "i-1", "Error": {"Code": "IncorrectState", "Message": "because"}}
    with pytest.raises(CloudError, match="because") as raised:
        call(Scripted({"Unsuccessful": [undone]}), "StartInstances", "edit-1")
    assert raised.value.code == "IncorrectState"


class Busy(BaseHTTPRequestHandler):
    """A service that asks everybody to slow down."""

    def do_POST(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b"<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>"
        self.send_response(503)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A busy EC2 on loopback, which counts who asks, and an account that asks it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        server.asked = 0  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr(account, "refuse_foreign", lambda _client: None)  # it stands for AWS here
        cloud = RealAws("eu-west-1", None)
        session = boto3.Session("AKIAEXAMPLE", "example", region_name="eu-west-1")
        vars(cloud).update(account_id="123456789012", _session=session)
        yield SimpleNamespace(server=server, cloud=cloud)
        server.shutdown()


def test_a_call_to_a_busy_account_is_not_tried_by_two_loops_around_each_other(busy: Any) -> None:
    with pytest.raises(CloudError):
        call(busy.cloud.client("ec2"), "DescribeVpcs", "the network")
    assert busy.server.asked == MOST_TRIES


def test_a_search_on_a_busy_account_is_not_tried_by_two_loops_around_each_other(
    busy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_FIRST_PAUSE", 0.0)
    with pytest.raises(CloudError):
        calls.Caller(busy.cloud, lambda _message: None, by_boto3, action_of).call(
            "ec2", "eu-west-1", "DescribeVpcs", {}
        )
    assert busy.server.asked == calls.ATTEMPTS


def test_a_link_of_a_real_account_was_signed_by_a_way_that_opens_nothing_encrypted_and_led_out_of_the_region() -> None:
    cloud = RealAws("eu-central-1", None)
    vars(cloud).update(account_id="123456789012", _session=boto3.Session("AKIAEXAMPLE", "example"))
    link = cloud.client("s3").generate_presigned_url("get_object", {"Bucket": "our-installers", "Key": "a"}, 60)
    assert link.startswith("https://our-installers.s3.eu-central-1.amazonaws.com/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
