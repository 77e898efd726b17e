"""A control character anywhere: XML cannot hold it, and nothing may break over it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.providers.aws.provider import AwsProvider
from soundstage.simulator.aws.patches.characters import readable
from soundstage.simulator.process import Endpoint

BUCKET = "media-teaser"
KEYS = ["weird/\x01ctl", "weird/esc\x1b[31m.mov", "plain & <b> +%é.mov", "tab\there"]


@pytest.fixture
def s3(cloud: Endpoint) -> Any:
    s3 = cloud.client("s3", "us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    return s3


@pytest.mark.parametrize(
    ("operation", "items"),
    [("list_objects", "Contents"), ("list_objects_v2", "Contents"), ("list_object_versions", "Versions")],
)
def test_keys_with_control_characters_are_listed(s3: Any, operation: str, items: str) -> None:
    listed = getattr(s3, operation)(Bucket=BUCKET)
    assert sorted(item["Key"] for item in listed[items]) == sorted(KEYS)
    under = getattr(s3, operation)(Bucket=BUCKET, Prefix="weird/", Delimiter="\x1b")
    assert under["Prefix"] == "weird/"
    assert [item["Key"] for item in under[items]] == [KEYS[0]]
    assert [item["Prefix"] for item in under["CommonPrefixes"]] == ["weird/esc\x1b"]


def test_listings_of_several_pages_go_on_after_such_a_key(s3: Any) -> None:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 1})
    assert sorted(item["Key"] for page in pages for item in page.get("Versions", ())) == sorted(KEYS)


def test_a_list_of_keys_to_delete_that_xml_cannot_hold_is_refused_as_by_s3(s3: Any) -> None:
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": KEYS[0]}]})


def test_a_bucket_is_emptied_of_objects_whose_keys_hold_control_characters(cloud: Endpoint, s3: Any) -> None:
    s3.delete_object(Bucket=BUCKET, Key=KEYS[0])
    inputs = {"bucket": BUCKET, "forceDestroy": True}
    urn = "urn:pulumi:teaser::soundstage::aws:s3/bucket:Bucket::media"
    AwsProvider(cloud, "us-east-1").delete("aws:s3/bucket:Bucket", urn, BUCKET, inputs, inputs)
    assert s3.list_buckets()["Buckets"] == []


def test_what_was_kept_before_is_shown_and_breaks_no_answer() -> None:
    kept = "<Value>a\x1bb</Value><Value>a\ufdd1b</Value><Value>\té</Value>".encode()
    assert readable(kept, of_s3=False).decode() == "<Value>a\ufffdb</Value><Value>a\ufffdb</Value><Value>\té</Value>"
    assert readable(kept, of_s3=True).decode() == "<Value>a&#x1b;b</Value><Value>a&#x1;b</Value><Value>\té</Value>"
