"""What a bake needs on each cloud: a studio with one small recipe, a cloud, and a genuine OpenSSH server in the place of the builder."""

import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from tests.images.sshd import Server

from soundstage.components.labels import tags_of
from soundstage.images.ssh import Address
from soundstage.providers.gcp.rest import called
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_PROJECT, Endpoint
from soundstage.stacks.clouds.builders import Builder
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.images.builder import Bakery
from soundstage.stacks.studio_deployment import StudioDeployment, open_studio

RECIPE = """\
recipe: small
about: A small one.
os: linux
system: debian
base: ubuntu-24.04-2026-09
builder: {{for: audio, disk_gib: 20}}
bake_minutes: 1
carries: [display]
steps:
  - name: tool
    script: {{unless: "test -e {folder}/tool", run: "echo installing; {run}"}}
verify:
  - {{name: the tool works, run: "cat {folder}/tool", expect: good}}
"""
DAY = datetime(2026, 11, 26, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """An image as somebody sees it who asks the cloud itself."""

    tags: dict[str, str]
    gib: int
    is_encrypted: bool


class Scene(ABC):
    """See above. Made once for each test, on one cloud."""

    word: ClassVar[str]
    """As project files name the cloud."""
    home: ClassVar[str]
    second: ClassVar[str]
    """A region for copies, which the studio names too."""
    third: ClassVar[str]
    other: ClassVar[str]
    """Somebody with whom an image is shared."""
    key_refusal: ClassVar[str]
    """How a copy ends whose key is disabled."""

    def __init__(self, folder: Path, sshd: Server, cloud: Endpoint) -> None:
        self.folder, self.sshd, self.cloud = folder, sshd, cloud
        self.day = DAY
        self.change: Callable[[Address], Address] = lambda address: address
        self.write()

    @property
    def studio(self) -> str:
        """The studio's file."""
        regions = f"home_region: {self.home}\nregions: [{self.home}, {self.second}]\n"
        return f"studio: northlight\n{regions}alert_emails: [a@example.com]\n"

    def write(self, run: str = "") -> None:
        """The recipe, whose one step runs `run`."""
        (self.folder / "images").mkdir(exist_ok=True)
        run = run or f"echo good >{self.folder}/tool"
        (self.folder / "images" / "small.yaml").write_text(RECIPE.format(folder=self.folder, run=run))
        (self.folder / "studio.yaml").write_text(self.studio)

    def open_studio(self, folder: Path | None = None) -> StudioDeployment:
        return open_studio(str((folder or self.folder) / "studio.yaml"), cloud=self.word)

    def open_project(self) -> Deployment:
        """A project with one machine of the recipe."""
        file = self.folder / "film.yaml"
        machine = "{for: audio, image: small, data_gib: 0}"
        file.write_text(f"project: film\ncloud: {self.word}\nregion: {self.home}\nworkstations:\n  a-1: {machine}\n")
        return open_project(str(file))

    @property
    def bakery(self) -> Bakery:
        return Bakery(
            self.open_studio(), self.home, self.way, pause=lambda _seconds: None, today=lambda: self.day
        )  # fmt: skip

    @contextlib.contextmanager
    def way(self, builder: Builder) -> Iterator[Callable[[], Address]]:
        assert builder.host_keys == ("ssh-ed25519 TOLD",)
        yield lambda: self.change(self.sshd.address)

    @abstractmethod
    def machines(self) -> list[str]:
        """Every machine of the account, stopped or not."""

    @abstractmethod
    def networks(self) -> list[str]:
        """The networks that somebody made."""

    @abstractmethod
    def image(self, id: str, region: str) -> Told: ...

    @abstractmethod
    def delete_image(self, id: str) -> None:
        """By hand, past Soundstage."""

    @abstractmethod
    def made_from(self, machine: str) -> str:
        """The image that a machine was made from."""

    @abstractmethod
    def disable_key(self, region: str) -> Callable[[], object]:
        """Disable the studio's key for disks in a region. Returns what enables it again."""

    @abstractmethod
    def shared_with(self, id: str) -> list[str]: ...


class AwsScene(Scene):
    word, home, second, third = "simulated", "eu-west-1", "eu-central-1", "eu-north-1"
    other = "123456789012"
    key_refusal = r"in eu-central-1 failed: The key .* cannot be used"

    def ec2(self, region: str = "eu-west-1") -> Any:
        return self.cloud.client("ec2", region)

    def machines(self) -> list[str]:
        found = self.ec2().describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["running", "stopped"]}]
        )
        return [one["InstanceId"] for each in found["Reservations"] for one in each["Instances"]]

    def networks(self) -> list[str]:
        return [one["VpcId"] for one in self.ec2().describe_vpcs()["Vpcs"] if not one["IsDefault"]]

    def image(self, id: str, region: str) -> Told:
        (image,) = self.ec2(region).describe_images(ImageIds=[id])["Images"]
        assert image["State"] == "available"
        disk = image["BlockDeviceMappings"][0]["Ebs"]
        tags = {tag["Key"]: tag["Value"] for tag in image["Tags"]}
        return Told(tags, disk["VolumeSize"], disk["Encrypted"])

    def delete_image(self, id: str) -> None:
        self.ec2().deregister_image(ImageId=id)

    def made_from(self, machine: str) -> str:
        (found,) = self.ec2().describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"]
        return str(found["ImageId"])

    def disable_key(self, region: str) -> Callable[[], object]:
        kms = self.cloud.client("kms", region)
        key = self.ec2(region).get_ebs_default_kms_key_id()["KmsKeyId"]
        kms.disable_key(KeyId=key)
        return lambda: kms.enable_key(KeyId=key)

    def shared_with(self, id: str) -> list[str]:
        told = self.ec2().describe_image_attribute(ImageId=id, Attribute="launchPermission")
        return [one["UserId"] for one in told["LaunchPermissions"]]


class GoogleScene(Scene):
    word, home, second, third = "simulated-gcp", "europe-west4", "europe-west1", "us-central1"
    other = "group:render@partner.example"
    key_refusal = r"kmsKeyDisabled.* is not enabled, current state is: DISABLED"

    def ask(self, method: str, **params: Any) -> Any:
        return called(simulated_project(self.cloud), method, {"project": GOOGLE_PROJECT, **params})

    def _everywhere(self, collection: str) -> list[Any]:
        scopes = self.ask(f"compute.{collection}.aggregatedList").get("items", {}).values()
        return [one for scope in scopes for one in scope.get(collection, ())]

    def machines(self) -> list[str]:
        return [_id(one["selfLink"]) for one in self._everywhere("instances")]

    def networks(self) -> list[str]:
        return [one["name"] for one in self.ask("compute.networks.list").get("items", ()) if one["name"] != "default"]

    def image(self, id: str, region: str) -> Told:
        found = self.ask("compute.images.get", image=id.rpartition("/")[2])
        assert found["status"] == "READY"
        assert found["storageLocations"] == [region]
        key = found.get("imageEncryptionKey", {}).get("kmsKeyName", "")
        assert f"/locations/{region}/keyRings/northlight-disks-{region}-" in key
        _, _, more = found["description"].partition("\n")
        return Told({**tags_of(found["labels"]), **json.loads(more)}, int(found["diskSizeGb"]), bool(key))

    def delete_image(self, id: str) -> None:
        self.ask("compute.images.delete", image=id.rpartition("/")[2])

    def made_from(self, machine: str) -> str:
        disks = {_id(one["selfLink"]): one for one in self._everywhere("disks")}
        (found,) = [one for one in self._everywhere("instances") if _id(one["selfLink"]) == machine]
        (boot,) = [disks[_id(one["source"])] for one in found["disks"] if one["boot"]]
        return _id(boot["sourceImage"])

    def disable_key(self, region: str) -> Callable[[], object]:
        key = self.bakery.cloud.images.disk_key(region, "northlight")
        version = f"{key}/cryptoKeyVersions/1"
        method = "cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.patch"

        def turn(state: str) -> object:
            return called(
                simulated_project(self.cloud), method, {"name": version, "updateMask": "state", "state": state}
            )

        turn("DISABLED")
        return lambda: turn("ENABLED")

    def shared_with(self, id: str) -> list[str]:
        policy = self.ask("compute.images.getIamPolicy", resource=id.rpartition("/")[2])
        return [
            member
            for one in policy["bindings"]
            if one["role"] == "roles/compute.imageUser"
            for member in one["members"]
        ]


SCENES = {"aws": AwsScene, "gcp": GoogleScene}


def _id(link: str) -> str:
    return link[link.index("projects/") :]
