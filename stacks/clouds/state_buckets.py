"""The bucket that keeps a studio's state: what a cloud can do with it."""

from typing import Any, Protocol

from soundstage.engines.base import StackName
from soundstage.projectfile.bucket_address import Bucket


class Buckets(Protocol):
    """The bucket that keeps a studio's state. `store` is the client of a store that speaks S3 and is not the cloud's own."""

    def is_there(self, bucket: Bucket, studio: str) -> bool:
        """Whether the studio's bucket exists. Raises `PreflightRefused` when one of that name is another's, or elsewhere."""

    def exists(self, bucket: Bucket) -> bool:
        """Whether there is a bucket of this name that the credentials may look at."""

    def holds(self, bucket: Bucket, stack: StackName) -> bool:
        """Whether the bucket has any resource of `stack` on record; False too when there is no bucket."""

    def keys(self, bucket: Bucket, folder: str, since: str, store: Any = None) -> list[str]:
        """The keys below `folder` (which ends with `/`) whose rest is not less than `since`, sorted."""

    def read(self, bucket: Bucket, key: str, most: int, store: Any = None) -> bytes:
        """The first `most` bytes of an object."""

    def add(self, bucket: Bucket, key: str, text: str, store: Any = None) -> None:
        """Put an object there."""

    def client(self, service: str) -> Any:
        """A client (`s3`) of the store's own interface, for whoever reads the locks and copies that an engine keeps there."""
