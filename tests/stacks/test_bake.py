"""A whole bake on the simulated account, with a genuine OpenSSH server in the place of the builder: its steps stay in the test's folder."""

import contextlib
import getpass
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key
from tests.images.sshd import Server, key, needs_sshd, server

from soundstage.core.errors import OperationError, PreflightRefused, StateLocked, UsageError
from soundstage.engines.lock import held
from soundstage.images.host import Unreachable
from soundstage.images.pins import read_pins
from soundstage.images.ssh import Address, Failed, SshHost, WrongHostKey
from soundstage.images.steps.command import Command
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import open_project
from soundstage.stacks.images import baking, builder
from soundstage.stacks.images.baking import bake
from soundstage.stacks.images.builder import Bakery
from soundstage.stacks.images.keeping import promote, prune, share, standing, to_prune
from soundstage.stacks.images.way import Builder, session_way
from soundstage.stacks.studio_deployment import open_studio

pytestmark = [needs_sshd, pytest.mark.slow]

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
INSTALLER = """\
downloads:
  tool:
    version: "1.2"
    studio: licensed/tool-1.2.run
    sha256: "{sum}"
    source: our own copy
    read: "2026-11-20"
steps:
  - download: {{get: tool, to: {folder}/tool}}
"""
STUDIO = (
    "studio: northlight\nhome_region: eu-west-1\nregions: [eu-west-1, eu-central-1]\nalert_emails: [a@example.com]\n"
)
DAY = datetime(2026, 11, 26, 9, tzinfo=UTC)


class Scene:
    """A studio with one small recipe, a cloud, and a machine behind the builder."""

    def __init__(self, folder: Path, sshd: Server, cloud: Endpoint) -> None:
        self.folder, self.sshd, self.cloud = folder, sshd, cloud
        self.day = DAY
        self.change: Callable[[Address], Address] = lambda address: address
        self.write()

    def write(self, run: str = "") -> None:
        """The recipe, whose one step runs `run`."""
        (self.folder / "images").mkdir(exist_ok=True)
        run = run or f"echo good >{self.folder}/tool"
        (self.folder / "images" / "small.yaml").write_text(RECIPE.format(folder=self.folder, run=run))
        (self.folder / "studio.yaml").write_text(STUDIO)

    @property
    def bakery(self) -> Bakery:
        studio = open_studio(str(self.folder / "studio.yaml"))
        return Bakery(studio, "eu-west-1", self.way, pause=lambda _seconds: None, today=lambda: self.day)

    @contextlib.contextmanager
    def way(self, builder: Builder) -> Iterator[Callable[[], Address]]:
        assert builder.host_keys == ("ssh-ed25519 TOLD",)
        yield lambda: self.change(self.sshd.address)

    def ec2(self, region: str = "eu-west-1") -> Any:
        return self.cloud.client("ec2", region)

    def machines(self) -> list[str]:
        found = self.ec2().describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["running", "stopped"]}]
        )
        return [one["InstanceId"] for each in found["Reservations"] for one in each["Instances"]]

    def networks(self) -> list[str]:
        return [one["VpcId"] for one in self.ec2().describe_vpcs()["Vpcs"] if not one["IsDefault"]]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def scene(tmp_path: Path, soundstage_home: Path, sshd: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    # What a bake takes out of a machine, and what it lists of it, is for a machine and not for whoever runs the tests.
    monkeypatch.setattr(baking, "seal", lambda _system: Command("echo sealed", "seal"))
    monkeypatch.setattr(baking, "inventory", lambda _system: "printf 'ffmpeg\\t6.1\\tamd64\\n'")
    monkeypatch.setattr(builder, "host_keys", lambda *_: ("ssh-ed25519 TOLD",))
    with simulated_cloud(soundstage_home) as cloud:
        yield Scene(tmp_path, sshd, cloud)


def test_a_recipe_becomes_an_image_in_two_regions_is_pinned_and_used_and_pruned(scene: Scene) -> None:
    made = bake(scene.bakery, "small", ["eu-central-1"])
    assert made.pinned
    assert made.changed == 1
    assert not list(scene.bakery.folder("small").glob("key")), "a key is for one bake"
    assert sorted(made.ids) == ["eu-central-1", "eu-west-1"]
    assert made.name.startswith("soundstage/small/2026-11-26-")
    # The builder is gone with everything that it took.
    assert scene.machines() == []
    assert scene.networks() == []
    for region, id in made.ids.items():
        (image,) = scene.ec2(region).describe_images(ImageIds=[id])["Images"]
        tags = {tag["Key"]: tag["Value"] for tag in image["Tags"]}
        assert image["State"] == "available"
        assert (tags["soundstage:recipe"], tags["soundstage:studio"]) == ("small", "northlight")
        assert len(tags["soundstage:recipe-digest"]) == 64
        assert len(tags["soundstage:bill"]) == 64
        disk = image["BlockDeviceMappings"][0]["Ebs"]
        assert (disk["VolumeSize"], disk["Encrypted"]) == (20, True)
    pins = scene.bakery.pins
    assert read_pins(pins).recipes["small"].regions == made.ids
    assert Path(made.bill).exists()
    # A project uses it.
    project = scene.folder / "film.yaml"
    project.write_text("project: film\nworkstations:\n  a-1: {for: audio, image: small, data_gib: 0}\n")
    open_project(str(project)).up()
    (machine,) = open_project(str(project)).machines()
    (found,) = scene.ec2().describe_instances(InstanceIds=[machine.instance_id])["Reservations"][0]["Instances"]
    assert found["ImageId"] == made.ids["eu-west-1"]
    # The next month's bake moves no pin by itself, and no machine.
    scene.day = datetime(2026, 12, 20, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    later = bake(scene.bakery, "small")
    assert not later.pinned
    assert read_pins(pins).image("small", "eu-west-1") == made.ids["eu-west-1"]
    promote(scene.bakery, "small")
    assert read_pins(pins).recipes["small"].regions == later.ids
    assert not open_project(str(project)).preview().plan.changes_anything
    # What is in use stays.
    found_old = to_prune(scene.bakery, "small", keep=1)
    assert [(one.id, why.split()[0]) for one, why in found_old.kept] == [
        (made.ids["eu-west-1"], "in"), (later.ids["eu-west-1"], "pinned"),
    ]  # fmt: skip
    open_project(str(project)).down()
    gone = to_prune(scene.bakery, "small", keep=1)
    assert [one.id for one in gone.deleted] == [made.ids["eu-west-1"]]
    prune(scene.bakery, gone.deleted)
    assert to_prune(scene.bakery, "small", keep=1).deleted == ()


def test_a_bake_that_failed_removes_its_builder_and_makes_no_image(scene: Scene) -> None:
    scene.write("echo no licence; exit 3")
    with pytest.raises(Failed, match="Step 1 of 1, tool") as refused:
        bake(scene.bakery, "small")
    assert "no licence" in refused.value.printed
    assert scene.machines() == []
    assert scene.networks() == []
    assert standing(scene.bakery, "small").images == ()


def test_a_bake_that_is_kept_goes_on_at_the_step_that_failed_on_the_same_machine(scene: Scene) -> None:
    scene.write(f"test -e {scene.folder}/licence && echo good >{scene.folder}/tool")
    told: list[str] = []
    with pytest.raises(Failed) as refused:
        bake(replace(scene.bakery, on_progress=lambda one: told.append(one.text)), "small", keep=True)
    assert told[-1].startswith("kept, and costs money")
    assert "goes on at this step" not in refused.value.hint, "without --keep-builder it would not"
    (builder,) = scene.machines()
    (scene.folder / "licence").touch()
    seen: list[str] = []
    bakery = replace(scene.bakery, way=lambda one: seen.append(one.instance_id) or scene.way(one))
    assert bake(bakery, "small", keep=True).pinned
    assert seen == [builder]
    assert scene.machines() == []


def test_a_bake_killed_after_the_seal_makes_the_image_and_never_enters_the_machine_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing runs after a kill, not even what removes the builder."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(baking, "_imaged", die)
        patch.setattr(builder, "remove", lambda *_: None)
        patch.setattr(builder, "close_diary", lambda *_: None)
        with pytest.raises(Killed):
            bake(scene.bakery, "small")
    assert len(scene.machines()) == 1
    made = bake(replace(scene.bakery, way=die), "small")  # type: ignore[arg-type]
    assert made.pinned
    assert scene.machines() == []


def test_a_builder_whose_image_was_there_stayed_for_ever(scene: Scene) -> None:
    """Kept because a copy failed: the next bake of the day finds the image, and needs no builder."""
    open_studio(str(scene.folder / "studio.yaml")).up()
    kms = scene.cloud.client("kms", "eu-central-1")
    kms.disable_key(KeyId=scene.ec2("eu-central-1").get_ebs_default_kms_key_id()["KmsKeyId"])
    with pytest.raises(OperationError, match="in eu-central-1 failed"):
        bake(scene.bakery, "small", ["eu-central-1"], keep=True)
    assert len(scene.machines()) == 1
    assert bake(scene.bakery, "small").already
    assert scene.machines() == []
    assert scene.networks() == []
    assert not list(scene.bakery.folder("small").glob("key"))


def _with_installer(scene: Scene, body: bytes | None, sum: str) -> None:
    """The recipe takes its tool from the studio's bucket of installers, which holds `body`."""
    (scene.folder / "tool").unlink(missing_ok=True)
    before, _, after = (scene.folder / "images" / "small.yaml").read_text().partition("steps:")
    text = before + INSTALLER.format(sum=sum, folder=scene.folder) + "verify:" + after.partition("verify:")[2]
    (scene.folder / "images" / "small.yaml").write_text(text)
    (scene.folder / "studio.yaml").write_text(STUDIO + "installers_bucket: our-installers\n")
    s3 = scene.cloud.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="our-installers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if body is not None:
        s3.put_object(Bucket="our-installers", Key="licensed/tool-1.2.run", Body=body)


def test_a_machine_without_credentials_gets_the_studios_own_installer_by_a_link(scene: Scene) -> None:
    _with_installer(scene, b"good\n", hashlib.sha256(b"good\n").hexdigest())
    made = bake(scene.bakery, "small")
    assert made.changed == 1
    assert (scene.folder / "tool").read_bytes() == b"good\n"
    assert "our-installers" not in Path(made.bill).read_text(), "a signed link is nobody else's"


def test_another_installer_than_the_recipe_means_is_not_installed(scene: Scene) -> None:
    _with_installer(scene, b"good\n", "0" * 64)
    with pytest.raises(Failed) as refused:
        bake(scene.bakery, "small")
    assert "wrong checksum: tool has" in refused.value.printed
    assert "Signature=" not in f"{refused.value} {refused.value.hint} {refused.value.printed}"
    assert not (scene.folder / "tool").exists()
    assert scene.machines() == []


def test_an_installer_that_is_not_in_the_bucket_was_found_out_when_a_builder_was_up(scene: Scene) -> None:
    _with_installer(scene, None, "0" * 64)
    with pytest.raises(PreflightRefused, match=r"our-installers has no licensed/tool-1\.2\.run") as refused:
        bake(replace(scene.bakery, way=None), "small")
    assert "Nothing was made." in refused.value.hint
    assert scene.networks() == []


def test_two_bakes_of_one_recipe_at_the_same_time(scene: Scene) -> None:
    bakery = scene.bakery
    with (
        held(bakery.folder("small"), "The bake of small", "workstation image bake"),
        pytest.raises(StateLocked, match="The bake of small"),
    ):
        bake(bakery, "small")
    assert scene.machines() == []


def test_a_second_bake_on_the_same_day_makes_nothing_twice(scene: Scene) -> None:
    first = bake(scene.bakery, "small")
    second = bake(scene.bakery, "small")
    assert second.already
    assert second.ids == first.ids


def test_a_copy_that_failed_later_because_of_its_key_is_said_and_not_pinned(scene: Scene) -> None:
    open_studio(str(scene.folder / "studio.yaml")).up()
    kms = scene.cloud.client("kms", "eu-central-1")
    key = scene.ec2("eu-central-1").get_ebs_default_kms_key_id()["KmsKeyId"]
    kms.disable_key(KeyId=key)
    with pytest.raises(OperationError, match=r"in eu-central-1 failed: The key .* cannot be used"):
        bake(scene.bakery, "small", ["eu-central-1"])
    assert read_pins(scene.bakery.pins).recipes == {}
    assert scene.machines() == []
    kms.enable_key(KeyId=key)
    assert sorted(bake(scene.bakery, "small", ["eu-central-1"]).ids) == ["eu-central-1", "eu-west-1"]


def test_a_bake_in_another_region_took_the_pin_of_the_first_away(scene: Scene) -> None:
    first = bake(scene.bakery, "small").ids
    scene.day = datetime(2026, 12, 1, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    second = bake(replace(scene.bakery, region="eu-central-1"), "small")
    assert second.pinned
    assert read_pins(scene.bakery.pins).recipes["small"].regions == {**first, **second.ids}
    assert standing(scene.bakery, "small").age_days == 5
    # A copy is pinned where the recipe meant nothing; what it means elsewhere is as it was.
    scene.day = datetime(2026, 12, 2, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    third = bake(scene.bakery, "small", ["eu-north-1"])
    assert not third.pinned
    regions = {**first, **second.ids, "eu-north-1": third.ids["eu-north-1"]}
    assert read_pins(scene.bakery.pins).recipes["small"].regions == regions
    again = bake(scene.bakery, "small", promote=True)
    assert (again.already, again.pinned) == (True, True)
    assert read_pins(scene.bakery.pins).recipes["small"].regions == {**regions, **again.ids}


def test_a_promoted_image_was_pinned_with_the_checksums_of_the_one_before(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next bake would have refused the right file."""
    monkeypatch.setattr(baking, "_sums", lambda *_: {"grid": "1" * 64})
    bake(scene.bakery, "small")
    scene.write(f"echo good >{scene.folder}/tool; true")
    (scene.folder / "tool").unlink()
    monkeypatch.setattr(baking, "_sums", lambda *_: {"grid": "2" * 64})
    made = bake(scene.bakery, "small")
    assert read_pins(scene.bakery.pins).recipes["small"].downloads == {"grid": "1" * 64}
    promote(scene.bakery, "small")
    pin = read_pins(scene.bakery.pins).recipes["small"]
    assert (pin.regions, pin.downloads) == (made.ids, {"grid": "2" * 64})
    assert pin.bill


def test_an_image_of_another_studio_of_the_account_was_pruned(scene: Scene) -> None:
    ours = bake(scene.bakery, "small").ids["eu-west-1"]
    scene.day = datetime(2026, 12, 1, tzinfo=UTC)
    other = scene.folder / "other"
    (other / "images").mkdir(parents=True)
    (other / "images" / "small.yaml").write_text((scene.folder / "images" / "small.yaml").read_text())
    (other / "studio.yaml").write_text(STUDIO.replace("northlight", "southlight"))
    theirs = replace(scene.bakery, studio=open_studio(str(other / "studio.yaml")))
    assert to_prune(theirs, "small", keep=0).deleted == ()
    assert standing(theirs, "small").images == ()
    with pytest.raises(UsageError, match=r"There is no image of small in eu-west-1 \(there: none\)"):
        promote(theirs, "small")
    scene.day = DAY
    with pytest.raises(PreflightRefused, match="The studio northlight of the same account made soundstage/small/"):
        bake(theirs, "small")
    # A studio that was renamed has its pin still.
    pins = theirs.pins
    pins.write_text(scene.bakery.pins.read_text())
    assert (standing(theirs, "small").state, standing(theirs, "small").pinned) == ("fresh", ours)


def test_another_machine_that_answers_as_the_builder_gets_nothing(scene: Scene) -> None:
    scene.change = lambda address: replace(address, host_keys=())
    with pytest.raises(WrongHostKey):
        bake(scene.bakery, "small")
    assert not (scene.folder / "tool").exists()
    assert scene.machines() == []


def test_a_builder_that_vanished_is_given_up_and_cleaned_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "SshHost", lambda address, lost: SshHost(address, lost, return_seconds=0))
    scene.change = lambda address: replace(address, port=1)
    with pytest.raises(Unreachable):
        bake(scene.bakery, "small")
    assert scene.machines() == []


def test_an_image_deleted_by_hand_while_pinned_is_told_and_promote_takes_another(scene: Scene) -> None:
    first = bake(scene.bakery, "small")
    scene.day = datetime(2026, 12, 1, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    second = bake(scene.bakery, "small", promote=True)
    scene.ec2().deregister_image(ImageId=second.ids["eu-west-1"])
    assert standing(scene.bakery, "small").state == "gone"
    project = scene.folder / "film.yaml"
    project.write_text("project: film\nworkstations:\n  a-1: {for: audio, image: small, data_gib: 0}\n")
    with pytest.raises(PreflightRefused, match=r"its pinned image ami-.* is gone"):
        open_project(str(project)).preview()
    assert promote(scene.bakery, "small").regions == first.ids
    assert open_project(str(project)).preview().plan.changes_anything


def test_a_shared_image_can_be_used_by_the_account_that_it_is_shared_with(scene: Scene) -> None:
    with pytest.raises(UsageError, match="means no image yet"):
        share(scene.bakery, "small", "123456789012")
    made = bake(scene.bakery, "small")
    assert share(scene.bakery, "small", "123456789012") == made.ids
    told = scene.ec2().describe_image_attribute(ImageId=made.ids["eu-west-1"], Attribute="launchPermission")
    assert told["LaunchPermissions"] == [{"UserId": "123456789012"}]


def test_on_the_simulated_cloud_no_step_is_run_on_this_computer(scene: Scene) -> None:
    made = bake(replace(scene.bakery, way=None), "small")
    assert made.simulated
    assert not (scene.folder / "tool").exists()
    (image,) = scene.ec2().describe_images(ImageIds=[made.ids["eu-west-1"]])["Images"]
    assert {"Key": "soundstage:simulated", "Value": "yes"} in image["Tags"]


def test_a_bake_goes_through_a_session_and_no_port_of_the_builder_is_open(
    scene: Scene, soundstage_home: Path, tmp_path: Path
) -> None:
    """The simulated gateway leads to a genuine OpenSSH server; what cloud-init does for the key is done by the test."""
    bakery = scene.bakery
    through = session_way(bakery.cloud, lambda _told: None)
    seen: list[str] = []

    @contextlib.contextmanager
    def way(told: Builder) -> Iterator[Callable[[], Address]]:
        machine = soundstage_home / "simulator" / "machines" / told.instance_id
        for name in ("etc/ssh", "etc/soundstage/ssh"):
            (machine / name).mkdir(parents=True, exist_ok=True)
        key(machine / "etc/ssh/ssh_host_ed25519_key")
        private = load_ssh_private_key(told.private_key.encode(), None)
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        (machine / "etc/soundstage/ssh" / getpass.getuser()).write_bytes(public)
        shown = (machine / "etc/ssh/ssh_host_ed25519_key.pub").read_text()
        with through(replace(told, host_keys=(shown,))) as address:
            seen.append(f"{address().host} {address().user}")
            yield lambda: replace(address(), user=getpass.getuser(), sudo=False, folder=str(tmp_path / "bake"))

    made = bake(replace(bakery, way=way), "small")
    assert seen == ["127.0.0.1 ubuntu"]
    assert made.changed == 1
    assert (scene.folder / "tool").read_text() == "good\n"
