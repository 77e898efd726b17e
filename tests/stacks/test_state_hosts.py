"""A studio file that names a stranger's host gets neither the token nor the state."""

from pathlib import Path

import pytest

from soundstage.core.errors import StateError
from soundstage.projectfile.bucket_address import bucket_of
from soundstage.projectfile.spec import State
from soundstage.stacks.state.backend import backend_of
from soundstage.stacks.state.compatible_store import store_client
from soundstage.stacks.state.hosts import VARIABLE, refuse_unknown_host

STRANGERS = (
    ("https://evil.example", "evil.example"),
    ("https://api.pulumi.com.evil.example/northlight", "api.pulumi.com.evil.example"),
    ("https://api.pulumi.com:8443/northlight", "api.pulumi.com:8443"),
    ("https://127.0.0.1.evil.example", "127.0.0.1.evil.example"),
    ("s3://films?region=eu-west-1&endpoint=evil.example", "evil.example"),
    ("s3://films?endpoint=https://evil.example/&region=eu-west-1", "evil.example"),
    ("s3://films?endpoint=s3.amazonaws.com&endpoint=evil.example", "evil.example"),
    ("azblob://films?storage_account=northlight&domain=evil.example", "evil.example"),
)
OUR_OWN = (
    "file:///srv/state", "s3://films?region=eu-west-1", "gs://films", "azblob://films?storage_account=northlight",
    "https://api.pulumi.com", "https://api.pulumi.com/northlight", "s3://films?endpoint=127.0.0.1:9000", "https://[::1]:8080",
)  # fmt: skip


@pytest.mark.parametrize(("url", "host"), STRANGERS)
def test_state_and_token_for_a_host_that_nobody_named_stay_here(url: str, host: str, tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        backend_of(State(backend=url), tmp_path / "state", tmp_path / "stack", {}, "words")
    assert host in caught.value.message
    assert f"{VARIABLE}={host}" in caught.value.hint


@pytest.mark.parametrize("url", OUR_OWN)
def test_places_of_the_clouds_and_of_this_machine_need_no_telling(url: str) -> None:
    refuse_unknown_host(url)


@pytest.mark.parametrize(("url", "host"), STRANGERS)
def test_whoever_runs_the_command_may_name_a_host(url: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"store.example, {host.upper()}")
    refuse_unknown_host(url)


def test_a_store_that_is_not_aws_is_asked_nothing_either() -> None:
    state = State(backend="s3://films?endpoint=evil.example")
    bucket = bucket_of(state)
    assert bucket is not None
    with pytest.raises(StateError, match=r"evil\.example"):
        store_client(bucket, state.backend or "")


@pytest.mark.parametrize("query", ["endpoint=evil.example", "region=eu-west-1&endpoint=evil.example", "region"])
def test_a_key_address_that_sends_the_data_key_elsewhere_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="awskms"):
        State(secrets=f"awskms://alias/state?{query}")


def test_a_key_may_be_chosen_by_region_profile_and_context() -> None:
    State(secrets="awskms://alias/state?region=eu-west-1&profile=northlight&context_project=teaser")
