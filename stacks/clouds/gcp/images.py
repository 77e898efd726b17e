"""The images of Google Cloud, from which machines are made. One belongs to a project and is there in every region.

What was made by hand of a recipe says so in its label `soundstage-image`: the names of images have no room for it.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from soundstage.components.google_sizes import regions
from soundstage.components.images import baked, baked_name
from soundstage.components.labels import label_carry_faults, labels_of
from soundstage.components.naming import disks_key, fingerprint
from soundstage.components.tags import IMAGE, SYSTEM_DISK
from soundstage.core.errors import CloudError, UsageError
from soundstage.core.words import shown
from soundstage.images.index import shipped_index
from soundstage.providers.calls import is_gone
from soundstage.stacks.clouds.gcp.calls import Projects, ask, everywhere, found, pages
from soundstage.stacks.clouds.gcp.doors import host_keys
from soundstage.stacks.clouds.gcp.machines import state_of
from soundstage.stacks.clouds.gcp.names import last, moment, relative, tags_in, zone_and_name
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.images.image_tags import BASE, RECIPE

_STATES: Final[Mapping[str, str]] = {
    "READY": "available",
    "PENDING": "pending",
    "FAILED": "failed",
    "DELETING": "disabled",
}
_THERE: Final = ("alreadyExists", "RESOURCE_ALREADY_EXISTS")
"""Codes of a name that is taken."""
_CHANGED: Final = ("aborted", "ABORTED", "conditionNotMet", "409", "412")
"""Codes of a policy that somebody changed since it was read."""
_REGIONS: Final = regions()
_USES: Final = "roles/compute.imageUser"
_MEMBER: Final = re.compile(r"(?:user|group|serviceAccount):[^@\s]+@[^@\s]+|domain:[a-z0-9.-]+")
_PUBLIC: Final = {"linux": ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64"), "windows": ("windows-cloud", "windows-2022")}
"""Operating system → the project and family whose image stands for each recipe's on the simulated Google Cloud."""


class GoogleImages:
    """See `Images`. An image has a name made of letters and digits, as Google's are: which one is meant, and what no label has room for, is
    in its description. It is kept in one region, under a key of that region."""

    key_of_others: Final = (
        "The Compute Engine account of the project where the machine is made must be able to use the key too, or it does not start there: "
        "`gcloud kms keys add-iam-policy-binding KEY --member=serviceAccount:service-NUMBER@compute-system.iam.gserviceaccount.com "
        "--role=roles/cloudkms.cryptoKeyDecrypter`, with the number of that project."
    )

    def __init__(self, cloud: Projects, region: str) -> None:
        self._cloud, self._region = cloud, region

    def found(self, ids: Collection[str], region: str) -> dict[str, MachineImage]:
        there = {id: self._get(id) for id in ids if id.startswith("projects/")}
        return {id: _image(one, region) for id, one in there.items() if one}

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:  # noqa: ARG002 - all are the project's own
        every = (
            _image(one, region) for one in pages(self._cloud, "compute.images.list") if not _is_elsewhere(one, region)
        )
        return sorted((one for one in every if fnmatchcase(one.name, name)), key=lambda one: (one.made, one.id))

    def make(self, instance_id: str, name: str, tags: Mapping[str, str]) -> str:
        place = zone_and_name(instance_id)
        machine = ask(self._cloud, "compute.instances.get", instance_id, **place)
        boot = next(one for one in machine.get("disks") or () if one.get("boot"))
        disk = ask(self._cloud, "compute.disks.get", instance_id, zone=place["zone"], disk=last(boot["source"]))
        key = str((boot.get("diskEncryptionKey") or {}).get("kmsKeyName", "")).partition("/cryptoKeyVersions/")[0]
        region = place["zone"].rpartition("-")[0]
        base = relative(disk.get("sourceImage")).removeprefix("projects/").replace("/global/images/", "/")
        return self._insert(
            name, region, key, {**tags, **({BASE: base} if base else {})}, sourceDisk=relative(boot["source"])
        )

    def copy(self, image: MachineImage, region: str, key: str, tags: Mapping[str, str]) -> str:
        return self._insert(image.name, region, key, tags, sourceImage=image.id)

    def _insert(self, name: str, region: str, key: str, tags: Mapping[str, str], **source: str) -> str:
        short = _short(name, region)
        carried = {one: value for one, value in tags.items() if not label_carry_faults({one: value})}
        rest = {one: value for one, value in tags.items() if one not in carried}
        body: dict[str, Any] = {
            "name": short,
            "description": name + (f"\n{json.dumps(rest, separators=(',', ':'))}" if rest else ""),
            "storageLocations": [region],
            "labels": labels_of(carried),
            **source,
            **({"imageEncryptionKey": {"kmsKeyName": key}} if key else {}),
        }
        try:
            ask(self._cloud, "compute.images.insert", name, **body)
        except CloudError as error:
            if error.code not in _THERE:
                raise
        return f"projects/{self._cloud.project.account_id}/global/images/{short}"

    def delete(self, id: str, region: str) -> None:  # noqa: ARG002 - an id is one image, wherever that is kept
        try:
            ask(self._cloud, "compute.images.delete", id, image=last(id))
        except CloudError as error:
            if not is_gone(error.code):
                raise

    def in_use(self, ids: Collection[str], region: str) -> dict[str, tuple[str, ...]]:  # noqa: ARG002 - a machine of any region
        users: dict[str, tuple[str, ...]] = {}
        for disk in everywhere(self._cloud, "disks") if ids else ():
            if (source := relative(disk.get("sourceImage"))) in ids:
                users[source] = (*users.get(source, ()), *(relative(one) for one in disk.get("users") or ()))
        return {id: machines for id, machines in users.items() if machines}

    def share(self, id: str, region: str, account: str) -> None:  # noqa: ARG002 - an id is one image
        for last_try in (*(False,) * 4, True):
            policy = ask(
                self._cloud, "compute.images.getIamPolicy", id, resource=last(id), optionsRequestedPolicyVersion=3
            )
            bindings = list(policy.get("bindings") or ())
            if any(one["role"] == _USES and account in one["members"] and "condition" not in one for one in bindings):
                return
            new = {**policy, "version": 3, "bindings": [*bindings, {"role": _USES, "members": [account]}]}
            try:
                ask(self._cloud, "compute.images.setIamPolicy", id, resource=last(id), policy=new)
            except CloudError as error:
                if last_try or error.code not in _CHANGED:
                    raise
            else:
                return

    def refuse_stranger(self, account: str) -> None:
        if not _MEMBER.fullmatch(account):
            raise UsageError(
                f"On Google Cloud an image is shared with a person, a group or a service account, and {shown(account)} is none of these.",
                "Write who makes machines of it, such as group:render@example.com, user:ana@example.com or "
                "serviceAccount:NAME@PROJECT.iam.gserviceaccount.com.",
            )

    def disk_key(self, region: str, studio: str) -> str:
        where = f"projects/{self._cloud.project.account_id}/locations/{region}"
        start = f"{disks_key(studio, region)}-"
        rings = pages(self._cloud, "cloudkms.projects.locations.keyRings.list", "keyRings", parent=where)
        for ring in sorted(str(one["name"]) for one in rings):
            if last(ring).startswith(start):
                method = "cloudkms.projects.locations.keyRings.cryptoKeys.list"
                for key in pages(self._cloud, method, "cryptoKeys", parent=ring):
                    return str(key["name"])
        return ""

    def link(self, bucket: str, key: str, seconds: int) -> str:  # noqa: ARG002 - no link is made
        raise UsageError(
            f"{key} is in {bucket}, and images on Google Cloud take no installers from a bucket of the studio's own yet.",
            "Give the download an address (`url`) in the place of `studio`.",
        )

    def machine_state(self, instance_id: str) -> str:
        return state_of(self._cloud, instance_id)

    def halt(self, instance_id: str) -> None:
        ask(self._cloud, "compute.instances.stop", instance_id, discardLocalSsd=True, **zone_and_name(instance_id))

    def host_keys(self, instance_id: str) -> tuple[str, ...]:
        return host_keys(self._cloud, instance_id)

    def _get(self, id: str) -> Mapping[str, Any] | None:
        parts = id.split("/")
        return found(self._cloud, "compute.images.get", project=parts[1], image=parts[-1])


def _short(name: str, region: str) -> str:
    """The name of an image as Google takes it, at most 63 letters, digits and hyphens, made of the one that says what it is of."""
    made = baked(name)
    if made is None or made.day is None:
        return f"parked-{fingerprint(name, length=24)}"
    return f"{made.recipe[:24].rstrip('-')}-{made.day:%Y%m%d}-{fingerprint(name, region)}"


def _is_elsewhere(told: Mapping[str, Any], region: str) -> bool:
    """Whether an image of a recipe is a copy for another region. What is kept in a continent, or was made by hand, is for all."""
    kept = [str(one) for one in told.get("storageLocations") or ()]
    return RECIPE in tags_in(told) and bool(kept) and region not in kept and all(one in _REGIONS for one in kept)


class SimulatedImages(GoogleImages):
    """The same, with an image of each recipe from the start. It is a public one and holds nothing of what the recipe says."""

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:
        stands_in = {os: self._newest(*where, region) for os, where in _PUBLIC.items()}
        first = [
            MachineImage(one.id, baked_name(recipe, None), region, one.state, one.made, one.owner, one.disk_gib)
            for recipe, about in shipped_index("gcp").items()
            if (one := stands_in.get(about.os))
        ]
        return [one for one in first if fnmatchcase(one.name, name)] + super().named(name, owner, region)

    def _newest(self, project: str, family: str, region: str) -> MachineImage | None:
        one = found(self._cloud, "compute.images.getFromFamily", project=project, family=family)
        return _image(one, region) if one else None


def _image(told: Mapping[str, Any], region: str) -> MachineImage:
    id, tags = relative(told.get("selfLink")), tags_in(told)
    name, _, rest = str(told.get("description", "")).partition("\n")
    return MachineImage(
        id=id,
        name=name if SYSTEM_DISK in tags or RECIPE in tags else tags.get(IMAGE, last(id)),
        region=region,
        state=_STATES.get(str(told.get("status")), "pending"),
        made=moment(told.get("creationTimestamp")) or datetime.now(UTC),
        owner=id.split("/")[1] if "/" in id else "",
        disk_gib=int(told.get("diskSizeGb") or 0),
        tags={**_more(rest), **tags},
    )


def _more(text: str) -> dict[str, str]:
    """The tags that no label has room for. Somebody else's description holds none."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in read.items()} if isinstance(read, dict) else {}
