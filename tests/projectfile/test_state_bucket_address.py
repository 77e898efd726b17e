"""What a studio file may say of the bucket for its state, and what the address means."""

import pytest

from soundstage.core import yamlfile
from soundstage.core.errors import SpecError
from soundstage.projectfile.bucket_address import Bucket, bucket_of, managed_bucket, own_bucket
from soundstage.projectfile.spec import _studio
from soundstage.projectfile.studio_file import State


def test_an_address_names_bucket_region_store_and_folder() -> None:
    assert bucket_of(State(backend="s3://films?region=eu-west-1")) == Bucket("films", "eu-west-1")
    elsewhere = bucket_of(State(backend="s3://films/a/b?endpoint=store.example:9000&region=here"))
    assert elsewhere == Bucket("films", "here", "store.example:9000", "a/b")
    for other in (None, "gs://films", "file:///films"):
        assert bucket_of(State(backend=other)) is None


def test_only_a_managed_bucket_is_the_studios_to_make() -> None:
    assert managed_bucket(State(backend="s3://films?region=eu-west-1")) is None
    assert managed_bucket(State(backend="s3://films?region=eu-west-1", managed=True)) == Bucket("films", "eu-west-1")


def test_the_address_of_an_own_bucket_reads_back_as_that_bucket() -> None:
    bucket = own_bucket("northlight", "123456789012", "eu-west-1")
    assert bucket.name.startswith("northlight-state-")
    assert bucket_of(State(backend=bucket.url)) == bucket
    local = bucket_of(State(backend=bucket.at("http://127.0.0.1:4566")))
    assert local is not None
    assert (local.name, local.region, local.endpoint) == (bucket.name, bucket.region, "127.0.0.1:4566")


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("gs://films", "s3://NAME?region=eu-west-1"),
        ("s3://films?region=us-east-1", "s3://films?region=eu-west-1"),
        ("s3://films", "s3://films?region=eu-west-1"),
        ("s3://films?region=eu-west-1&endpoint=store.example", "s3://films?region=eu-west-1"),
        ("s3://films/inside?region=eu-west-1", "s3://films?region=eu-west-1"),
        ("s3://films.example?region=eu-west-1", "lower-case letters, digits and hyphens"),
        ("s3://xn--films?region=eu-west-1", "S3 reserves such names"),
    ],
)
def test_a_bucket_that_the_studio_cannot_make_is_refused_with_its_line(backend: str, said: str) -> None:
    text = f"studio: northlight\nhome_region: eu-west-1\nstate:\n  backend: {backend}\n  managed: true\n"
    with pytest.raises(SpecError) as caught:
        _studio(yamlfile.parse(text, "studio.yaml"))
    (fault,) = caught.value.faults
    assert (fault.line, fault.key) == (4, "state.backend")
    assert said in str(fault)
