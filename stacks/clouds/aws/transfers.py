"""Files on their way through a bucket of AWS. See `Transfers`.

Source: Amazon S3 API Reference, "CreateMultipartUpload", "ListMultipartUploads", "ListParts", "ListObjectVersions"; Amazon S3 User
Guide, "Download and upload objects with presigned URLs" (read 2026-11).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call
from soundstage.stacks.clouds.transfers import Link, Overtaken, Upload


class AwsTransfers:
    """See `Transfers`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def bucket_in(self, outputs: Mapping[str, Any]) -> str:
        return str(outputs.get("bucket") or "")

    def size(self, bucket: str, key: str) -> int | None:
        try:
            return int(self._call("HeadObject", bucket, key)["ContentLength"])
        except CloudError as error:
            if error.code in ("404", "NoSuchKey", "NotFound"):
                return None
            raise

    def upload(self, bucket: str, key: str) -> Upload:
        found = [one["UploadId"] for one in self._uploads(bucket, key)]
        if not found:
            return Upload(str(self._call("CreateMultipartUpload", bucket, key)["UploadId"]), {})
        return Upload(found[-1], {one["PartNumber"]: one["Size"] for one in self._parts(bucket, key, found[-1])})

    def put(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> None:
        try:
            self._call("UploadPart", bucket, key, UploadId=upload, PartNumber=number, Body=body)
        except CloudError as error:
            if error.code == "NoSuchUpload":
                raise Overtaken from error
            raise

    def finish(self, bucket: str, key: str, upload: str) -> None:
        parts = [{"PartNumber": one["PartNumber"], "ETag": one["ETag"]} for one in self._parts(bucket, key, upload)]
        self._call("CompleteMultipartUpload", bucket, key, UploadId=upload, MultipartUpload={"Parts": parts})

    def read(self, bucket: str, key: str, start: int) -> Iterator[bytes]:
        from botocore.exceptions import BotoCoreError

        body = self._call("GetObject", bucket, key, Range=f"bytes={start}-")["Body"]
        try:
            yield from iter(lambda: body.read(1 << 20), b"")
        except BotoCoreError as error:  # some of its kinds are an `OSError` without a number, and some are none
            raise ConnectionError(str(error)) from error

    def link_to_get(self, bucket: str, key: str, seconds: int) -> Link:
        return self._link("GET", "get_object", {"Bucket": bucket, "Key": key}, seconds)

    def link_to_put(self, bucket: str, key: str, upload: str, number: int, seconds: int) -> Link:
        about = {"Bucket": bucket, "Key": key, "UploadId": upload, "PartNumber": number}
        return self._link("PUT", "upload_part", about, seconds)

    def leave(self, outputs: Mapping[str, Any]) -> None:
        """The media bucket has rules for what it keeps, and whoever deletes media says so."""

    def clear(self, bucket: str, key: str) -> None:
        for one in self._uploads(bucket, key):
            self._call("AbortMultipartUpload", bucket, key, UploadId=one["UploadId"])
        s3 = self._clients.client("s3")
        found = call(s3, "ListObjectVersions", key, Bucket=bucket, Prefix=key)
        for one in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
            self._call("DeleteObject", bucket, key, VersionId=one["VersionId"])

    def _uploads(self, bucket: str, key: str) -> list[Mapping[str, Any]]:
        """Of this key, the oldest first. A key is too long to be the beginning of another."""
        found = call(self._clients.client("s3"), "ListMultipartUploads", key, Bucket=bucket, Prefix=key)
        return sorted(found.get("Uploads", ()), key=lambda one: one["Initiated"])

    def _parts(self, bucket: str, key: str, upload: str) -> Iterator[Mapping[str, Any]]:
        more: dict[str, Any] = {}
        while True:
            found = self._call("ListParts", bucket, key, UploadId=upload, **more)
            yield from found.get("Parts", ())
            if not found.get("IsTruncated"):
                return
            more = {"PartNumberMarker": found["NextPartNumberMarker"]}

    def _call(self, operation: str, bucket: str, key: str, **more: Any) -> Any:
        return call(self._clients.client("s3"), operation, key, Bucket=bucket, Key=key, **more)

    def _link(self, verb: str, method: str, about: Mapping[str, Any], seconds: int) -> Link:
        return Link(str(self._clients.client("s3").generate_presigned_url(method, dict(about), seconds)), verb)
