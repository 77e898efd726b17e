"""The simulated Google Cloud, and Google's own clients that are told to use it."""

import functools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.simulator import process
from soundstage.simulator.process import GOOGLE_FRONT, GOOGLE_PROJECT, Endpoint

# Pulumi brings a `google.rpc.Status` of its own, and protobuf takes no second one in a process. Google's clients do without theirs,
# which only calls by gRPC need, where it cannot be imported.
sys.modules.setdefault("grpc_status", None)  # type: ignore[arg-type]
pytest.importorskip("googleapiclient")
# It warns once that it cannot: in whichever test came first that would be an error.
pytest.importorskip("google.api_core.exceptions")

P, R, Z = GOOGLE_PROJECT, "europe-west4", "europe-west4-a"


class Google:
    """Google's clients for one caller."""

    def __init__(self, home: Path, endpoint: Endpoint, caller: str = "owner") -> None:
        from google.oauth2.credentials import Credentials

        self.home, self.endpoint, self.caller = home, endpoint, caller
        self.credentials = Credentials(token=endpoint.google_token(caller))  # type: ignore[no-untyped-call]

    def as_(self, caller: str) -> "Google":
        """The same cloud for another caller."""
        return Google(self.home, self.endpoint, caller)

    @functools.cache  # noqa: B019 - a handful of clients for one test
    def compute(self, kind: str) -> Any:
        """A client of google-cloud-compute, such as `Instances`."""
        from google.api_core.client_options import ClientOptions
        from google.cloud import compute_v1

        options = ClientOptions(api_endpoint=self.endpoint.url)
        return getattr(compute_v1, f"{kind}Client")(credentials=self.credentials, client_options=options)

    @functools.cache  # noqa: B019
    def storage(self) -> Any:
        """google-cloud-storage."""
        from google.cloud import storage

        return storage.Client(
            project=P, credentials=self.credentials, client_options={"api_endpoint": self.endpoint.url}
        )

    @functools.cache  # noqa: B019
    def api(self, name: str) -> Any:
        """A client that is made of the whole discovery document of an API, such as `cloudkms.v1`."""
        from googleapiclient.discovery import build_from_document
        from tests.provider.google_documents import published

        document = {**published(name), "rootUrl": self.endpoint.url + "/", "baseUrl": self.endpoint.url + "/"}
        document.pop("mtlsRootUrl", None)
        return build_from_document(document, credentials=self.credentials)


@pytest.fixture(scope="module")
def _google_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Endpoint]]:
    home = tmp_path_factory.mktemp("google")
    try:
        yield home, process.ensure(home, GOOGLE_FRONT)
    finally:
        process.stop(home)


@pytest.fixture
def google(_google_home: tuple[Path, Endpoint]) -> Google:
    """An empty simulated Google Cloud, seen by its owner."""
    home, endpoint = _google_home
    process.reset(home)
    process.set_enforcement(home, False)
    return Google(home, endpoint)


def done(google: Google, operation: Any) -> Any:
    """Wait for an operation of compute. By calls of our own: the client's own wait asks the real Google, wherever it was told to go."""
    scope, place = ("Zone", "zone") if operation.zone else ("Region", "region") if operation.region else ("Global", "")
    where = {place: getattr(operation, place).rpartition("/")[2]} if place else {}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = google.compute(f"{scope}Operations").get(project=P, operation=operation.name, **where)
        if found.status == found.Status.DONE:
            assert not found.error.errors, found.error
            return found
        time.sleep(0.02)
    raise AssertionError(f"{operation.name} is not done")


def refused(call: Callable[[], Any]) -> Any:
    """The error that Google's client makes of a refusal."""
    from google.api_core.exceptions import GoogleAPICallError
    from googleapiclient.errors import HttpError

    try:
        call()
    except (GoogleAPICallError, HttpError) as error:
        return error
    raise AssertionError("it was accepted")
