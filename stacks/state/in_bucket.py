"""The states of a studio's stacks in its bucket, as everybody who shares it sees them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.core.errors import StateError
from soundstage.engines.base import PROJECT_STACKS, STUDIO_STACKS
from soundstage.projectfile.bucket_address import Bucket
from soundstage.stacks.clouds.state_buckets import Buckets
from soundstage.stacks.state.compatible_store import store_client

_MOST_BYTES: Final = 1 << 28
_ROOT: Final = ".pulumi/stacks/"


def in_bucket(buckets: Buckets, bucket: Bucket, backend: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Project (empty for the studio) → its state in Pulumi's deployment format, of each in the bucket. `backend` is the bucket's address.

    Raises `CloudError` and `PreflightRefused` where it cannot be read, and `StateError` for what is no state."""
    store = store_client(bucket, backend) if bucket.endpoint else None
    root = f"{bucket.folder}/{_ROOT}" if bucket.folder else _ROOT
    for key in buckets.keys(bucket, root, "", store):
        pulumi_project, _, name = key.removeprefix(root).partition("/")
        if not name.endswith(".json"):
            continue
        text = buckets.read(bucket, key, _MOST_BYTES, store)
        try:
            document: Any = json.loads(text)["checkpoint"]["latest"] or {}
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"{key} is no state.") from error
        if pulumi_project in (PROJECT_STACKS, STUDIO_STACKS):
            yield (name.removesuffix(".json") if pulumi_project == PROJECT_STACKS else ""), document
