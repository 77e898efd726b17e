"""The simulated cloud seen from outside: start it, find it, stop it, and talk to it.

Nothing here imports moto, and boto3 only when a client is asked for. One server serves one state folder. It is started
on demand, in the background, and outlives the command that started it.

Files in `<home>/simulator/` (0700, files 0600): `server.json` (where the server is), `operator.json` (its credentials,
and the token that orders are signed with), `key`, `world`, `journal` and `bodies/` (what it holds, see `simulator.journal`),
`server.log`, `lock`.
"""

import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import SimulatorError
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.orders import ORDERS, signature

ACCOUNT_ID: Final = "123456789012"
DEFAULT_REGION: Final = "eu-west-1"
PORT_VARIABLE: Final = "SOUNDSTAGE_SIMULATOR_PORT"
AWS_FRONT: Final = "soundstage.simulator.clouds:BothClouds"
"""The class that understands both clouds, AWS from the start (`simulator.front`)."""
GOOGLE_FRONT: Final = "soundstage.simulator.clouds:GoogleFirst"
"""The same, for whoever uses Google Cloud: AWS is made when it is first called."""
GOOGLE_PROJECT: Final = "simulated-studio"
GOOGLE_PROJECT_NUMBER: Final = "123456789012"
GOOGLE_ORGANIZATION: Final = "987654321098"
GOOGLE_BILLING_ACCOUNT: Final = "012345-6789AB-CDEF01"
GOOGLE_REGION: Final = "europe-west4"
_START_SECONDS: Final = 60.0
_ENDING_SECONDS: Final = 5.0
"""For how long a server that was killed may still hold its folder."""
_ANSWER_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02
_LOG_LINES: Final = 8
_INHERITED: Final = ("HOME", "LANG", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "TZ", "USER")
"""What the server gets of the environment of whoever starts it. It lives on for days, and no secret of theirs with it."""


@dataclass(frozen=True)
class Endpoint:
    """Where the simulated cloud answers, and the credentials that it accepts for its owner."""

    url: str
    access_key: str
    secret_key: str
    region: str
    account_id: str
    pid: int

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for `service`, such as `ec2` (shared; clients are safe to use from several threads).

        It never retries: whoever calls decides that, and says so to the person who waits.
        """
        from soundstage.simulator.aws.clients import client

        return client(self, service, region or self.region)

    def google_token(self, caller: str = "owner") -> str:
        """The bearer token with which `caller` calls the simulated Google Cloud: the owner, or someone by name, such as
        `serviceAccount:ws@simulated-studio.iam.gserviceaccount.com` or `user:ana@studio.example`. APIs answer at `url` with their
        own paths: `url` + `/compute/v1/projects/…`."""
        from soundstage.simulator.gcp.caller import token_for

        return token_for(self.secret_key, caller)

    def environment(self) -> dict[str, str]:
        """Variables that point boto3, the AWS command line, Terraform and other AWS tools at the simulated cloud."""
        host = self.url.removeprefix("http://").partition(":")[0]
        direct = [name for name in os.environ.get("NO_PROXY", "").split(",") if name and name != host]
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": "",  # one left over from a real account would go with every call and be refused
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": ",".join([*direct, host]),
        }


@dataclass(frozen=True)
class Status:
    """What `workstation simulator status` shows. Sizes in bytes, times in seconds since the epoch."""

    running: bool
    url: str = ""
    pid: int = 0
    started: float = 0.0
    requests: int = 0
    journal_entries: int = 0
    journal_bytes: int = 0
    world_bytes: int = 0
    enforcing: bool = False
    faults: tuple[FaultRule, ...] = ()


def ensure(home: Path, front: str = AWS_FRONT) -> Endpoint:
    """The simulated cloud of `home`, started behind `front` when it does not run. Two callers at once get the same server.

    `SimulatorError` when moto is missing, when the port that `SOUNDSTAGE_SIMULATOR_PORT` names is taken, when what it
    kept cannot be used, or when it does not answer within a minute.
    """
    if found := running(home):
        return found
    folder = _folder(home)
    with _starting(folder):
        if found := running(home):
            return found
        _refuse_a_second(home, folder)
        if found := running(home):
            return found
        if front == AWS_FRONT and (find_spec("moto") is None or find_spec("dill") is None):
            raise SimulatorError(
                "The simulated cloud is an extra that is not installed.",
                "In the checkout of Soundstage run `pip install '.[simulator]'`.",
            )
        return _start(home, folder, front)


def _refuse_a_second(home: Path, folder: Path) -> None:
    """Wait for a server of this folder that is ending. `SimulatorError` when there is one that does not answer, with the
    reason: a second one could not serve the same folder."""
    if not (folder / "serving").exists():
        return
    begun, who, reason = time.monotonic(), "its process is ending or starting", "it does not listen."
    with (folder / "serving").open() as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                where = _where(home)
            if where:
                who = f"process {where['pid']}"
                try:
                    _ask(where, "GET", "health", seconds=_ANSWER_SECONDS)
                    return
                except SimulatorError as error:
                    reason = error.message
            # One that was killed is still there for a moment, and so is the address that it wrote down.
            if time.monotonic() - begun > (_ENDING_SECONDS if where else _START_SECONDS):
                break
            time.sleep(_POLL_SECONDS)
    raise SimulatorError(
        f"The simulated cloud of {home} runs ({who}) but cannot be used: {reason}",
        "It may be halted, or other programs may hold all the connections that it can have. Run the same command again in "
        "a minute. If that does not help, end that process and run the command again: nothing is lost. "
        f"Its log is {folder / 'server.log'}.",
    )


def running(home: Path, seconds: float | None = None) -> Endpoint | None:
    """The simulated cloud of `home` if it runs, and answers in so many seconds (None: in five). It must answer with the identity that it
    wrote down: a process id that was given to another program, or another program on its port, is not taken for it."""
    if (where := _where(home)) is None:
        return None
    try:
        health = _ask(where, "GET", "health", seconds=seconds or _ANSWER_SECONDS)
    except SimulatorError:
        return None
    if health.get("instance") != where["instance"]:
        return None
    return Endpoint(
        url=f"http://127.0.0.1:{where['port']}",
        access_key=where["access_key"],
        secret_key=where["secret_key"],
        region=DEFAULT_REGION,
        account_id=ACCOUNT_ID,
        pid=where["pid"],
    )


def status(home: Path) -> Status:
    """Whether it runs, where, and how much it holds. Nothing is started."""
    if running(home, _START_SECONDS) is None:
        return Status(running=False)
    told = _admin(home, "GET", "status")
    return Status(**{**told, "running": True, "faults": tuple(FaultRule(**rule) for rule in told["faults"])})


def stop(home: Path, *, save: bool = True) -> bool:
    """End the server. It saves everything, or leaves it in its journal, which takes the next one longer to read. False when none ran."""
    where = _where(home)
    if where is None or running(home, _START_SECONDS) is None:
        return False
    if save:
        _ask(where, "POST", "stop", seconds=_START_SECONDS)
    else:
        os.kill(where["pid"], signal.SIGKILL)
    _wait_for_end(home, where)
    return True


def reset(home: Path) -> None:
    """Forget everything the simulated cloud holds, also when what it kept cannot be opened any more."""
    if running(home) is None:
        folder = _folder(home)
        with _starting(folder):
            # One that is slow to answer serves these files all the same.
            _refuse_a_second(home, folder)
            if running(home) is None:
                shutil.rmtree(folder / "bodies", ignore_errors=True)
                for name in ("world", "journal", "key"):
                    (folder / name).unlink(missing_ok=True)
                return
    _admin(home, "POST", "reset")


def set_faults(home: Path, rules: Sequence[FaultRule]) -> None:
    """Replace the faults that the simulated cloud makes. They last until cleared or until the server ends."""
    _admin(home, "PUT", "faults", [asdict(rule) for rule in rules])


def add_fault(home: Path, rule: FaultRule) -> None:
    """Add one fault to those that are set."""
    _admin(home, "POST", "faults", [asdict(rule)])


def list_faults(home: Path) -> tuple[FaultRule, ...]:
    """The faults that are set; `times` counts what is left of each."""
    return tuple(FaultRule(**rule) for rule in _admin(home, "GET", "faults"))


def clear_faults(home: Path) -> None:
    """Make no more faults."""
    _admin(home, "PUT", "faults", [])


def set_enforcement(home: Path, enforcing: bool) -> None:
    """Whether IAM policies decide what a caller may do. Off at first; kept across restarts."""
    _admin(home, "PUT", "enforcement", {"enforcing": enforcing})


def turn_clock(home: Path, seconds: float) -> None:
    """Let so many seconds pass in the simulated cloud: what is there is billed, and budgets act."""
    _admin(home, "POST", "clock", {"forward": seconds})


def clock(home: Path) -> tuple[float, float]:
    """The time in the simulated cloud, in seconds since the epoch, and how many of them it is ahead."""
    told = _admin(home, "GET", "clock")
    return told["now"], told["ahead"]


def mail(home: Path) -> list[dict[str, Any]]:
    """What the simulated cloud sent to people, oldest first: `time`, `to`, `subject`, `text`."""
    sent: list[dict[str, Any]] = _admin(home, "GET", "mail")
    return sent


def _folder(home: Path) -> Path:
    folder = home / "simulator"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.geteuid():
            raise SimulatorError(
                f"The folder {folder} belongs to another user, who could have put anything into it.",
                "Delete it, or set SOUNDSTAGE_HOME to a folder that you own.",
            )
        folder.chmod(0o700)
    except OSError as error:
        raise SimulatorError(
            f"The folder {folder} cannot be used: {error.strerror}.", "Set SOUNDSTAGE_HOME to a folder that you own."
        ) from error
    return folder


def _where(home: Path) -> dict[str, Any] | None:
    """What the server wrote down about itself, or None."""
    folder = home / "simulator"
    try:
        where = json.loads((folder / "server.json").read_text())
        operator = json.loads((folder / "operator.json").read_text())
    except (OSError, ValueError):
        return None
    wanted = {"pid": int, "port": int, "instance": str, "access_key": str, "secret_key": str, "token": str}
    known = {**operator, **where} if isinstance(where, dict) and isinstance(operator, dict) else {}
    return known if all(isinstance(known.get(key), kind) for key, kind in wanted.items()) else None


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    """Hold the right to start or change this folder's server."""
    deadline = time.monotonic() + _START_SECONDS
    try:
        file = os.fdopen(os.open(folder / "lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w")
    except OSError as error:
        raise SimulatorError(f"The folder {folder} cannot be written: {error.strerror}.") from error
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SimulatorError(
                        "Another command has been starting the simulated cloud for a minute.",
                        f"See {folder / 'server.log'}.",
                    ) from None
                time.sleep(_POLL_SECONDS)
        yield


def _start(home: Path, folder: Path, front: str) -> Endpoint:
    log = folder / "server.log"
    port = os.environ.get(PORT_VARIABLE, "0")
    if not port.isdecimal() or int(port) > 65535:
        raise SimulatorError(f"{PORT_VARIABLE} is {port!r}, which is not a port.", "Use a number from 1024 to 65535.")
    inherited = {key: value for key, value in os.environ.items() if key in _INHERITED or key.startswith("LC_")}
    # Its bill is by the prices that come with us. Large blocks of memory go back to the system (mallopt(3), M_MMAP_THRESHOLD).
    inherited |= {"SOUNDSTAGE_HOME": str(folder), "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        child = _begin(folder, port, front, inherited, descriptor)
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + _START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        found = running(home)
        if found and found.pid == child.pid:
            # It lives on without us; without this the interpreter would warn about it.
            child.returncode = 0
            return found
        time.sleep(_POLL_SECONDS)
    if child.poll() is None:
        child.kill()
        child.wait()
    if not os.statvfs(folder).f_bavail:  # its log cannot say so then
        raise SimulatorError(
            f"The simulated cloud did not start: there is no space left on the disk of {folder}.",
            "Make room, then run the same command again: nothing is lost.",
        )
    last = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    raise SimulatorError("The simulated cloud did not start:\n" + "\n".join(last), f"The whole log is in {log}.")


def _begin(folder: Path, port: str, front: str, environment: Mapping[str, str], log: int) -> subprocess.Popen[bytes]:
    """Begin the process of a server that writes to the descriptor `log`."""
    # -P: the folder where it is started must not lend it modules.
    command = [sys.executable, "-P", "-m", "soundstage.simulator.server", str(folder), port, front]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )


def _wait_for_end(home: Path, where: Mapping[str, Any]) -> None:
    """Until the server has let go of its folder."""
    deadline = time.monotonic() + _START_SECONDS
    with (home / "simulator" / "serving").open("w") as file:
        while time.monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(_POLL_SECONDS)
    raise SimulatorError(f"The simulated cloud (process {where['pid']}) does not end.", "Look at its server.log.")


def _admin(home: Path, method: str, verb: str, body: object = None) -> Any:
    where = _where(home)
    if where is None or running(home, _START_SECONDS) is None:
        raise SimulatorError("The simulated cloud is not running.", "Run `workstation simulator start`.")
    return _ask(where, method, verb, body, seconds=_START_SECONDS)


def _ask(where: Mapping[str, Any], method: str, verb: str, body: object = None, *, seconds: float) -> Any:
    """Call the server's own interface. `SimulatorError` when it does not answer or refuses."""
    connection = http.client.HTTPConnection("127.0.0.1", where["port"], timeout=seconds)
    content = json.dumps(body).encode()
    signed = signature(where["token"], where["instance"], method, verb, content)
    try:
        connection.request(
            method, ORDERS + verb, content, {"Authorization": signed, "Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SimulatorError(f"The simulated cloud does not answer: {error}.") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise SimulatorError(str(told.get("error", "The simulated cloud refused.")) if isinstance(told, dict) else "")
    return told
