"""What a machine sends of its start: signed as botocore signs, taken by the simulated cloud, and not silenced by a wrong clock."""

import calendar
import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.message import Message
from email.utils import formatdate
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from soundstage.components.boot import ship
from soundstage.components.boot.ship import fresh_lines, signed
from soundstage.components.boot.tools_document import LARGEST, tools, tools_document

KEYS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret/of+the=machine", "Token": "session//token=="}
HOST = "logs.eu-west-1.amazonaws.com"


def test_a_call_is_signed_as_botocore_signs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"logGroupName": "/soundstage/home/teaser/edit-1", "message": "é"}).encode()
    now = 1_795_000_000.0
    headers = signed(KEYS, "eu-west-1", "logs", HOST, "PutLogEvents", body, now)
    theirs = AWSRequest(
        "POST",
        f"https://{HOST}/",
        data=body,
        headers={name: headers[name] for name in ("content-type", "host", "x-amz-target")},
    )
    at = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at)
    credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
    SigV4Auth(credentials, "logs", "eu-west-1").add_auth(theirs)
    assert headers["authorization"] == theirs.headers["Authorization"]
    assert headers["x-amz-date"] == theirs.headers["X-Amz-Date"]


class Service:
    """The metadata service and the log group's service, whose clock may be another."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self.away = 0
        """How often the way to Systems Manager is not there yet."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.streams: set[str] = set()

    def opened(self, request: urllib.request.Request) -> bytes:
        url = request.full_url
        if url.startswith(ship.METADATA):
            path = url.removeprefix(ship.METADATA)
            return {
                "api/token": b"TOKEN",
                "meta-data/instance-id": b"i-1",
                "meta-data/placement/region": b"eu-west-1",
                "meta-data/services/domain": b"amazonaws.com",
                "meta-data/iam/security-credentials/": b"role\n",
                "meta-data/iam/security-credentials/role": json.dumps(KEYS).encode(),
            }[path]
        if url == "https://ssm.eu-west-1.amazonaws.com/":
            assert request.get_header("X-amz-target") == "AmazonSSM.GetDocument"
            if self.away:
                self.away -= 1
                raise urllib.error.URLError("no way yet")
            return json.dumps({"Content": tools_document(windows=False)}).encode()
        assert url == f"https://{HOST}/"
        told = json.loads(request.data)  # type: ignore[arg-type]
        target = str(request.get_header("X-amz-target")).rpartition(".")[2]
        theirs = time.time() + self.ahead
        date = calendar.timegm(time.strptime(str(request.get_header("X-amz-date")), "%Y%m%dT%H%M%SZ"))
        if abs(date - theirs) > 300:
            raise self.refused(400, "InvalidSignatureException")
        if target == "PutLogEvents" and told["logStreamName"] not in self.streams:
            raise self.refused(400, "com.amazonaws.logs#ResourceNotFoundException")
        self.streams.add(told["logStreamName"])
        self.calls.append((target, told))
        return b"{}"

    def refused(self, status: int, kind: str) -> urllib.error.HTTPError:
        headers = Message()
        headers["Date"] = formatdate(time.time() + self.ahead, usegmt=True)
        return urllib.error.HTTPError("", status, kind, headers, BytesIO(json.dumps({"__type": kind}).encode()))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ship, "RUN", tmp_path)
    monkeypatch.setattr("sys.argv", ["soundstage-ship", "/soundstage/home/teaser/edit-1"])
    (tmp_path / "boot.log").write_text("one\ntwo\nthr")
    (tmp_path / "ready.json").write_text('{"format": 1}')
    return tmp_path


def messages(service: Service, stream: str) -> list[str]:
    puts = [told for target, told in service.calls if target == "PutLogEvents" and told["logStreamName"] == stream]
    return [event["message"] for told in puts for event in told["logEvents"]]


def test_each_line_is_sent_once_and_a_torn_one_when_it_is_whole(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    monkeypatch.setattr(ship, "opened", service.opened)
    assert ship.main() == 0
    with (run / "boot.log").open("a") as log:
        log.write("ee\nfour\n")
    assert ship.main() == 0
    assert messages(service, "i-1/boot") == ["one", "two", "three", "four"]
    assert messages(service, "i-1/ready") == ['{"format": 1}'] * 2
    assert [target for target, _ in service.calls].count("CreateLogStream") == 2


def test_a_machine_whose_clock_is_a_day_off_is_not_silenced(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS refuses a signature that is more than five minutes away, and an event of the future."""
    service = Service(ahead=86_400)
    monkeypatch.setattr(ship, "opened", service.opened)
    assert ship.main() == 0
    stamps = [
        event["timestamp"] for target, told in service.calls if target == "PutLogEvents" for event in told["logEvents"]
    ]
    assert all(abs(stamp / 1000 - time.time() - 86_400) < 60 for stamp in stamps)


def test_what_the_service_refuses_for_another_reason_is_said_and_ends_no_start(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service()

    def opened(request: urllib.request.Request) -> bytes:
        if request.full_url.startswith("https"):
            raise service.refused(400, "AccessDeniedException")
        return service.opened(request)

    monkeypatch.setattr(ship, "opened", opened)
    assert ship.main() == 1
    assert "AccessDeniedException" in capsys.readouterr().err
    assert not (run / "shipped").exists()


def test_nobody_at_the_metadata_service_ends_no_start(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(_: urllib.request.Request) -> bytes:
        raise urllib.error.URLError("no way")

    monkeypatch.setattr(ship, "opened", opened)
    assert ship.main() == 1


@pytest.mark.parametrize("byte", [b"\xff", b"\xf0\x9f\x8e\xac"], ids=["no text", "four bytes a character"])
def test_a_call_is_never_larger_than_the_service_takes(run: Path, monkeypatch: pytest.MonkeyPatch, byte: bytes) -> None:
    """It was refused at each try, and the report that comes after the log never left the machine."""
    service = Service()
    monkeypatch.setattr(ship, "opened", service.opened)
    (run / "boot.log").write_bytes((byte * 5000 + b"\n") * 1000)
    assert ship.main() == 0
    for _, told in service.calls:
        # CloudWatch Logs API Reference, "PutLogEvents", read 2026-11.
        assert sum(len(event["message"].encode()) + 26 for event in told.get("logEvents", ())) <= 1_048_576
    assert len(messages(service, "i-1/boot")) == 1000
    assert messages(service, "i-1/ready") == ['{"format": 1}']


def test_a_flood_is_cut_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {n} {'x' * (5000 if n == 2999 else 1)}\n" for n in range(3000)))
    lines, done = fresh_lines(log, 0)
    assert (len(lines), done) == (1000, log.stat().st_size)
    assert lines[0] == "[2000 lines left out]"
    assert len(lines[-1]) == ship.LONGEST_LINE


def test_the_report_of_the_idle_guard_has_a_stream_of_its_own(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    monkeypatch.setattr(ship, "opened", service.opened)
    monkeypatch.setattr("sys.argv", ["soundstage-ship", "/soundstage/home/teaser/edit-1", "guard"])
    (run / "guard.json").write_text('{"verdict": "stop"}')
    assert ship.main() == 0
    assert messages(service, "i-1/guard") == ['{"verdict": "stop"}']
    assert messages(service, "i-1/boot") == []


@pytest.fixture
def fetching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service()
    monkeypatch.setattr(ship, "opened", service.opened)
    monkeypatch.setattr(ship, "TOOLS", tmp_path)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr("sys.argv", ["soundstage-ship", "fetch", "home.teaser.tools.edit-1"])
    return service


def test_the_tools_of_the_document_are_written_as_programs_of_root_alone(fetching: Service, tmp_path: Path) -> None:
    fetching.away = 3  # at a start the network may not be there yet
    assert ship.main() == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == tools(windows=False)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o700}


def test_without_a_way_to_the_document_the_tools_of_the_last_start_stay(fetching: Service, tmp_path: Path) -> None:
    (tmp_path / "soundstage-probe").write_text("of the last start")
    fetching.away = 99
    assert ship.main() == 1
    assert (tmp_path / "soundstage-probe").read_text() == "of the last start"


def test_a_tool_that_is_as_it_should_be_is_not_written_again(fetching: Service, tmp_path: Path) -> None:
    assert ship.main() == 0
    before = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    assert ship.main() == 0
    assert {path: path.stat().st_ino for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("windows", [False, True])
def test_the_document_of_the_tools_is_one_that_systems_manager_takes(windows: bool) -> None:
    text = tools_document(windows=windows)
    assert len(text) < LARGEST / 2
    assert "{{" not in text  # which would be a parameter
    document = json.loads(text)
    assert document["schemaVersion"] == "2.2"
    assert [step["action"] for step in document["mainSteps"]] == [
        "aws:runPowerShellScript" if windows else "aws:runShellScript"
    ]
