"""Files on their way through a bucket of Google Cloud. See `Transfers`.

Each part is an object of its own behind the key, and what is finished is composed of them: parts go side by side, and what has arrived is
known by listing it. A machine is told a token that may reach the objects of this one copy and ends within an hour, made of the
credentials of whoever copies.

Sources: Cloud Storage JSON API, "Objects: insert", "compose", "list"; Cloud Storage, "Composite objects" (at most 32 at once); IAM, "Create
short-lived credentials with reduced permissions (Credential Access Boundaries)" (read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from soundstage.components.layout import TRANSFER
from soundstage.providers.gcp.discovery import document
from soundstage.providers.gcp.rest import fetched, limited_token
from soundstage.stacks.clouds.gcp.calls import Projects, ask, asked, found, pages
from soundstage.stacks.clouds.transfers import Link, Upload

_AT_ONCE: Final = 32
_PART: Final = re.compile(r"/(\d{5})")
_READS, _WRITES = "roles/storage.objectViewer", "roles/storage.objectUser"


class GoogleTransfers:
    """See `Transfers`."""

    def __init__(self, cloud: Projects) -> None:
        self._cloud = cloud
        self._tokens: dict[tuple[str, ...], str] = {}

    def bucket_in(self, outputs: Mapping[str, Any]) -> str:
        return str(outputs.get("transfer_bucket") or "")

    def size(self, bucket: str, key: str) -> int | None:
        there = found(self._cloud, "storage.objects.get", bucket=bucket, object=key)
        return None if there is None else int(there["size"])

    def upload(self, bucket: str, key: str) -> Upload:
        parts = {}
        for one in pages(self._cloud, "storage.objects.list", bucket=bucket, prefix=f"{key}/"):
            if numbered := _PART.fullmatch(str(one["name"]).removeprefix(key)):
                parts[int(numbered[1])] = int(one["size"])
        return Upload("", parts)

    def put(self, bucket: str, key: str, upload: str, number: int, body: bytes) -> None:  # noqa: ARG002 - an upload has no id here
        ask(self._cloud, "storage.objects.insert", key, bucket=bucket, name=_part(key, number), media=body)

    def finish(self, bucket: str, key: str, upload: str) -> None:  # noqa: ARG002
        names = [_part(key, number) for number in sorted(self.upload(bucket, key).parts)]
        depth = 0
        while len(names) > _AT_ONCE:
            groups = [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]
            names = [self._compose(bucket, group, f"{key}/{depth}-{place:05}") for place, group in enumerate(groups)]
            depth += 1
        self._compose(bucket, names, key)

    def read(self, bucket: str, key: str, start: int) -> Iterator[bytes]:
        return asked(
            self._cloud,
            "storage.objects.get",
            key,
            lambda: fetched(self._cloud.project, "storage.objects.get", {"bucket": bucket, "object": key}, start),
        )

    def link_to_get(self, bucket: str, key: str, seconds: int) -> Link:  # noqa: ARG002 - Google's tokens end within an hour
        address = f"{self._address}/download/storage/v1/b/{bucket}/o/{quote(key, safe='')}?alt=media"
        return Link(address, "GET", self._headers(bucket, key, _READS))

    def link_to_put(self, bucket: str, key: str, upload: str, number: int, seconds: int) -> Link:  # noqa: ARG002
        name = quote(_part(key, number), safe="")
        address = f"{self._address}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}"
        return Link(address, "POST", self._headers(bucket, key, _WRITES))

    def clear(self, bucket: str, key: str) -> None:
        """A key is too long to be the beginning of another."""
        for one in list(pages(self._cloud, "storage.objects.list", bucket=bucket, prefix=key, versions=True)):
            # What another copy of the same deleted meanwhile is gone.
            found(
                self._cloud, "storage.objects.delete", bucket=bucket, object=one["name"], generation=one["generation"]
            )

    def leave(self, outputs: Mapping[str, Any]) -> None:
        bucket = self.bucket_in(outputs)
        if bucket and found(self._cloud, "storage.buckets.get", bucket=bucket) is not None:
            self.clear(bucket, TRANSFER)

    def _compose(self, bucket: str, names: Sequence[str], target: str) -> str:
        sources = [{"name": name} for name in names]
        ask(
            self._cloud, "storage.objects.compose", target,
            destinationBucket=bucket, destinationObject=target, body={"sourceObjects": sources},
        )  # fmt: skip
        return target

    @property
    def _address(self) -> str:
        return self._cloud.project.address(document("storage.v1").root).rstrip("/")

    def _headers(self, bucket: str, key: str, role: str) -> dict[str, str]:
        """What shows that somebody may use the objects of one copy. One token serves all of its parts."""
        credentials = self._cloud.project.session.credentials
        whose = (str(credentials.token), bucket, key, role)
        if whose not in self._tokens or not credentials.valid:  # it ends with the one that it was made of
            self._tokens = {whose: asked(self._cloud, "sts.token", key, lambda: self._token(bucket, key, role))}
        return {"Authorization": f"Bearer {self._tokens[whose]}"}

    def _token(self, bucket: str, key: str, role: str) -> str:
        expression = f"resource.name.startsWith('projects/_/buckets/{bucket}/objects/{key}')"
        rule = {
            "availableResource": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
            "availablePermissions": [f"inRole:{role}"],
            "availabilityCondition": {"title": "one-copy", "expression": expression},
        }
        return limited_token(self._cloud.project, [rule])


def _part(key: str, number: int) -> str:
    return f"{key}/{number:05}"
