"""The bucket for a state on a store that speaks S3: made as safe as the store knows how to, and never over somebody's files."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from soundstage.core.errors import OperationError, PreflightRefused
from soundstage.projectfile.bucket_address import Bucket, bucket_of
from soundstage.projectfile.studio_file import State
from soundstage.stacks.state.compatible_store import is_usable, make_bucket, store_client

BUCKET = Bucket("films", "eu-west-1", "store.example:9000")
SETTINGS = [
    "put_bucket_versioning",
    "put_public_access_block",
    "put_bucket_encryption",
    "put_bucket_lifecycle_configuration",
    "put_bucket_policy",
]


class Store:
    """Remembers what it was asked. `refused` maps calls to error codes; `keys` is None where there is no bucket."""

    def __init__(self, keys: list[str] | None, **refused: str) -> None:
        self.keys, self.refused = keys, refused
        self.asked: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        def answer(**_arguments: Any) -> Any:
            self.asked.append(operation)
            code = self.refused.get(operation)
            if operation == "list_objects_v2" and self.keys is None:
                code = code or "NoSuchBucket"
            if code == "down":
                raise EndpointConnectionError(endpoint_url="https://store.example:9000")
            if code:
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)  # type: ignore[arg-type]
            return {"Contents": [{"Key": key} for key in self.keys or ()]}

        return answer


def test_a_bucket_that_is_missing_is_made_with_all_that_the_store_offers() -> None:
    store = Store(None)
    assert not is_usable(store, BUCKET)
    assert make_bucket(store, BUCKET) == []
    assert store.asked[-6:] == ["create_bucket", *SETTINGS]


def test_what_the_store_does_not_offer_is_said_and_stops_nothing() -> None:
    store = Store(None, put_public_access_block="NotImplemented", put_bucket_encryption="MalformedXML")
    assert make_bucket(store, BUCKET) == ["a block of public access", "encryption at rest"]
    assert store.asked[-1] == "put_bucket_policy"


def test_an_empty_bucket_of_a_run_that_was_cut_short_gets_its_settings() -> None:
    store = Store([])
    assert is_usable(store, BUCKET)
    make_bucket(store, BUCKET)
    assert "create_bucket" not in store.asked
    assert store.asked[-5:] == SETTINGS


def test_a_bucket_with_anything_in_it_is_left_as_it_is() -> None:
    store = Store(["film.mov"])
    assert make_bucket(store, BUCKET) == []
    assert store.asked == ["list_objects_v2"]


def test_a_store_without_tls_is_not_told_to_refuse_requests_in_clear() -> None:
    store = Store(None)
    make_bucket(store, Bucket("films", "eu-west-1", "127.0.0.1:9000", plain=True))
    assert "put_bucket_policy" not in store.asked


@pytest.mark.parametrize(("code", "said"), [("AccessDenied", "refuses to show"), ("down", "cannot be used")])
def test_a_store_that_refuses_or_does_not_answer_is_named(code: str, said: str) -> None:
    with pytest.raises(PreflightRefused, match=f"store.example:9000 {said}"):
        is_usable(Store([], list_objects_v2=code), BUCKET)


def test_a_name_that_is_taken_there_is_refused_in_the_stores_words() -> None:
    with pytest.raises(OperationError, match="BucketAlreadyExists"):
        make_bucket(Store(None, create_bucket="BucketAlreadyExists"), BUCKET)


def test_the_address_says_how_to_reach_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("SOUNDSTAGE_STATE_HOSTS", "store.example,store.example:9000")
    for url, endpoint in (
        ("s3://films?endpoint=store.example:9000&region=here", "https://store.example:9000"),
        ("s3://films?endpoint=127.0.0.1:9000&disableSSL=true", "http://127.0.0.1:9000"),
    ):
        bucket = bucket_of(State(backend=url))
        assert bucket
        assert store_client(bucket, url).meta.endpoint_url == endpoint
    url = "s3://films?endpoint=store.example&profile=nobody"
    bucket = bucket_of(State(backend=url))
    assert bucket
    with pytest.raises(PreflightRefused, match="no profile nobody"):
        store_client(bucket, url)
