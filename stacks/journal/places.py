"""Where the journals of a studio's stacks are kept: beside the state, in a folder or in the studio's bucket."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import unquote, urlparse

from soundstage.core import files
from soundstage.core.errors import CloudError, PreflightRefused, StateError
from soundstage.core.home import make_private
from soundstage.engines.base import PROJECT_STACKS, StackName
from soundstage.projectfile.bucket_address import Bucket, bucket_of
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.clouds.state_buckets import Buckets
from soundstage.stacks.journal.entry import written_at
from soundstage.stacks.state.compatible_store import store_client
from soundstage.stacks.state.on_record import folder_of
from soundstage.stacks.target import kept_in

_MOST_BYTES: Final = 1 << 16
_FOLDER: Final = "journal"
Answer = TypeVar("Answer")


class Place(Protocol):
    """Where the entries of one stack are. Every call raises `StateError` where the place cannot be used."""

    @property
    def where(self) -> str:
        """For people."""

    @property
    def is_shared(self) -> bool:
        """Whether it is where the colleagues of whoever asks write too."""

    def names(self, since: str) -> list[str]:
        """Names of the entries there, sorted, that are not less than `since`. What has another name is none: a shared folder holds what
        its service or a person left there too."""

    def read(self, name: str) -> bytes:
        """The content of one."""

    def add(self, name: str, text: str) -> None:
        """Put one there."""


@dataclass(frozen=True)
class Folder:
    """A folder, on this machine or on a disk that several share."""

    path: Path
    is_shared: bool = False

    @property
    def where(self) -> str:
        return str(self.path)

    def names(self, since: str) -> list[str]:
        try:
            return sorted(one.name for one in self.path.iterdir() if one.name >= since and written_at(one.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(self.where, error) from error

    def read(self, name: str) -> bytes:
        try:
            return files.read(self.path / name, _MOST_BYTES)
        except OSError as error:
            raise _unusable(self.where, error) from error

    def add(self, name: str, text: str) -> None:
        try:
            if self.is_shared:
                self.path.mkdir(parents=True, exist_ok=True)
            else:
                make_private(self.path)
            files.write(self.path / name, text, 0o666 if self.is_shared else 0o600)
        except OSError as error:
            raise _unusable(self.where, error) from error


@dataclass(frozen=True)
class InBucket:
    """A folder in a bucket on S3, or on a store that speaks it, whose client is `store`."""

    buckets: Buckets
    bucket: Bucket
    folder: str
    store: Callable[[], Any] | None = None
    is_shared: bool = True

    @property
    def where(self) -> str:
        return f"s3://{self.bucket.name}/{self.folder}"

    def names(self, since: str) -> list[str]:
        keys = self._asked(lambda: self.buckets.keys(self.bucket, f"{self.folder}/", since, self._s3()))
        return [name for key in keys if written_at(name := key.rpartition("/")[2])]

    def read(self, name: str) -> bytes:
        return self._asked(lambda: self.buckets.read(self.bucket, f"{self.folder}/{name}", _MOST_BYTES, self._s3()))

    def add(self, name: str, text: str) -> None:
        self._asked(lambda: self.buckets.add(self.bucket, f"{self.folder}/{name}", text, self._s3()))

    def _s3(self) -> Any:
        return self.store() if self.store else None

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except (CloudError, PreflightRefused) as error:
            raise StateError(f"{self.where}: {error.message}", error.hint) from error


def place_of(cloud: Cloud, studio: Studio, stack: StackName) -> Place:
    """Where the journal of a stack is. On this machine where its state is kept by a service that takes no objects of ours.

    Raises `UsageError` and `StateError` as whoever reads the state does.
    """
    state = kept_in(cloud, stack, studio)
    below = f".soundstage/{_FOLDER}/{studio.studio}/{_kind(stack)}"
    url = state.backend or ""
    if bucket := bucket_of(state):
        folder = f"{bucket.folder}/{below}" if bucket.folder else below
        return InBucket(cloud.buckets, bucket, folder, partial(store_client, bucket, url) if bucket.endpoint else None)
    if url.startswith("file://"):
        return Folder(Path(unquote(urlparse(url).path)) / below, is_shared=True)
    return place_here(studio, stack)


def place_here(studio: Studio, stack: StackName) -> Folder:
    """Where the journal of a stack is whose state is on this machine."""
    return Folder(folder_of(studio.studio, stack) / _FOLDER)


def _kind(stack: StackName) -> str:
    """The folder of a stack: a project may be called as its studio is."""
    return f"projects/{stack.stack}" if stack.project == PROJECT_STACKS else "studio"


def _unusable(where: str, error: OSError) -> StateError:
    return StateError(f"{where} cannot be used: {error.strerror}.", "Check its permissions and the space that is left.")
