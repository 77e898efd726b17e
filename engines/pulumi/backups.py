"""The copies of a stack's state that the genuine engine keeps beside it, as they were before each command.

Layout: `.pulumi/backups/PROJECT/STACK/`, `.pulumi/history/PROJECT/STACK/*.checkpoint.json` and `….json.bak` beside the state
(pulumi/pulumi `pkg/backend/diy`, engine 3.260, 2026-11).
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from soundstage.engines.base import StackName

_AT_ONCE = 1000
"""Most keys in one DeleteObjects (Amazon S3 API reference, read 2026-11)."""


def old_copies(url: str, stack: StackName, client: Callable[[str], Any] | None) -> list[str] | None:
    """Where the copies lie in the backend at `url`; None where that cannot be told. `client` makes boto3 clients."""
    parsed = urlparse(url)
    if parsed.scheme == "file":
        folder = Path(unquote(parsed.path))
        found = (file.relative_to(folder).as_posix() for file in (folder / ".pulumi").rglob("*") if file.is_file())
        return sorted(key for key in found if _is_copy(key, stack))
    if parsed.scheme != "s3" or client is None:
        return None
    inside = f"{parsed.path.strip('/')}/".lstrip("/")
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=parsed.netloc, Prefix=f"{inside}.pulumi/")
    keys = (item["Key"] for page in pages for item in page.get("Contents") or ())
    return sorted(key for key in keys if _is_copy(key.removeprefix(inside), stack))


def forget(url: str, copies: Iterable[str], client: Callable[[str], Any] | None) -> None:
    """Delete copies that `old_copies` found. A versioned bucket keeps them as earlier versions, for as long as it says."""
    parsed, keys = urlparse(url), list(copies)
    if parsed.scheme == "file":
        for key in keys:
            (Path(unquote(parsed.path)) / key).unlink(missing_ok=True)
        return
    assert client is not None  # noqa: S101 - or `old_copies` had found none
    for start in range(0, len(keys), _AT_ONCE):
        some = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
        client("s3").delete_objects(Bucket=parsed.netloc, Delete={"Objects": some, "Quiet": True})


def _is_copy(key: str, stack: StackName) -> bool:
    place = f"{stack.project}/{stack.stack}"
    if key.startswith(f".pulumi/history/{place}/"):
        return ".checkpoint.json" in key
    return key.startswith((f".pulumi/backups/{place}/", f".pulumi/stacks/{place}.json.bak"))
