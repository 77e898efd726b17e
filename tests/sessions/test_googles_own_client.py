"""Google's own command through the simulated relay: the witness that what we speak is what Google speaks."""

import contextlib
import datetime
import ipaddress
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.exploring import SOAK
from tests.sessions.google_machines import NAME, P, Z, new_machine
from tests.sessions.test_sessions_with_a_machine import get

from soundstage.simulator import onward, process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint

BOUND = 60.0
GCLOUD = shutil.which("gcloud")

pytestmark = pytest.mark.skipif(GCLOUD is None, reason="Google's gcloud is not on PATH")


class OverTls:
    """TLS before the simulated cloud: Google's own client speaks nothing else."""

    def __init__(self, cloud: Endpoint, folder: Path) -> None:
        self.certificate = folder / "own.pem"
        _write_certificate(self.certificate)
        self._behind = int(cloud.url.rpartition(":")[2])
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(one,), daemon=True).start()

    def _carry(self, plain: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as line,
            line.makefile("rb") as read,
        ):
            head = b""
            while not head.endswith(b"\r\n\r\n") and (each := read.readline()):
                head += each
            named = re.sub(rb"(?i)\r\nhost: [^\r]*", f"\r\nHost: 127.0.0.1:{self._behind}".encode(), head, count=1)
            onward.carry(line, read, named, self._behind)

    def close(self) -> None:
        self._listener.close()


def _write_certificate(path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def tunnelled(cloud: Endpoint, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A machine, and gcloud's tunnel to a port of it on standard input and output."""
    new_machine(cloud)
    line = OverTls(cloud, tmp_path)
    (tmp_path / "token").write_text(cloud.google_token())
    settings = {
        "CLOUDSDK_CONFIG": str(tmp_path / "config"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(line.certificate),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    }
    begun: list[subprocess.Popen[bytes]] = []

    def begin(port: int, machine: str = NAME, how: tuple[str, ...] = ("--listen-on-stdin",)) -> subprocess.Popen[bytes]:
        words = [
            *(str(GCLOUD), "compute", "start-iap-tunnel", machine, str(port), *how, f"--zone={Z}", f"--project={P}"),
            f"--iap-tunnel-url-override=wss://127.0.0.1:{line.port}/v4",
        ]  # fmt: skip
        pipe = subprocess.PIPE
        begun.append(
            subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, **settings}, bufsize=0)
        )
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()
        one.communicate()
    line.close()


def test_googles_own_client_is_led_to_the_machines_ssh(tunnelled: Callable[..., subprocess.Popen[bytes]]) -> None:
    running = tunnelled(22)
    assert running.stdout is not None
    greeting = _within(running.stdout.readline)
    assert greeting.startswith(b"SSH-2.0-OpenSSH"), running.communicate()[1].decode()


@pytest.mark.skipif(not SOAK, reason="gcloud itself may stop for ever after a cut; `make soak` tries it")
def test_googles_own_client_takes_a_connection_up_again_and_loses_no_byte(
    tunnelled: Callable[..., subprocess.Popen[bytes]], cloud_home: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        local = free.getsockname()[1]
    running = tunnelled(8443, how=(f"--local-host-port=localhost:{local}",))
    deadline, is_open = time.monotonic() + BOUND, False
    while not is_open:
        assert running.poll() is None, running.communicate()[1].decode()
        assert time.monotonic() < deadline
        with contextlib.suppress(OSError):
            is_open = get(local)[0] == 401
        time.sleep(0.05)
    process.set_faults(cloud_home, [FaultRule("iap:tunnel.message", "connection-lost", 1, 12)])
    status, body = get(local, "/client.js")
    assert (status, body) == (200, b"// what a display's client would be\n".ljust(1 << 20, b" "))
    assert process.list_faults(cloud_home) == (), "the line was not cut"


def _within(read: Callable[[], bytes]) -> bytes:
    """What a read gives, with a bound."""
    found: list[bytes] = []
    reading = threading.Thread(target=lambda: found.append(read()), daemon=True)
    reading.start()
    reading.join(BOUND)
    assert found, "nothing came"
    return found[0]


@pytest.mark.parametrize(
    ("port", "machine", "said"),
    [(80, NAME, "4003: 'failed to connect to backend'"), (22, "nope", "4047: 'Failed to lookup instance'")],
)
def test_googles_own_client_reads_why_there_is_no_connection(
    tunnelled: Callable[..., subprocess.Popen[bytes]], port: int, machine: str, said: str
) -> None:
    _, errors = tunnelled(port, machine).communicate(b"", timeout=BOUND)
    assert said in errors.decode()
