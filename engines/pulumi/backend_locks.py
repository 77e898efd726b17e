"""Who holds a stack on one of the genuine engine's own backends.

Layout: `.pulumi/locks/organization/PROJECT/STACK/ID.json` (pulumi/pulumi `pkg/backend/diy/lock.go`, read 2026-11). Pulumi Cloud
keeps its locks to itself.
"""

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from soundstage.core.errors import StateError
from soundstage.engines.base import Holder, StackName
from soundstage.engines.lock import runs


def holders(url: str, stack: StackName, client: Callable[[str], Any] | None) -> list[Holder] | None:
    """Who holds `stack` on the backend at `url`; None when the backend does not tell. `client` makes boto3 clients."""
    parsed = urlparse(url)
    if parsed.scheme == "file":
        return folder_holders(url, stack)
    if parsed.scheme != "s3" or client is None:
        return None
    inside = parsed.path.strip("/")
    place = f"{inside}/{_place(stack)}" if inside else _place(stack)
    return _read(_from_bucket(client("s3"), parsed.netloc, place), stack)


def folder_holders(url: str, stack: StackName) -> list[Holder]:
    """Who holds `stack` on the backend in the folder at `url`."""
    return _read(_from_folder(Path(unquote(urlparse(url).path)) / _place(stack)), stack)


def where(url: str, stack: StackName) -> str:
    """How a person finds out who holds `stack` on a backend that does not tell, in a sentence."""
    if url.startswith("https://"):
        return "Look in Pulumi Cloud for a running update."
    return f"Its locks lie in {url.partition('?')[0]}/{_place(stack)}; a command that is refused names the holder."


def _place(stack: StackName) -> str:
    return f".pulumi/locks/organization/{stack.project}/{stack.stack}"


def _read(texts: Iterator[str], stack: StackName) -> list[Holder]:
    try:
        return [_holder(json.loads(text)) for text in texts]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"The lock of {stack} cannot be read ({type(error).__name__}).",
            f"It lies in {_place(stack)} of the backend.",
        ) from error


def _from_folder(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.json")):
        yield file.read_text()


def _from_bucket(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for item in page.get("Contents") or ():
            yield s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()


def _holder(lock: dict[str, Any]) -> Holder:
    here = lock["hostname"] == socket.gethostname()
    since = datetime.fromisoformat(lock["timestamp"]).astimezone(UTC)
    return Holder(lock["username"], lock["hostname"], lock["pid"], since, runs(lock["pid"]) if here else None)
