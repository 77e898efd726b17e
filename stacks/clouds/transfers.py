"""Files on their way through a bucket: what a cloud can do with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Upload:
    """An upload in parts that is not finished."""

    id: str
    parts: Mapping[int, int]
    """Number of each part that is there, from 1, and its size in bytes."""


@dataclass(frozen=True)
class Link:
    """How one object or part is reached by whoever has no credentials of its own. It is secret."""

    url: str
    verb: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


class Overtaken(ConnectionError):
    """Another copy of the same file to the same place ended meanwhile and took away what was on its way. Raised without words of its own;
    the copy is begun again."""

    def __init__(self) -> None:
        super().__init__(
            "Another copy of the same file has ended and took away what was on its way; copying the rest again."
        )


class Transfers(Protocol):
    """Objects that are put into a bucket by one end of a copy, taken out by the other, and removed."""

    def bucket_in(self, outputs: Mapping[str, Any]) -> str:
        """The bucket that a project's files go by way of, from what the project says of itself; empty for none."""

    def size(self, bucket: str, key: str) -> int | None:
        """Bytes of an object; None where there is none."""

    def upload(self, bucket: str, key: str) -> Upload:
        """The upload of this key that was begun before, or a new one."""

    def put(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> None:
        """Put one part. `Overtaken` where its upload is gone."""

    def finish(self, bucket: str, key: str, upload: str) -> None:
        """Make an object of the parts."""

    def read(self, bucket: str, key: str, start: int) -> Iterator[bytes]:
        """The object from this byte on, piece by piece. `ConnectionError` where the line is lost in the middle."""

    def link_to_get(self, bucket: str, key: str, seconds: int) -> Link:
        """How the object can be had for so long at most, without credentials."""

    def link_to_put(self, bucket: str, key: str, upload: str, number: int, seconds: int) -> Link:
        """How one part can be put for so long at most, without credentials."""

    def leave(self, outputs: Mapping[str, Any]) -> None:
        """Empty a bucket that is for nothing else, before it goes with its project."""

    def clear(self, bucket: str, key: str) -> None:
        """Remove the object with every version of it, and uploads that are not finished."""
