"""Whoever bakes images on Google Cloud holds exactly the role that `workstation permissions --for bake` prints, on a cloud that enforces it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.exploring import SOAK
from tests.images.sshd import needs_sshd

from soundstage.core.errors import CloudError, SessionError, SoundstageError
from soundstage.images.ssh import Address
from soundstage.images.steps.command import Command
from soundstage.providers.calls import Declined
from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_PROJECT, Endpoint
from soundstage.stacks.account import google_role
from soundstage.stacks.account.bake_permissions import bake_permissions
from soundstage.stacks.account.permissions import Permissions
from soundstage.stacks.clouds.builders import Builder
from soundstage.stacks.clouds.gcp.account import SimulatedGoogle
from soundstage.stacks.images import baking, keeping
from soundstage.stacks.images.baking import bake
from soundstage.stacks.images.builder import Bakery, builder_of
from soundstage.stacks.studio_deployment import open_studio

WORD = "simulated-gcp"
HOME, SECOND = "europe-west4", "europe-west1"
STUDIO = f"studio: northlight\nhome_region: {HOME}\nregions: [{HOME}, {SECOND}]\nalert_emails: [a@example.com]\n"
SMALL = """\
recipe: small
about: A small one.
os: linux
system: debian
base: ubuntu-24.04-2026-09
builder: {{for: audio, disk_gib: 20}}
bake_minutes: 1
steps:
  - script: {{unless: "test -e {folder}/tool", run: "echo good >{folder}/tool"}}
verify:
  - {{name: it works, run: "cat {folder}/tool", expect: good}}
"""
SAMPLE = ("compute.images.create", "compute.disks.useReadOnly", "compute.routers.create", "cloudkms.keyRings.list")


class Bakers:
    """A studio that is up, and people who bake for it."""

    def __init__(self, folder: Path) -> None:
        self._number = count(1)
        self.folder = folder
        self.owner: Endpoint = process.ensure(folder)
        (folder / "studio.yaml").write_text(STUDIO)
        (folder / "images").mkdir()
        (folder / "images" / "small.yaml").write_text(SMALL.format(folder=folder))
        open_studio(str(folder / "studio.yaml"), cloud=WORD).apply({HOME, SECOND})

    def permissions(self) -> Permissions:
        return bake_permissions(open_studio(str(self.folder / "studio.yaml"), cloud=WORD))

    def baker(self, less: str = "") -> str:
        """One who bakes, without the permission `less`."""
        number = next(self._number)
        role = google_role.document(self.permissions())
        role["includedPermissions"] = [one for one in role["includedPermissions"] if one != less]
        here = f"projects/{GOOGLE_PROJECT}"
        made = self.ask("iam.projects.roles.create", parent=here, roleId=f"baker{number}", role=role)
        asked = {"requestedPolicyVersion": 3}
        policy = self.ask("cloudresourcemanager.projects.getIamPolicy", resource=here, options=asked)
        caller = f"user:baker{number}@studio.example"
        bindings = [*policy.get("bindings", []), {"role": made["name"], "members": [caller]}]
        self.ask("cloudresourcemanager.projects.setIamPolicy", resource=here, policy={**policy, "bindings": bindings})
        return caller

    def ask(self, method: str, caller: str = "owner", **params: Any) -> Any:
        return called(simulated_project(self.owner, caller), method, params)

    def bakery(self, caller: str, day: int = 1) -> Bakery:
        studio = open_studio(str(self.folder / "studio.yaml"), cloud=WORD)
        vars(studio.cloud)["project"] = simulated_project(self.owner, caller)
        return Bakery(
            studio, HOME, None, pause=lambda _: None, today=lambda: datetime(2026, 12, day, tzinfo=UTC)
        )  # fmt: skip


@pytest.fixture(scope="module")
def bakers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakers]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        try:
            found = Bakers(home)
            process.set_enforcement(home, True)
            yield found
        finally:
            process.stop(home)


@pytest.fixture(autouse=True)
def _same_home(bakers: Bakers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(bakers.folder))


@needs_sshd
def test_an_image_is_baked_from_inside_copied_promoted_shared_and_pruned_with_exactly_the_printed_role(
    bakers: Bakers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baking, "seal", lambda _system: Command("echo sealed", "seal"))
    monkeypatch.setattr(baking, "inventory", lambda _system: "printf 'ffmpeg\\t6.1\\tamd64\\n'")
    caller = bakers.baker()
    monkeypatch.setattr(SimulatedGoogle, "person", property(lambda _self: caller.partition(":")[2]))
    bakery = bakers.bakery(caller)
    through = bakery.cloud.builders.way(lambda _told: None)

    @contextlib.contextmanager
    def way(builder: Builder) -> Iterator[Callable[[], Address]]:
        with through(builder) as address:
            yield lambda: replace(address(), sudo=False, folder=str(bakers.folder / "bake"))

    bakery = replace(bakery, way=way)
    made = bake(bakery, "small", [SECOND])
    assert (sorted(made.ids), made.changed) == ([SECOND, HOME], 1)
    assert keeping.promote(bakery, "small").regions == made.ids
    assert keeping.share(bakery, "small", "group:render@example.com") == made.ids
    with builder_of(bakery, bakery.recipe("small"), "verify", image_id=made.ids[HOME]) as machine:
        assert machine.instance_id
    bakery.pins.unlink()
    gone = keeping.to_prune(bakery, "small", keep=0)
    assert [one.id for one in gone.deleted] == [made.ids[HOME]]
    keeping.prune(bakery, gone.deleted)
    bakery.cloud.images.delete(made.ids[SECOND], SECOND)
    profile = bakers.ask("oslogin.users.getLoginProfile", caller, name=f"users/{caller.partition(':')[2]}")
    assert not profile["sshPublicKeys"], "the key of a bake is let out again"


@needs_sshd
def test_somebody_who_may_not_become_root_is_told_so_and_the_builder_goes(
    bakers: Bakers, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = bakers.baker(less="compute.instances.osAdminLogin")
    monkeypatch.setattr(SimulatedGoogle, "person", property(lambda _self: caller.partition(":")[2]))
    bakery = bakers.bakery(caller, day=2)
    with pytest.raises(SessionError, match=r"OS Login asks for compute\.instances\.osAdminLogin"):
        bake(replace(bakery, way=bakery.cloud.builders.way(lambda _told: None)), "small")
    scopes = bakers.ask("compute.instances.aggregatedList", project=GOOGLE_PROJECT).get("items", {}).values()
    assert not [one for scope in scopes for one in scope.get("instances", ())]


def test_without_any_one_permission_a_bake_fails_and_names_it(bakers: Bakers) -> None:
    # A simulated machine has no inside that a bake could enter.
    ours = [one.action for one in bakers.permissions().items if one.ours and one.reasons != (google_role.INSIDE,)]
    tried = ours if SOAK else SAMPLE
    assert set(tried) <= set(ours)
    wrong = {}
    for day, action in enumerate(tried, 3):
        bakery = bakers.bakery(bakers.baker(less=action), day % 28 + 1)
        try:
            _whole(bakery)
        except CloudError as refusal:
            if action not in str(refusal):
                wrong[action] = str(refusal)
        except SoundstageError as refusal:
            wrong[action] = f"another error: {refusal}"
        else:
            wrong[action] = "nothing failed"
        finally:
            _whole(bakers.bakery("owner", day % 28 + 1))
    assert wrong == {}


def _whole(bakery: Bakery) -> None:
    """A bake, and everything that is done with its image until that is gone."""
    made = bake(bakery, "small", [SECOND])
    keeping.share(bakery, "small", "group:render@example.com")
    bakery.pins.unlink()
    assert keeping.to_prune(bakery, "small", keep=0).deleted
    for region, id in made.ids.items():
        bakery.cloud.images.delete(id, region)


def test_whoever_bakes_reaches_no_media_no_key_and_no_right(bakers: Bakers) -> None:
    caller, here = bakers.baker(), f"projects/{GOOGLE_PROJECT}"
    access = {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"}
    bakers.ask(
        "storage.buckets.insert", project=GOOGLE_PROJECT, name="northlight-film-media", location=HOME, iamConfiguration=access
    )  # fmt: skip
    bakers.ask("storage.objects.insert", bucket="northlight-film-media", name="a.mov", media="film")
    key = bakers.bakery("owner").cloud.images.disk_key(HOME, "northlight")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("storage.objects.get", {"bucket": "northlight-film-media", "object": "a.mov"}),
        ("storage.objects.list", {"bucket": "northlight-film-media"}),
        ("storage.buckets.delete", {"bucket": "northlight-film-media"}),
        ("cloudkms.projects.locations.keyRings.cryptoKeys.decrypt", {"name": key, "ciphertext": "ZmlsbQ=="}),
        ("cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.destroy", {"name": f"{key}/cryptoKeyVersions/1"}),
        ("cloudkms.projects.locations.keyRings.cryptoKeys.setIamPolicy", {"resource": key, "policy": {"bindings": []}}),
        ("cloudresourcemanager.projects.setIamPolicy", {"resource": here, "policy": {"bindings": []}}),
        ("iam.projects.roles.create", {"parent": here, "roleId": "mine", "role": {"includedPermissions": []}}),
        ("iam.projects.serviceAccounts.create", {"name": here, "accountId": "somebody", "serviceAccount": {}}),
        ("compute.snapshots.list", {"project": GOOGLE_PROJECT}),
    ]  # fmt: skip
    done = []
    for method, params in calls:
        try:
            bakers.ask(method, caller, **params)
        except Declined as error:
            if error.status != 403:
                done.append(f"{method}: {error.status} {error.message}")
        else:
            done.append(method)
    assert done == []
