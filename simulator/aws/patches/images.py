"""The machine images that exist in every region: exactly those that `components.images` pins, so that a name resolves
here as it does in the real cloud, and one of each recipe, which says that it is simulated and holds nothing. moto would offer a
thousand others, current in 2017, and none of these."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import amis
from moto.ec2.models.amis import Ami, AmiBackend

from soundstage.components.images import ARCHITECTURE, VIRTUALISATION, Image, baked_name, images
from soundstage.images.index import Known, shipped_index

NOBODY = "000000000000"
_filter_value = Ami.get_filter_value
_MORE_FILTERS = {
    "creation-date": lambda ami: ami.creation_date.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "description": lambda ami: ami.description,
    "hypervisor": lambda ami: ami.hypervisor,
    "image-type": lambda ami: ami.image_type,
    "root-device-name": lambda ami: ami.root_device_name,
    "root-device-type": lambda ami: ami.root_device_type,
}


class PinnedAmi(Ami):
    """An image with a root volume of its own size."""

    smallest_disk_gib: int
    key: str | None = None
    """The key that its disk is encrypted with; None for one that is not."""

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        disk = {
            "SnapshotId": self.ebs_snapshot.id,
            "VolumeSize": self.smallest_disk_gib,
            "DeleteOnTermination": True,
            "VolumeType": "gp3",
            "Encrypted": self.key is not None,
        } | ({"KmsKeyId": self.key} if self.key else {})
        return [{"DeviceName": self.root_device_name, "Ebs": disk}]


def image_id(image: Image, region: str) -> str:
    """The id of an image in a region. Made up, but always the same."""
    return f"ami-{hashlib.sha256(f'{image.owner}/{image.name}/{region}'.encode()).hexdigest()[:17]}"


def _baked(recipe: Known, account: str) -> Image:
    return Image(
        key=recipe.name,
        os=recipe.os,
        name=baked_name(recipe.name, None),
        owner=account,
        owner_alias="",
        created="2026-11-26",
        root_device="/dev/sda1",
        smallest_disk_gib=recipe.disk_gib,
        gpu_driver=recipe.gpu_driver,
        about=f"Simulated: stands for an image of the recipe {recipe.name}, and nothing is in it",
    )


def _offer(self: Any) -> None:
    own = [_baked(recipe, self.account_id) for recipe in shipped_index().values()]
    for image in (*images().values(), *own):
        identity = image_id(image, self.region_name)
        ami = PinnedAmi(
            self,
            identity,
            name=image.name,
            description=image.about,
            owner_id=image.owner,
            owner_alias=image.owner_alias or None,
            public=image.owner != self.account_id,
            virtualization_type=VIRTUALISATION,
            architecture=ARCHITECTURE,
            creation_date=datetime.fromisoformat(image.created).replace(tzinfo=UTC),
            platform="windows" if image.os == "windows" else None,
            image_location=f"{image.owner_alias or image.owner}/{image.name}",
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name=image.root_device,
            region_name=f"{self.region_name}a",
        )
        ami.smallest_disk_gib = image.smallest_disk_gib
        # What is there from the start was never made here: no list of the account's own snapshots shows it.
        ami.ebs_snapshot.owner_id = NOBODY
        self.amis[identity] = ami


def _maker(self: Ami) -> str:
    """Whose it is to a policy. What stands for a recipe is among the account's own, and no studio made it: each may start from it."""
    return NOBODY if self.ebs_snapshot.owner_id == NOBODY and not self.is_public else str(self.owner_id)


def _filter(self: Ami, filter_name: str, method_name: str | None = None) -> Any:
    more = _MORE_FILTERS.get(filter_name)
    return more(self) if more else _filter_value(self, filter_name, method_name)


def apply() -> None:
    """Offer the pinned images and let them be looked for as AWS does."""
    patched: Any = AmiBackend
    patched._load_amis = _offer
    filtered: Any = Ami
    filtered.maker_id = property(_maker)
    filtered.get_filter_value = _filter
    amis.AMIS.clear()
