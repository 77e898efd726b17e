"""The images of Google Cloud, from which machines are made. One belongs to a project and is there in every region.

What was baked of a recipe says so in its label `soundstage-image`: the names of images have no room for it.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from soundstage.components.images import baked_name
from soundstage.components.labels import label_carry_faults, labels_of
from soundstage.components.naming import fingerprint
from soundstage.components.tags import IMAGE, SYSTEM_DISK
from soundstage.core.errors import CloudError
from soundstage.images.index import shipped_index
from soundstage.providers.calls import is_gone
from soundstage.stacks.clouds.gcp.calls import Projects, ask, found, pages
from soundstage.stacks.clouds.gcp.missing import Missing
from soundstage.stacks.clouds.gcp.names import last, moment, relative, tags_in, zone_and_name
from soundstage.stacks.clouds.machine_images import MachineImage

_STATES: Final[Mapping[str, str]] = {
    "READY": "available",
    "PENDING": "pending",
    "FAILED": "failed",
    "DELETING": "disabled",
}
_THERE: Final = ("alreadyExists", "RESOURCE_ALREADY_EXISTS")
"""Codes of a name that is taken."""
_PUBLIC: Final = {"linux": ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64"), "windows": ("windows-cloud", "windows-2022")}
"""Operating system → the project and family whose image stands for each recipe's on the simulated Google Cloud."""


class GoogleImages(Missing):
    """See `Images`. Those of recipes are not baked here yet: whatever only that needs is refused.

    An image of a machine has a name made of letters and digits, as Google's are, and says in its description which one is meant. It is kept
    in the machine's own region, under the key of its disk.
    """

    def __init__(self, cloud: Projects) -> None:
        super().__init__("Images are not baked, copied or shared on Google Cloud yet.")
        self._cloud = cloud

    def found(self, ids: Collection[str], region: str) -> dict[str, MachineImage]:
        there = {id: self._get(id) for id in ids if id.startswith("projects/")}
        return {id: _image(one, region) for id, one in there.items() if one}

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:  # noqa: ARG002 - all are the project's own
        every = (_image(one, region) for one in pages(self._cloud, "compute.images.list"))
        return sorted((one for one in every if fnmatchcase(one.name, name)), key=lambda one: (one.made, one.id))

    def make(self, instance_id: str, name: str, tags: Mapping[str, str]) -> str:
        place = zone_and_name(instance_id)
        machine = ask(self._cloud, "compute.instances.get", instance_id, **place)
        boot = next(one for one in machine.get("disks") or () if one.get("boot"))
        key = str((boot.get("diskEncryptionKey") or {}).get("kmsKeyName", "")).partition("/cryptoKeyVersions/")[0]
        short = f"parked-{fingerprint(name, length=24)}"
        id = f"projects/{self._cloud.project.account_id}/global/images/{short}"
        body: dict[str, Any] = {
            "name": short,
            "description": name,
            "sourceDisk": relative(boot["source"]),
            "storageLocations": [place["zone"].rpartition("-")[0]],
            "labels": labels_of({key: value for key, value in tags.items() if not label_carry_faults({key: value})}),
            **({"imageEncryptionKey": {"kmsKeyName": key}} if key else {}),
        }
        try:
            ask(self._cloud, "compute.images.insert", name, **body)
        except CloudError as error:
            if error.code not in _THERE:
                raise
        return id

    def delete(self, id: str, region: str) -> None:  # noqa: ARG002 - it is there in every region
        try:
            ask(self._cloud, "compute.images.delete", id, image=last(id))
        except CloudError as error:
            if not is_gone(error.code):
                raise

    def in_use(self, ids: Collection[str], region: str) -> dict[str, tuple[str, ...]]:  # noqa: ARG002 - a disk is a copy
        return {}

    def _get(self, id: str) -> Mapping[str, Any] | None:
        parts = id.split("/")
        return found(self._cloud, "compute.images.get", project=parts[1], image=parts[-1])


class SimulatedImages(GoogleImages):
    """The same, with an image of each recipe from the start. It is a public one and holds nothing of what the recipe says."""

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:
        stands_in = {os: self._newest(*where, region) for os, where in _PUBLIC.items()}
        first = [
            MachineImage(one.id, baked_name(recipe, None), region, one.state, one.made, one.owner, one.disk_gib)
            for recipe, about in shipped_index().items()
            if (one := stands_in.get(about.os))
        ]
        return [one for one in first if fnmatchcase(one.name, name)] + super().named(name, owner, region)

    def _newest(self, project: str, family: str, region: str) -> MachineImage | None:
        one = found(self._cloud, "compute.images.getFromFamily", project=project, family=family)
        return _image(one, region) if one else None


def _image(told: Mapping[str, Any], region: str) -> MachineImage:
    id, tags = relative(told.get("selfLink")), tags_in(told)
    return MachineImage(
        id=id,
        name=str(told.get("description", "")) if SYSTEM_DISK in tags else tags.get(IMAGE, last(id)),
        region=region,
        state=_STATES.get(str(told.get("status")), "pending"),
        made=moment(told.get("creationTimestamp")) or datetime.now(UTC),
        owner=id.split("/")[1] if "/" in id else "",
        disk_gib=int(told.get("diskSizeGb") or 0),
        tags=tags,
    )
