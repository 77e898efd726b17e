"""Cloud Storage, called by google-cloud-storage."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.simulator.gcp.conftest import Google, P, R, refused
from tests.simulator.gcp.studio import key

from soundstage.simulator import process


@pytest.fixture
def client(google: Google) -> Any:
    pytest.importorskip("google.cloud.storage")
    return google.storage()


def _bucket(client: Any, name: str = "teaser-media", **more: Any) -> Any:
    bucket = client.bucket(name)
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    for attribute, value in more.items():
        setattr(bucket, attribute, value)
    return client.create_bucket(bucket, location=R)


def _hard(bucket: Any) -> Any:
    """The bucket without soft deletion."""
    bucket.soft_delete_policy.retention_duration_seconds = 0
    bucket.patch()
    return bucket


def test_a_bucket_is_what_was_asked_for(google: Google, client: Any) -> None:
    name = key(google)
    bucket = client.bucket("teaser-media")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.versioning_enabled = True
    bucket.default_kms_key_name = name
    bucket.labels = {"soundstage-project": "teaser"}
    bucket.add_lifecycle_set_storage_class_rule("NEARLINE", age=30)
    bucket.retention_period = 86400
    bucket.soft_delete_policy.retention_duration_seconds = 604800
    client.create_bucket(bucket, location=R)
    bucket = client.get_bucket("teaser-media")
    assert bucket.iam_configuration.uniform_bucket_level_access_enabled
    assert bucket.iam_configuration.public_access_prevention == "enforced"
    assert (bucket.versioning_enabled, bucket.default_kms_key_name) == (True, name)
    assert (bucket.labels, bucket.retention_period) == ({"soundstage-project": "teaser"}, 86400)
    assert [rule["action"]["storageClass"] for rule in bucket.lifecycle_rules] == ["NEARLINE"]
    assert (bucket.location, bucket.location_type) == (R.upper(), "region")
    assert bucket.soft_delete_policy.retention_duration_seconds == 604800


@pytest.mark.parametrize("name", ["Teaser", "ab", "teaser media", "-teaser", "teaser-", "goog-media", "a" * 300])
def test_a_name_that_no_bucket_can_have_is_refused(google: Google, name: str) -> None:
    buckets = google.api("storage.v1").buckets()
    assert refused(lambda: buckets.insert(project=P, body={"name": name}).execute()).status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"location": "MARS"},
        {"storageClass": "WARM"},
        {"labels": {"Owner": "x"}},
        {"softDeletePolicy": {"retentionDurationSeconds": "60"}},
        {"retentionPolicy": {"retentionPeriod": "0"}},
        {"lifecycle": {"rule": [{"action": {"type": "Delete"}}]}},
        {"iamConfiguration": {"publicAccessPrevention": 5}},
    ],
)
def test_a_bucket_that_cannot_be_is_refused(google: Google, more: dict[str, Any]) -> None:
    buckets = google.api("storage.v1").buckets()
    error = refused(lambda: buckets.insert(project=P, body={"name": "teaser-media", **more}).execute())
    assert error.status_code == 400
    assert refused(lambda: buckets.get(bucket="teaser-media").execute()).status_code == 404


def test_a_bucket_is_made_once(client: Any) -> None:
    _bucket(client)
    assert refused(lambda: _bucket(client)).code == 409
    assert [bucket.name for bucket in client.list_buckets()] == ["teaser-media"]


def test_a_change_keeps_what_it_does_not_name(client: Any) -> None:
    bucket = _bucket(client, labels={"a": "b"}, versioning_enabled=True)
    bucket.add_lifecycle_delete_rule(age=365)
    bucket.patch()
    bucket = client.get_bucket("teaser-media")
    bucket.labels = {"c": "d"}
    bucket.patch()
    bucket = client.get_bucket("teaser-media")
    assert bucket.labels == {"c": "d"}
    assert bucket.versioning_enabled
    assert len(list(bucket.lifecycle_rules)) == 1
    assert bucket.metageneration == 3


def test_a_change_of_what_somebody_else_changed_is_refused(client: Any) -> None:
    bucket = _bucket(client)
    first = bucket.metageneration
    bucket.versioning_enabled = True
    bucket.patch(if_metageneration_match=first)
    bucket.versioning_enabled = False
    assert refused(lambda: bucket.patch(if_metageneration_match=first)).code == 412


@pytest.mark.parametrize("size", [0, 1, 1000, 300_000])
def test_a_content_comes_back_as_it_was(client: Any, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    blob = _bucket(client).blob("a folder/ação & <b>.mov")
    blob.metadata = {"scene": "12"}
    blob.upload_from_string(content, content_type="video/quicktime")
    again = client.bucket("teaser-media").get_blob("a folder/ação & <b>.mov")
    assert again.download_as_bytes() == content
    assert (again.size, again.content_type, again.metadata) == (size, "video/quicktime", {"scene": "12"})
    assert again.md5_hash
    assert again.crc32c


def test_an_upload_in_parts(client: Any) -> None:
    import io

    content = bytes(range(256)) * 4096
    blob = _bucket(client).blob("big.mov", chunk_size=256 * 1024)
    blob.upload_from_file(io.BytesIO(content), size=None)
    assert blob.download_as_bytes() == content
    assert blob.download_as_bytes(start=10, end=19) == content[10:20]


def test_an_upload_that_broke_goes_on_where_it_was(google: Google, client: Any) -> None:
    import requests

    _bucket(client)
    head = {"Authorization": f"Bearer {google.endpoint.google_token()}"}
    where = f"{google.endpoint.url}/upload/storage/v1/b/teaser-media/o?uploadType=resumable&name=big.mov"
    session = requests.post(where, headers=head, json={}, timeout=60).headers["Location"]
    part = b"x" * 256 * 1024

    def put(body: bytes, said: str) -> Any:
        return requests.put(session, data=body, headers={**head, "Content-Range": said}, timeout=60)

    assert put(part, f"bytes 0-{len(part) - 1}/*").status_code == 308
    asked = put(b"", "bytes */*")
    assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{len(part) - 1}")
    assert put(b"short", f"bytes {len(part)}-{len(part) + 4}/*").status_code == 400
    done = put(b"end", f"bytes {len(part)}-{len(part) + 2}/{len(part) + 3}")
    assert (done.status_code, done.json()["size"]) == (200, str(len(part) + 3))
    assert put(b"", "bytes */*").status_code == 404


def test_a_content_that_is_not_what_was_told_is_refused(client: Any) -> None:
    blob = _bucket(client).blob("a.mov")
    blob.md5_hash = "AAAAAAAAAAAAAAAAAAAAAA=="
    assert refused(lambda: blob.upload_from_string(b"other", checksum=None)).code == 400
    bucket = _hard(blob.bucket)
    bucket.blob("a").upload_from_string(b"first")
    blob = bucket.blob("a")
    blob.md5_hash = "AAAAAAAAAAAAAAAAAAAAAA=="
    assert refused(lambda: blob.upload_from_string(b"other", checksum=None)).code == 400
    assert bucket.blob("a").download_as_bytes() == b"first", "a refused upload took away what was there"


def test_generations_and_preconditions(client: Any) -> None:
    blob = _bucket(client).blob("a.mov")
    blob.upload_from_string(b"one", if_generation_match=0)
    first = blob.generation
    assert refused(lambda: blob.upload_from_string(b"two", if_generation_match=0)).code == 412
    blob.upload_from_string(b"two", if_generation_match=first)
    assert blob.generation > first
    for call in (
        lambda: blob.delete(if_generation_match=first),
        lambda: blob.reload(if_metageneration_match=7),
        lambda: blob.upload_from_string(b"x", if_generation_match=first),
    ):
        assert refused(call).code == 412
    assert blob.download_as_bytes() == b"two"


def test_a_versioned_bucket_keeps_what_was_replaced_and_deleted(client: Any) -> None:
    bucket = _hard(_bucket(client, versioning_enabled=True))
    blob = bucket.blob("a.mov")
    blob.upload_from_string(b"one")
    first = blob.generation
    blob.upload_from_string(b"two")
    bucket.blob("a.mov").delete()
    assert bucket.get_blob("a.mov") is None
    assert [each.download_as_bytes() for each in client.list_blobs(bucket, versions=True)] == [b"one", b"two"]
    bucket.copy_blob(bucket.blob("a.mov"), bucket, "a.mov", source_generation=first)
    assert bucket.get_blob("a.mov").download_as_bytes() == b"one"
    bucket.blob("a.mov", generation=first).delete()
    assert len(list(client.list_blobs(bucket, versions=True))) == 2


def test_softly_deleted_objects_come_back_for_a_while(google: Google, client: Any) -> None:
    bucket = _bucket(client)
    blob = bucket.blob("a.mov")
    blob.upload_from_string(b"one")
    generation = blob.generation
    blob.delete()
    assert bucket.get_blob("a.mov") is None
    assert [each.name for each in client.list_blobs(bucket, soft_deleted=True)] == ["a.mov"]
    bucket.restore_blob("a.mov", generation=generation)
    assert bucket.get_blob("a.mov").download_as_bytes() == b"one"
    again = bucket.get_blob("a.mov")
    again.delete()
    process.turn_clock(google.home, 8 * 86400)
    assert refused(lambda: bucket.restore_blob("a.mov", generation=again.generation)).code == 404


def test_a_soft_deleted_bucket_comes_back(google: Google, client: Any) -> None:
    bucket = _bucket(client)
    generation = bucket.generation
    bucket.delete()
    assert refused(lambda: client.get_bucket("teaser-media")).code == 404
    google.api("storage.v1").buckets().restore(bucket="teaser-media", generation=str(generation)).execute()
    assert client.get_bucket("teaser-media").generation == generation


@pytest.mark.parametrize("what", ["delete", "overwrite", "generation"])
def test_what_is_under_retention_stays(google: Google, client: Any, what: str) -> None:
    bucket = _bucket(client, retention_period=3600)
    blob = bucket.blob("a.mov")
    blob.upload_from_string(b"one")
    ways: dict[str, Callable[[], Any]] = {
        "delete": blob.delete,
        "overwrite": lambda: bucket.blob("a.mov").upload_from_string(b"two"),
        "generation": lambda: bucket.blob("a.mov", generation=blob.generation).delete(),
    }
    error = refused(ways[what])
    assert error.code == 403
    assert "retention" in error.message
    assert bucket.get_blob("a.mov").download_as_bytes() == b"one"
    process.turn_clock(google.home, 3601)
    ways[what]()


def test_a_locked_retention_is_never_shortened(client: Any) -> None:
    bucket = _bucket(client, retention_period=3600)
    bucket.lock_retention_policy()
    assert client.get_bucket("teaser-media").retention_policy_locked
    for period in (60, None):
        bucket = client.get_bucket("teaser-media")
        bucket.retention_period = period
        assert refused(bucket.patch).code == 403
    bucket = client.get_bucket("teaser-media")
    bucket.retention_period = 7200
    bucket.patch()


@pytest.mark.parametrize("hold", ["temporary_hold", "event_based_hold"])
def test_what_is_held_stays(client: Any, hold: str) -> None:
    bucket = _hard(_bucket(client, versioning_enabled=True))
    blob = bucket.blob("a.mov")
    blob.upload_from_string(b"one")
    setattr(blob, hold, True)
    blob.patch()
    for call in (blob.delete, lambda: bucket.blob("a.mov").upload_from_string(b"two")):
        error = refused(call)
        assert error.code == 403
        assert "hold" in error.message
    setattr(blob, hold, False)
    blob.patch()
    blob.delete()


def test_a_bucket_with_something_in_it_is_not_deleted(client: Any) -> None:
    bucket = _hard(_bucket(client, versioning_enabled=True))
    bucket.blob("a.mov").upload_from_string(b"one")
    assert refused(bucket.delete).code == 409
    bucket.blob("a.mov").delete()
    assert refused(bucket.delete).code == 409
    for blob in client.list_blobs(bucket, versions=True):
        blob.delete()
    bucket.delete()
    assert list(client.list_buckets()) == []


def test_lists_have_folders_and_pages(client: Any) -> None:
    bucket = _bucket(client)
    for name in ("a/1", "a/2", "b/1", "c", "a/deep/3"):
        bucket.blob(name).upload_from_string(b"")
    assert [each.name for each in client.list_blobs(bucket, prefix="a/")] == ["a/1", "a/2", "a/deep/3"]
    listed = client.list_blobs(bucket, delimiter="/")
    assert [each.name for each in listed] == ["c"]
    assert listed.prefixes == {"a/", "b/"}
    assert [each.name for each in client.list_blobs(bucket, page_size=2)] == ["a/1", "a/2", "a/deep/3", "b/1", "c"]
    assert [each.name for each in client.list_blobs(bucket, start_offset="b", end_offset="c")] == ["b/1"]


def test_objects_are_composed_copied_and_rewritten(client: Any) -> None:
    bucket = _bucket(client)
    for name in ("1", "2"):
        bucket.blob(name).upload_from_string(name.encode())
    whole = bucket.blob("whole")
    whole.compose([bucket.blob("1"), bucket.blob("2")])
    assert whole.download_as_bytes() == b"12"
    whole.update_storage_class("NEARLINE")
    assert bucket.get_blob("whole").storage_class == "NEARLINE"
    other = _bucket(client, "teaser-other")
    bucket.copy_blob(whole, other, "there")
    assert other.get_blob("there").download_as_bytes() == b"12"
    assert refused(lambda: bucket.copy_blob(bucket.blob("none"), other, "x")).code == 404


def test_an_object_is_encrypted_with_the_key_of_its_bucket(google: Google, client: Any) -> None:
    name = key(google)
    bucket = _bucket(client, default_kms_key_name=name)
    blob = bucket.blob("a.mov")
    blob.upload_from_string(b"one")
    assert blob.kms_key_name == f"{name}/cryptoKeyVersions/1"
    closed = key(google, "closed", agents=())
    assert refused(lambda: _bucket(client, "teaser-closed", default_kms_key_name=closed)).code == 403


def test_public_access_prevention_keeps_the_public_out(client: Any) -> None:
    bucket = _bucket(client)
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.patch()
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings = [{"role": "roles/storage.objectViewer", "members": {"allUsers"}}]
    assert refused(lambda: bucket.set_iam_policy(policy)).code == 412


def test_a_policy_is_changed_by_whoever_read_the_last_one(client: Any) -> None:
    bucket = _bucket(client)
    first, second = (bucket.get_iam_policy(requested_policy_version=3) for _ in range(2))
    for policy in (first, second):
        policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"user:ana@studio.example"}})
    bucket.set_iam_policy(first)
    assert refused(lambda: bucket.set_iam_policy(second)).code == 412
