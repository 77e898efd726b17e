"""A whole bake on each simulated cloud, with a genuine OpenSSH server in the place of the builder: its steps stay in the test's folder."""

import contextlib
import getpass
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key
from tests.images.sshd import Server, key, needs_sshd, server
from tests.made_once import MadeOnce
from tests.stacks.bake_scenes import DAY, SCENES, Scene

from soundstage.core.errors import OperationError, PreflightRefused, StateLocked, UsageError
from soundstage.core.home import home_to_read
from soundstage.engines.lock import held
from soundstage.images.host import Unreachable
from soundstage.images.pins import change_pins, read_pins
from soundstage.images.ssh import Address, Failed, SshHost, WrongHostKey
from soundstage.images.steps.command import Command
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.builders import Builder
from soundstage.stacks.images import baking, builder
from soundstage.stacks.images.baking import bake
from soundstage.stacks.images.keeping import promote, prune, share, standing, to_prune

pytestmark = [needs_sshd, pytest.mark.slow]

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


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def from_nothing(
    sshd: Server, project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Endpoint], Scene]:
    """Makes the scene of a cloud in whatever there is."""
    # What a bake takes out of a machine, and what it lists of it, is for a machine and not for whoever runs the tests.
    monkeypatch.setattr(baking, "seal", lambda _system: Command("echo sealed", "seal"))
    monkeypatch.setattr(baking, "inventory", lambda _system: "printf 'ffmpeg\\t6.1\\tamd64\\n'")
    monkeypatch.setattr(builder, "host_keys", lambda *_: ("ssh-ed25519 TOLD",))
    return lambda word, cloud: SCENES[word](project_folder, sshd, cloud)


@pytest.fixture(params=sorted(SCENES))
def empty_scene(
    request: pytest.FixtureRequest, soundstage_home: Path, from_nothing: Callable[[str, Endpoint], Scene]
) -> Iterator[Scene]:
    """Nothing is there: the first bake brings the studio up."""
    with simulated_cloud(soundstage_home) as cloud:
        yield from_nothing(request.param, cloud)


@pytest.fixture(params=sorted(SCENES))
def scene(
    request: pytest.FixtureRequest,
    soundstage_home: Path,
    made_once: MadeOnce,
    from_nothing: Callable[[str, Endpoint], Scene],
) -> Iterator[Scene]:
    """The studio is up in its home region, as after the first bake."""

    def make() -> None:
        there = from_nothing(request.param, process.ensure(home_to_read()))
        there.open_studio().apply([there.home])

    made_once.put(f"bakery-{request.param}", make, from_studio=False)
    with simulated_cloud(soundstage_home) as cloud:
        yield from_nothing(request.param, cloud)


on_aws = pytest.mark.parametrize("scene", ["aws"], indirect=True)
"""For what only AWS does yet, or does otherwise."""


def test_a_recipe_becomes_an_image_in_two_regions_is_pinned_and_used_and_pruned(empty_scene: Scene) -> None:
    scene = empty_scene
    made = bake(scene.bakery, "small", [scene.second])
    assert made.pinned
    assert made.changed == 1
    assert not list(scene.bakery.folder("small").glob("key")), "a key is for one bake"
    assert sorted(made.ids) == sorted([scene.home, scene.second])
    assert made.name.startswith("soundstage/small/2026-11-26-")
    # The builder is gone with everything that it took.
    assert scene.machines() == []
    assert scene.networks() == []
    for region, id in made.ids.items():
        image = scene.image(id, region)
        assert (image.tags["soundstage:recipe"], image.tags["soundstage:studio"]) == ("small", "northlight")
        assert len(image.tags["soundstage:recipe-digest"]) == 64
        assert len(image.tags["soundstage:bill"]) == 64
        assert (image.gib, image.is_encrypted) == (20, True)
    pins = scene.bakery.pins
    assert read_pins(pins).recipes["small"].regions == made.ids
    assert Path(made.bill).exists()
    # A project uses it.
    scene.open_project().up()
    (machine,) = scene.open_project().machines()
    assert scene.made_from(machine.instance_id) == made.ids[scene.home]
    # The next month's bake moves no pin by itself, and no machine.
    scene.day = datetime(2026, 12, 20, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    later = bake(scene.bakery, "small")
    assert not later.pinned
    assert read_pins(pins).image("small", scene.home) == made.ids[scene.home]
    promote(scene.bakery, "small")
    assert read_pins(pins).recipes["small"].regions == later.ids
    assert not scene.open_project().preview().plan.changes_anything
    # What is in use stays.
    found_old = to_prune(scene.bakery, "small", keep=1)
    assert [(one.id, why.split()[0]) for one, why in found_old.kept] == [
        (made.ids[scene.home], "in"), (later.ids[scene.home], "pinned"),
    ]  # fmt: skip
    scene.open_project().down()
    gone = to_prune(scene.bakery, "small", keep=1)
    assert [one.id for one in gone.deleted] == [made.ids[scene.home]]
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
    scene.open_studio().up()
    scene.disable_key(scene.second)
    with pytest.raises(OperationError, match=scene.key_refusal):
        bake(scene.bakery, "small", [scene.second], keep=True)
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
    (scene.folder / "studio.yaml").write_text(scene.studio + "installers_bucket: our-installers\n")
    s3 = scene.cloud.client("s3", "eu-west-1")
    s3.create_bucket(Bucket="our-installers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if body is not None:
        s3.put_object(Bucket="our-installers", Key="licensed/tool-1.2.run", Body=body)


@on_aws
def test_a_machine_without_credentials_gets_the_studios_own_installer_by_a_link(scene: Scene) -> None:
    _with_installer(scene, b"good\n", hashlib.sha256(b"good\n").hexdigest())
    made = bake(scene.bakery, "small")
    assert made.changed == 1
    assert (scene.folder / "tool").read_bytes() == b"good\n"
    assert "our-installers" not in Path(made.bill).read_text(), "a signed link is nobody else's"


@on_aws
def test_another_installer_than_the_recipe_means_is_not_installed(scene: Scene) -> None:
    _with_installer(scene, b"good\n", "0" * 64)
    with pytest.raises(Failed) as refused:
        bake(scene.bakery, "small")
    assert "wrong checksum: tool has" in refused.value.printed
    assert "Signature=" not in f"{refused.value} {refused.value.hint} {refused.value.printed}"
    assert not (scene.folder / "tool").exists()
    assert scene.machines() == []


@on_aws
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
    scene.open_studio().up()
    enable = scene.disable_key(scene.second)
    with pytest.raises(OperationError, match=scene.key_refusal):
        bake(scene.bakery, "small", [scene.second])
    assert read_pins(scene.bakery.pins).recipes == {}
    assert scene.machines() == []
    enable()
    assert sorted(bake(scene.bakery, "small", [scene.second]).ids) == sorted([scene.home, scene.second])


def test_a_bake_in_another_region_took_the_pin_of_the_first_away(scene: Scene) -> None:
    first = bake(scene.bakery, "small").ids
    scene.day = datetime(2026, 12, 1, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    second = bake(replace(scene.bakery, region=scene.second), "small")
    assert second.pinned
    assert read_pins(scene.bakery.pins).recipes["small"].regions == {**first, **second.ids}
    assert standing(scene.bakery, "small").age_days == 5
    # A copy is pinned where the recipe meant nothing; what it means elsewhere is as it was.
    scene.day = datetime(2026, 12, 2, tzinfo=UTC)
    (scene.folder / "tool").unlink()
    third = bake(scene.bakery, "small", [scene.third])
    assert not third.pinned
    regions = {**first, **second.ids, scene.third: third.ids[scene.third]}
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


def test_an_image_that_was_pinned_for_another_region_was_pruned(scene: Scene) -> None:
    """An image of Google Cloud may be there in more regions than the one whose machines it is pinned for."""
    id = bake(scene.bakery, "small").ids[scene.home]
    pin = read_pins(scene.bakery.pins).recipes["small"]
    change_pins(
        scene.bakery.pins, lambda pins: pins.moved("small", pin.model_copy(update={"regions": {scene.second: id}}))
    )
    found = to_prune(scene.bakery, "small", keep=0)
    assert found.deleted == ()
    assert [(one.id, why) for one, why in found.kept] == [(id, "pinned")]


def test_an_image_of_another_studio_of_the_account_was_pruned(scene: Scene) -> None:
    ours = bake(scene.bakery, "small").ids[scene.home]
    scene.day = datetime(2026, 12, 1, tzinfo=UTC)
    other = scene.folder / "other"
    (other / "images").mkdir(parents=True)
    (other / "images" / "small.yaml").write_text((scene.folder / "images" / "small.yaml").read_text())
    (other / "studio.yaml").write_text(scene.studio.replace("northlight", "southlight"))
    theirs = replace(scene.bakery, studio=scene.open_studio(other))
    assert to_prune(theirs, "small", keep=0).deleted == ()
    assert standing(theirs, "small").images == ()
    with pytest.raises(UsageError, match=r"There is no image of small in [a-z0-9-]+ \(there: none\)"):
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
    scene.delete_image(second.ids[scene.home])
    assert standing(scene.bakery, "small").state == "gone"
    with pytest.raises(PreflightRefused, match=r"its pinned image .* is gone"):
        scene.open_project().preview()
    assert promote(scene.bakery, "small").regions == first.ids
    assert scene.open_project().preview().plan.changes_anything


def test_a_shared_image_can_be_used_by_the_account_that_it_is_shared_with(scene: Scene) -> None:
    with pytest.raises(UsageError, match="means no image yet"):
        share(scene.bakery, "small", scene.other)
    made = bake(scene.bakery, "small")
    assert share(scene.bakery, "small", scene.other) == made.ids
    assert scene.shared_with(made.ids[scene.home]) == [scene.other]


def test_on_the_simulated_cloud_no_step_is_run_on_this_computer(scene: Scene) -> None:
    made = bake(replace(scene.bakery, way=None), "small")
    assert made.simulated
    again = bake(replace(scene.bakery, way=None), "small")
    assert (again.already, again.simulated) == (True, True), "it asked to commit pins that mean nothing to anybody else"
    assert not (scene.folder / "tool").exists()
    assert scene.image(made.ids[scene.home], scene.home).tags["soundstage:simulated"] == "yes"


@on_aws
def test_a_bake_goes_through_a_session_and_no_port_of_the_builder_is_open(
    scene: Scene, soundstage_home: Path, tmp_path: Path
) -> None:
    """The simulated gateway leads to a genuine OpenSSH server; what cloud-init does for the key is done by the test."""
    bakery = scene.bakery
    through = bakery.cloud.builders.way(lambda _told: None)
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


@pytest.mark.parametrize("scene", ["gcp"], indirect=True)
def test_a_bake_goes_through_identity_aware_proxy_to_the_machine_that_told_its_host_keys(
    scene: Scene, tmp_path: Path
) -> None:
    bakery = scene.bakery
    through = bakery.cloud.builders.way(lambda _told: None)
    seen: list[str] = []

    @contextlib.contextmanager
    def way(told: Builder) -> Iterator[Callable[[], Address]]:
        keys = bakery.cloud.images.host_keys(told.instance_id)
        with through(replace(told, host_keys=keys)) as address:
            seen.append(f"{address().host} {address().user} {address().sudo}")
            yield lambda: replace(address(), sudo=False, folder=str(tmp_path / "bake"))

    made = bake(replace(bakery, way=way), "small")
    assert seen == [f"127.0.0.1 {getpass.getuser()} True"]
    assert made.changed == 1
    assert (scene.folder / "tool").read_text() == "good\n"
    image = scene.image(made.ids[scene.home], scene.home)
    assert image.tags["soundstage:base"] == "ubuntu-os-cloud/ubuntu-2404-noble-amd64-v20261012"


@pytest.mark.parametrize("scene", ["gcp"], indirect=True)
def test_a_recipe_that_takes_an_installer_from_a_bucket_is_refused_before_anything_is_made(scene: Scene) -> None:
    text = (scene.folder / "images" / "small.yaml").read_text().partition("steps:")[0]
    (scene.folder / "images" / "small.yaml").write_text(text + INSTALLER.format(sum="0" * 64, folder=scene.folder))
    (scene.folder / "studio.yaml").write_text(scene.studio + "installers_bucket: our-installers\n")
    with pytest.raises(UsageError, match="take no installers from a bucket of the studio's own yet"):
        bake(scene.bakery, "small")
    assert scene.networks() == []


@pytest.mark.parametrize("scene", ["gcp"], indirect=True)
def test_an_image_was_shared_with_a_project_which_is_nobody(scene: Scene) -> None:
    made = bake(scene.bakery, "small")
    for nobody in ("partner-project", "123456789012", "allUsers", "user:ana"):
        with pytest.raises(UsageError, match="a person, a group or a service account"):
            share(scene.bakery, "small", nobody)
    for _ in range(2):
        share(scene.bakery, "small", "user:ana@example.com")
    share(scene.bakery, "small", scene.other)
    assert scene.shared_with(made.ids[scene.home]) == ["user:ana@example.com", scene.other]
