"""Talks to the cloud for this workstation. Runs on the machine, as root:

    soundstage-ship GROUP           sends its boot log and the report of its probe to its log group
    soundstage-ship GROUP guard     sends the report of its idle guard
    soundstage-ship fetch DOCUMENT  brings its other tools, which are too long for user data, from a document of Systems Manager

Only the standard library, Python 3.9 or newer: this file is copied to the machine as it stands. Neither the AWS CLI nor an agent is
needed, which plain images lack and a closed network cannot fetch; the machine's role may write to its own log group and read documents
already, and the ways are the network's own endpoints for `logs` and `ssm`. Signature: IAM User Guide "Create a signed AWS API request", read 2026-11.
"""

import base64
import email.utils
import gzip
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

RUN = Path("/run/soundstage")
TOOLS = Path("/usr/local/sbin")
TARGETS = {"logs": "Logs_20140328", "ssm": "AmazonSSM"}
TRIES = 5
METADATA = "http://169.254.169.254/latest/"
MOST_EVENTS = 1000
LONGEST_LINE = 4000
EVENTS_OF_A_CALL = 64
"""A call takes 1 MiB: four bytes for each character, and 26 for each event."""
LARGEST_REPORT = 250_000
SECONDS = 5


class Refused(Exception):
    """The service refused a call."""

    def __init__(self, kind: str, message: str, date: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.date = kind, date


def opened(request: urllib.request.Request) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=SECONDS) as page:
        return bytes(page.read())


def metadata(path: str, token: str) -> str:
    headers = {"X-aws-ec2-metadata-token": token}
    return opened(urllib.request.Request(METADATA + path, headers=headers)).decode()


def signed(
    keys: dict[str, str], region: str, service: str, host: str, target: str, body: bytes, now: float
) -> dict[str, str]:
    """The headers of one call, with its signature (version 4)."""
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": at,
        "x-amz-security-token": keys["Token"],
        "x-amz-target": f"{TARGETS[service]}.{target}",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    asked = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{keys['SecretAccessKey']}".encode()
    for part in (at[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{keys['AccessKeyId']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


class Service:
    """A service in this machine's region, `logs` or `ssm`, with the machine's own credentials."""

    def __init__(self, name: str = "logs") -> None:
        self.name = name
        asked = urllib.request.Request(
            METADATA + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        )
        token = opened(asked).decode()
        self.machine = metadata("meta-data/instance-id", token)
        self.region = metadata("meta-data/placement/region", token)
        self.host = f"{name}.{self.region}.{metadata('meta-data/services/domain', token)}"
        role = metadata("meta-data/iam/security-credentials/", token).split("\n")[0]
        self.keys: dict[str, str] = json.loads(metadata(f"meta-data/iam/security-credentials/{role}", token))
        self.ahead = 0.0
        """Seconds that the service's clock is ahead of this machine's: a wrong clock must not silence the machine."""

    def call(self, target: str, **told: Any) -> Any:
        try:
            return self.once(target, told)
        except Refused as refused:
            theirs = email.utils.parsedate_to_datetime(refused.date).timestamp() if refused.date else time.time()
            if abs(theirs - time.time() - self.ahead) < 60:
                raise
            self.ahead = theirs - time.time()
            for event in told.get("logEvents", ()):
                event["timestamp"] = self.now()
            return self.once(target, told)

    def once(self, target: str, told: dict[str, Any]) -> Any:
        body = json.dumps(told).encode()
        headers = signed(self.keys, self.region, self.name, self.host, target, body, time.time() + self.ahead)
        try:
            return json.loads(
                opened(urllib.request.Request(f"https://{self.host}/", data=body, headers=headers, method="POST"))
                or "{}"
            )
        except urllib.error.HTTPError as problem:
            said = problem.read(4000).decode(errors="replace")
            try:
                kind = str(json.loads(said).get("__type", "")).rpartition("#")[2]
            except (ValueError, AttributeError):
                kind = str(problem.code)
            raise Refused(kind, said, problem.headers.get("Date", "")) from None

    def now(self) -> int:
        return int((time.time() + self.ahead) * 1000)

    def put(self, group: str, stream: str, lines: list[str]) -> None:
        """Add lines to a stream, which is made first where it is not there."""
        events = [{"timestamp": self.now(), "message": line} for line in lines if line.strip()]
        if not events:
            return
        told = {"logGroupName": group, "logStreamName": f"{self.machine}/{stream}"}
        try:
            self.call("PutLogEvents", **told, logEvents=events)
        except Refused as refused:
            if refused.kind != "ResourceNotFoundException":
                raise
            self.call("CreateLogStream", **told)
            self.call("PutLogEvents", **told, logEvents=events)


def fresh_lines(path: Path, done: int) -> tuple[list[str], int]:
    """The whole lines of a log after so many bytes, and how many bytes are done with them."""
    with path.open("rb") as log:
        log.seek(done)
        text = log.read()
    text = text[: text.rfind(b"\n") + 1]
    lines = text.decode(errors="replace").splitlines()
    if len(lines) > MOST_EVENTS:
        left_out = f"[{len(lines) - MOST_EVENTS} lines left out]"
        lines = [left_out, *lines[1 - MOST_EVENTS :]]
    return [line[:LONGEST_LINE] for line in lines], done + len(text)


def fetch(document: str) -> None:
    """Bring the tools of a document (`tools_document.py`) and write those that differ. Tried some times: at a start the network may not
    be there yet."""
    for attempt in range(TRIES):
        try:
            content = json.loads(Service("ssm").call("GetDocument", Name=document)["Content"])
            break
        except (OSError, Refused):
            if attempt == TRIES - 1:
                raise
            time.sleep(2**attempt)
    packed = content["mainSteps"][0]["inputs"]["runCommand"][0].split()[1]
    for name, text in json.loads(gzip.decompress(base64.b64decode(packed))).items():
        target = TOOLS / name
        if target.exists() and target.read_text() == text:
            continue
        fresh = target.with_suffix(".new")
        fresh.touch(0o700)
        fresh.write_text(text)
        fresh.replace(target)


def ship(group: str, *what: str) -> None:
    """Send what is new since the last time."""
    logs = Service()
    if what:
        logs.put(group, "guard", [(RUN / "guard.json").read_text()])
        return
    mark = RUN / "shipped"
    done = int(mark.read_text()) if mark.exists() else 0
    lines, done = fresh_lines(RUN / "boot.log", done)
    for first in range(0, len(lines), EVENTS_OF_A_CALL):
        logs.put(group, "boot", lines[first : first + EVENTS_OF_A_CALL])
    mark.write_text(str(done))
    report = (RUN / "ready.json").read_text()
    logs.put(group, "ready", [report if len(report) < LARGEST_REPORT else ""])


def main() -> int:
    """Do what was asked, and say what failed."""
    try:
        if sys.argv[1] == "fetch":
            fetch(sys.argv[2])
        else:
            ship(*sys.argv[1:])
    except (OSError, ValueError, KeyError, EOFError, Refused) as problem:
        print(f"{' '.join(sys.argv[1:])}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
