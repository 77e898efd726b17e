"""The server answers its owner's programs and nobody else: not web pages, not other users, not old or altered requests."""

import http.client
import http.server
import json
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from soundstage.simulator import process
from soundstage.simulator.orders import signature
from soundstage.simulator.process import Endpoint


def send(cloud: Endpoint, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, str]:
    """One raw HTTP request."""
    connection = http.client.HTTPConnection(urlsplit(cloud.url).netloc, timeout=60)
    try:
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control-")]
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def signed(cloud: Endpoint, body: bytes = b"Action=DescribeVpcs&Version=2016-11-15", **headers: str) -> dict[str, str]:
    """Headers of a well-signed EC2 call."""
    request = AWSRequest(
        "POST", f"{cloud.url}/", {"Content-Type": "application/x-www-form-urlencoded", **headers}, body
    )
    SigV4Auth(Credentials(cloud.access_key, cloud.secret_key), "ec2", "eu-west-1").add_auth(request)
    return dict(request.headers.items())


CALL = b"Action=DescribeVpcs&Version=2016-11-15"


def test_a_signed_call_is_answered(cloud: Endpoint) -> None:
    status, text = send(cloud, "POST", "/", signed(cloud), CALL)
    assert status == 200
    assert "DescribeVpcsResponse" in text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.127.0.0.1:{port}",
        "12345678901.localhost:{port}",
        "evil.example:80",
        "127.0.0.1",
        "localhost:1",
        "169.254.169.254",
    ],
)
def test_a_foreign_host_header_is_refused(cloud: Endpoint, host: str) -> None:
    host = host.format(port=urlsplit(cloud.url).port)
    status, text = send(cloud, "POST", "/", {**signed(cloud), "Host": host}, CALL)
    assert status == 403
    assert "InvalidHost" in text


def s3_control(cloud: Endpoint, host: str) -> dict[str, str]:
    """Headers of a well-signed call for what the account says about public buckets."""
    request = AWSRequest("GET", f"http://{host}{PUBLIC_ACCESS}", {"x-amz-account-id": cloud.account_id})
    SigV4Auth(Credentials(cloud.access_key, cloud.secret_key), "s3", "eu-west-1").add_auth(request)
    return {**dict(request.headers.items()), "Host": host}


PUBLIC_ACCESS = "/v20180820/configuration/publicAccessBlock"


@pytest.mark.parametrize("through", ["", "http://{host}"])
def test_s3_control_is_found_behind_the_account_in_the_host_name_also_as_a_proxy_is_asked(
    cloud: Endpoint, through: str
) -> None:
    host = f"{cloud.account_id}.{urlsplit(cloud.url).netloc}"
    target = through.format(host=host) + PUBLIC_ACCESS
    assert "NoSuchPublicAccessBlockConfiguration" in send(cloud, "GET", target, s3_control(cloud, host))[1]


def test_a_proxys_address_for_another_host_than_the_headers_is_refused(cloud: Endpoint) -> None:
    host = urlsplit(cloud.url).netloc
    status, _ = send(cloud, "GET", f"http://evil.example{PUBLIC_ACCESS}", s3_control(cloud, host))
    assert status >= 400


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_web_page_is_refused_even_with_a_valid_signature(cloud: Endpoint, header: dict[str, str]) -> None:
    status, text = send(cloud, "POST", "/", {**signed(cloud), **header}, CALL)
    assert status == 403
    assert "ForbiddenOrigin" in text


def test_a_browser_gets_no_permission_to_ask(cloud: Endpoint) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert send(cloud, "OPTIONS", "/", asked)[0] == 403


@pytest.mark.parametrize(
    "target",
    [
        "/moto-api/data.json",
        "/moto-api/reset",
        "/moto-api/seed?a=1",
        "/latest/meta-data/",
        "/favicon.ico",
        "//moto-api/reset",
    ],
)
def test_the_doors_of_moto_are_closed(cloud: Endpoint, target: str) -> None:
    cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    assert send(cloud, "POST", target, {})[0] in (403, 404)
    assert send(cloud, "POST", target, signed(cloud), CALL)[0] in (400, 403, 404)
    assert len(cloud.client("ec2").describe_vpcs()["Vpcs"]) == 2


@pytest.mark.parametrize("verb", ["health", "status", "faults", "snapshot", "reset", "stop", "enforcement", "other"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Soundstage "}, {"Authorization": "Bearer x"}])
def test_the_server_itself_obeys_only_its_token(cloud: Endpoint, verb: str, header: dict[str, str]) -> None:
    for method in ("GET", "POST", "PUT"):
        assert send(cloud, method, f"/_soundstage/{verb}", header)[0] == 403
    assert cloud.client("sts").get_caller_identity()


def order(cloud_home: Path, method: str, verb: str, other: dict[str, str] | None = None) -> dict[str, str]:
    """The header of an order without a body to the server itself, well signed but for what `other` says."""
    folder = cloud_home / "simulator"
    known = json.loads((folder / "operator.json").read_text()) | json.loads((folder / "server.json").read_text())
    told = {"token": known["token"], "instance": known["instance"], "method": method, "verb": verb, **(other or {})}
    return {"Authorization": signature(**told, body=b"")}


def test_an_unknown_order_with_the_token_is_refused(cloud: Endpoint, cloud_home: Path) -> None:
    assert send(cloud, "POST", "/_soundstage/dance", order(cloud_home, "POST", "dance"))[0] == 400


def test_a_signed_order_is_good_for_one_server_one_verb_and_one_body(cloud: Endpoint, cloud_home: Path) -> None:
    assert send(cloud, "GET", "/_soundstage/health", order(cloud_home, "GET", "health"))[0] == 200
    for other in ({"instance": "an earlier life"}, {"verb": "health"}, {"method": "GET"}, {"token": "guess"}):
        assert send(cloud, "POST", "/_soundstage/reset", order(cloud_home, "POST", "reset", other))[0] == 403
    signed_for_nothing = order(cloud_home, "PUT", "faults")
    assert send(cloud, "PUT", "/_soundstage/faults", signed_for_nothing, b"[]")[0] == 403


def test_whoever_listens_on_the_port_of_a_dead_server_learns_nothing(cloud: Endpoint, cloud_home: Path) -> None:
    """The next command asks there, because `server.json` still says so: what it sends opens nothing."""
    heard: list[str] = []

    class Eavesdropper(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(str(self.headers))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"instance": "guess"}')

        def log_message(self, format: str, *args: object) -> None:
            pass

    folder = cloud_home / "simulator"
    where = (folder / "server.json").read_text()
    with http.server.HTTPServer(("127.0.0.1", 0), Eavesdropper) as listener:
        threading.Thread(target=listener.handle_request, daemon=True).start()
        (folder / "server.json").write_text(json.dumps({**json.loads(where), "port": listener.server_port}))
        try:
            assert process.running(cloud_home) is None
        finally:
            (folder / "server.json").write_text(where)
    kept = json.loads((folder / "operator.json").read_text()) | json.loads(where)
    assert len(heard) == 1
    assert not [name for name in ("token", "instance", "secret_key", "access_key") if kept[name] in heard[0]]


@pytest.mark.parametrize("target", ["/", "/_soundstage/reset", "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256"])
def test_a_stranger_cannot_fill_the_memory(cloud: Endpoint, target: str) -> None:
    """A gigabyte is announced; the answer comes without waiting for it."""
    with socket.create_connection(("127.0.0.1", urlsplit(cloud.url).port or 0), timeout=60) as wire:
        wire.sendall(
            f"PUT {target} HTTP/1.1\r\nHost: {urlsplit(cloud.url).netloc}\r\nContent-Length: {400 << 20}\r\n\r\n".encode()
        )
        assert int(wire.recv(4096).split()[1]) in (400, 403, 413)


def client(cloud: Endpoint, **other: Any) -> Any:
    settings = {
        "region_name": "eu-west-1", "endpoint_url": cloud.url, "aws_access_key_id": cloud.access_key,
        "aws_secret_access_key": cloud.secret_key, "config": Config(retries={"total_max_attempts": 1}),
    }  # fmt: skip
    service = other.pop("service", "ec2")
    return boto3.client(service, **{**settings, **other})


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("kms", "list_keys", "UnrecognizedClientException"),
    ],
)
def test_an_unknown_key_gets_the_service_s_own_refusal(cloud: Endpoint, service: str, call: str, code: str) -> None:
    stranger = client(cloud, service=service, aws_access_key_id="AKIASTRANGER00000000")
    with pytest.raises(ClientError, match=code):
        getattr(stranger, call)()


@pytest.mark.parametrize(("service", "call"), [("ec2", "describe_vpcs"), ("s3", "list_buckets"), ("kms", "list_keys")])
def test_a_wrong_secret_is_refused(cloud: Endpoint, service: str, call: str) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        getattr(client(cloud, service=service, aws_secret_access_key="guess"), call)()


def test_a_body_that_was_exchanged_is_refused(cloud: Endpoint) -> None:
    other = b"Action=DeleteVpc&VpcId=vpc-1&Version=2016-11-15"
    status, text = send(cloud, "POST", "/", signed(cloud), other)
    assert (status, "SignatureDoesNotMatch" in text) == (403, True)


def test_an_old_request_cannot_be_sent_again(cloud: Endpoint) -> None:
    headers = signed(cloud)
    headers["X-Amz-Date"] = "20200101T000000Z"
    headers["Authorization"] = headers["Authorization"].replace(headers["Authorization"].split("/")[1], "20200101")
    status, text = send(cloud, "POST", "/", headers, CALL)
    assert (status, "RequestTimeTooSkewed" in text) == (403, True)


@pytest.mark.parametrize("header", ["", "Basic abc", "AWS4-HMAC-SHA256 Credential=a/b", "AWS AKIA:sig", "Bearer x"])
def test_other_forms_of_authorization_are_refused(cloud: Endpoint, header: str) -> None:
    assert send(cloud, "POST", "/", {"Authorization": header} if header else {}, CALL)[0] in (400, 403)


def test_no_header_moves_a_call_into_another_account(cloud: Endpoint) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("POST", f"{cloud.url}/", {"Content-Type": "application/x-www-form-urlencoded"}, body)
    request.headers["x-moto-account-id"] = "999999999999"
    SigV4Auth(Credentials(cloud.access_key, cloud.secret_key), "sts", "eu-west-1").add_auth(request)
    status, text = send(cloud, "POST", "/", dict(request.headers.items()), body)
    assert status == 200
    assert cloud.account_id in text


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        content: bytes = answer.read()
    return content


def test_presigned_links_work_until_they_expire_and_for_what_they_name(cloud: Endpoint) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="links", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="links", Key="exports/cut 1.mov", Body=b"frames")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "links", "Key": "exports/cut 1.mov"}, ExpiresIn=60)
    assert fetch(link) == b"frames"
    for spoiled in (link.replace("cut%201", "cut%202"), link.replace("Expires=60", "Expires=600"), link[:-1] + "g"):
        with pytest.raises(urllib.error.HTTPError, match=r"40[03]"):
            fetch(spoiled)


def test_an_issued_key_works_until_it_is_switched_off(cloud: Endpoint) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    person = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    sts = client(cloud, service="sts", **person)
    assert sts.get_caller_identity()["Arn"].endswith(":user/ana")
    iam.update_access_key(UserName="ana", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sts.get_caller_identity()


def test_the_environment_leads_other_programs_here(cloud: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "left over")
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith("user/operator")
    assert boto3.client("ec2").meta.region_name == process.DEFAULT_REGION
