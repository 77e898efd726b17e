"""No test reaches another machine, Google's metadata server and token endpoints among them."""

import os
import socket

import pytest
import requests
from tests.loopback_alone import ReachedOut


@pytest.mark.parametrize("host", ["169.254.169.254", "metadata.google.internal", "oauth2.googleapis.com", "192.0.2.1"])
def test_another_machine_is_not_reached(host: str) -> None:
    with pytest.raises(ReachedOut, match=host):
        socket.create_connection((host, 80), timeout=1)
    with pytest.raises(ReachedOut, match=host):
        requests.get(f"http://{host}/", timeout=1)


def test_this_machine_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname(), timeout=5):
        pass
    assert socket.getaddrinfo("localhost", 80)


def test_what_tests_start_has_no_account_of_a_machine() -> None:
    assert (os.environ["AWS_EC2_METADATA_DISABLED"], os.environ["NO_GCE_CHECK"]) == ("true", "true")
