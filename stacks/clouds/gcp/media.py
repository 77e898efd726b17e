"""What Google Cloud keeps media with: keys, and the snapshots of disks."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.components.labels import labels_of
from soundstage.components.naming import fingerprint
from soundstage.components.tags import OS, PROJECT, STUDIO, TAKEN, WORKSTATION
from soundstage.core.errors import CloudError
from soundstage.providers.calls import is_gone
from soundstage.stacks.clouds.base import Deletion, Snapshot
from soundstage.stacks.clouds.gcp.calls import Projects, ask, pages
from soundstage.stacks.clouds.gcp.names import last, moment, relative, tags_in

_STATES: Final[Mapping[str, str]] = {"READY": "completed", "FAILED": "error"}
LAST_SNAPSHOT: Final = re.compile(r"(?P<machine>.+)-(?P<whose>[0-9a-f]{8})-last-\d{8}-\d{6}")
"""A name that begins as `last_snapshot_name` says, and the time that the provider adds."""


class GoogleKeys:
    """See `Keys`. Neither a key nor its ring can be deleted; what is destroyed are its versions, after thirty days (Cloud KMS, "Destroy
    and restore key versions", read 2026-11)."""

    type = "gcp:kms/cryptoKey:CryptoKey"

    def __init__(self, cloud: Projects) -> None:
        self._cloud = cloud

    def deletion(self, id: str, name: str, region: str) -> Deletion | None:  # noqa: ARG002 - the id says all
        method = "cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.list"
        try:
            versions = list(pages(self._cloud, method, "cryptoKeyVersions", parent=id))
        except CloudError as error:
            if is_gone(error.code):
                return None
            raise
        dying = next((one for one in versions if one.get("state") == "DESTROY_SCHEDULED"), None)
        if dying is None:
            return None
        day = moment(dying.get("destroyTime"))
        _, project, _, location, _, ring, _, key, _, number = str(dying["name"]).split("/")
        undo = f"gcloud kms keys versions restore {number} --key {key} --keyring {ring} --location {location} --project {project}"
        return Deletion(day.date() if day else None, undo)


class GoogleSnapshots:
    """See `Snapshots`.

    The last snapshot of a disk is taken by the engine's provider, which gives it no labels: it is known by its name, in which
    `last_snapshot_name` says whose it is.
    """

    def __init__(self, cloud: Projects) -> None:
        self._cloud = cloud

    def of_project(self, studio: str, project: str) -> list[Snapshot]:
        every = pages(self._cloud, "compute.snapshots.list")
        mine = (one for one in every if _whose(one, studio, project))
        return sorted((_snapshot(one) for one in mine), key=lambda one: (one.taken, one.id))

    def delete(self, id: str) -> None:
        try:
            ask(self._cloud, "compute.snapshots.delete", id, snapshot=last(id))
        except CloudError as error:
            if not is_gone(error.code):
                raise

    def rename(self, ids: Sequence[str], machine: str) -> None:
        for id in ids:
            there = ask(self._cloud, "compute.snapshots.get", id, snapshot=last(id))
            labels = {**(there.get("labels") or {}), **labels_of({WORKSTATION: machine})}
            ask(
                self._cloud, "compute.snapshots.setLabels", id,
                resource=last(id), labels=labels, labelFingerprint=there.get("labelFingerprint", ""),
            )  # fmt: skip


def _whose(snapshot: Mapping[str, Any], studio: str, project: str) -> bool:
    tags = tags_in(snapshot)
    if STUDIO in tags:
        return (tags[STUDIO], tags.get(PROJECT)) == (studio, project) and WORKSTATION in tags
    named = LAST_SNAPSHOT.fullmatch(str(snapshot["name"]))
    return named is not None and named["whose"] == fingerprint(studio, project)


def _snapshot(found: Mapping[str, Any]) -> Snapshot:
    tags, named = tags_in(found), LAST_SNAPSHOT.fullmatch(str(found["name"]))
    machine = named["machine"] if named else str(found["name"])
    state = _STATES.get(str(found.get("status")), "pending")
    return Snapshot(
        id=str(found["name"]),
        machine=tags.get(WORKSTATION, machine),
        taken=moment(found.get("creationTimestamp")) or datetime.now(UTC),
        state=state,
        progress="100%" if state == "completed" else "",
        gib=int(found.get("diskSizeGb") or 0),
        stored_bytes=int(found["storageBytes"]) if found.get("storageBytesStatus") == "UP_TO_DATE" else None,
        daily=tags.get(TAKEN) == "daily",
        os=tags.get(OS, ""),
        disk=relative(found.get("sourceDisk")),
    )
