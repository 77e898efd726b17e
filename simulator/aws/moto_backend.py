"""moto as a WSGI application that this process calls itself, with the settings that make it strict."""

import importlib
import io
import os
import traceback
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import unquote

from soundstage.simulator.answer import Answer
from soundstage.simulator.aws.answer import refusal
from soundstage.simulator.aws.patches import loading
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.bodies import whole_of
from soundstage.simulator.process import ACCOUNT_ID

# Set before moto is imported. Any non-empty text is "true" for the validations.
_SETTINGS: Final = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    "MOTO_ACM_VALIDATION_WAIT": "0",
    "MOTO_ACCOUNT_ID": ACCOUNT_ID,  # there is one account; otherwise each call looks for its own in every partition
    # moto's own clients must find no real credentials and never leave the machine.
    "AWS_ACCESS_KEY_ID": "simulated",
    "AWS_SECRET_ACCESS_KEY": "none",  # too short for `core.masking`, which takes the values of such variables out of messages
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_COMMON_SERVICES: Final = (
    "sts", "iam", "ec2", "kms", "s3", "logs", "cloudtrail", "cloudwatch", "sns", "budgets", "scheduler", "ssm", "s3control",
)  # fmt: skip
_NOT_THERE: Final = (404, 405)


class AwsBackend:
    """Executes requests against moto. Not safe for several threads: the cloud calls it under its lock."""

    def __init__(self, port: int) -> None:
        os.environ.update(_SETTINGS)
        loading.apply()
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from soundstage.simulator.aws.patches import apply_all

        apply_all()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._port = port
        self._known: dict[tuple[str, ...], bool] = {}

    def import_services(self) -> None:
        """Import what nearly every project uses. Safe beside `execute`."""
        for service in _COMMON_SERVICES:
            importlib.import_module(f"moto.{service}.models")
            importlib.import_module(f"moto.{service}.responses")

    def make_applications(self) -> None:
        """Make the applications that answer for these services. Not safe beside `execute`."""
        for service in _COMMON_SERVICES:
            if service not in self._app.app_instances:
                self._app.app_instances[service] = self._app.create_app(service)

    def execute(
        self, request: AwsRequest, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Answer:
        """The answer to a request. What moto does not implement becomes `UnsupportedOperation`, which clients do not
        retry, and what breaks inside it `InternalFailure`."""
        if not self._knows(request):
            return _unsupported(request)
        told: list[Any] = []

        def start_response(status: str, answer_headers: Iterable[tuple[str, str]], _info: object = None) -> Any:
            told[:] = [int(status[:3]), dict(answer_headers)]
            return lambda _data: None

        environ = _environ(method, target, headers, body, self._port)
        try:
            parts = self._app(environ, start_response)
            content = whole_of(list(parts))
            if hasattr(parts, "close"):
                parts.close()
        except NotImplementedError:
            return _unsupported(request)
        except Exception as problem:  # noqa: BLE001 - whatever breaks in moto must not break the server
            traceback.print_exc()
            return refusal(request, "InternalFailure", f"The simulated cloud failed: {problem}", 500)
        status, answer_headers = told
        kind = answer_headers.get("Content-Type", "")
        if status in _NOT_THERE and (kind.startswith("text/html") or content == b"Not yet implemented"):
            is_routing = b"<title>" in content or content == b"Not yet implemented"
            if is_routing:
                return _unsupported(request)
        if "xml" in kind and content and isinstance(content, bytes):
            from soundstage.simulator.aws.patches.characters import readable

            shown = readable(content, of_s3=request.service == "s3")
            if len(shown) != len(content):
                answer_headers.pop("Content-Length", None)
            content = shown
        return Answer(status, content, answer_headers)

    def _knows(self, request: AwsRequest) -> bool:
        """Whether moto has the service at all; it answers for an unknown one by breaking."""
        signed_as = request.headers.get("authorization", "").partition("Credential=")[2].split("/", 4)[3:4]
        asked = (request.service, *signed_as)
        if asked not in self._known:
            hosts = [f"http://{name}.{rest}" for name in asked for rest in ("amazonaws.com", "eu-west-1.amazonaws.com")]
            self._known[asked] = any(
                pattern.match(host) for _, pattern in self._app.backend_url_patterns for host in hosts
            )
        return self._known[asked]


def _unsupported(request: AwsRequest) -> Answer:
    return refusal(
        request,
        "UnsupportedOperation",
        f"The simulated cloud does not implement {request.action or request.path}.",
        400,
    )


def _environ(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, port: int) -> dict[str, Any]:
    """A WSGI environment, made as moto's own server makes it: names with underscores survive for S3 metadata only."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    spelled: dict[str, str] = {}
    dashed = {name.upper().replace("-", "_") for name, _ in headers if "_" not in name}
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if "_" in name:
            if not name.lower().startswith("x-amz-meta-") or key in dashed:
                continue
            spelled[f"HTTP_{key}"] = name
        place = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[place] = f"{environ[place]},{value}" if place in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["moto.preserved_header_names"] = spelled
    return environ
