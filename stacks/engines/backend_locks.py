"""Who holds a stack on one of the genuine engine's own backends.

Layout: `.pulumi/locks/organization/PROJECT/STACK/ID.json` (pulumi/pulumi `pkg/backend/diy/lock.go`, read 2026-11). Pulumi Cloud
keeps its locks to itself.
"""

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from soundstage.components.errors import StateError
from soundstage.stacks.engines.base import StackName


@dataclass(frozen=True)
class Holder:
    """One lock. `runs` is None where it cannot be known: on another computer."""

    user: str
    host: str
    pid: int
    since: datetime
    runs: bool | None

    def __str__(self) -> str:
        minutes = int((datetime.now(UTC) - self.since).total_seconds() // 60)
        age = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        state = {True: "it runs", False: "it no longer runs", None: "on another computer"}[self.runs]
        return f"{self.user} on {self.host}, process {self.pid} ({state}), for {age}, since {self.since:%Y-%m-%d %H:%M} UTC"


def holders(url: str, stack: StackName, client: Callable[[str], Any]) -> list[Holder] | None:
    """Who holds `stack` on the backend at `url`; None when the backend does not tell. `client` makes boto3 clients."""
    place = f".pulumi/locks/organization/{stack.project}/{stack.stack}"
    parsed = urlparse(url)
    if parsed.scheme == "file":
        texts = _from_folder(Path(unquote(parsed.path)) / place)
    elif parsed.scheme == "s3":
        inside = parsed.path.strip("/")
        texts = _from_bucket(client("s3"), parsed.netloc, f"{inside}/{place}" if inside else place)
    else:
        return None
    try:
        return [_holder(json.loads(text)) for text in texts]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"The lock of {stack} cannot be read ({type(error).__name__}).", f"It lies in {place} of the backend."
        ) from error


def without_options(url: str) -> str:
    """A backend's address for people."""
    return url.partition("?")[0]


def options(url: str) -> dict[str, str]:
    """The options at the end of a backend's address."""
    return {key: values[0] for key, values in parse_qs(urlparse(url).query).items()}


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
    return Holder(lock["username"], lock["hostname"], lock["pid"], since, _runs(lock["pid"]) if here else None)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
