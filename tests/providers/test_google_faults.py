"""Google's provider when the cloud stumbles: retries, lost answers, refusals, and what others do meanwhile."""

import itertools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import CloudError, HalfMade
from soundstage.core.values import Properties
from soundstage.providers import calls
from soundstage.providers.calls import Declined, refused
from soundstage.providers.gcp.editing import EDITS
from soundstage.providers.gcp.provider import GoogleProvider
from soundstage.providers.gcp.rest import called
from soundstage.providers.gcp.seeking import exists, seek
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.gcp.clients import simulated_project

P, R, Z = process.GOOGLE_PROJECT, "europe-west4", "europe-west4-a"
PLACES = {"project": P, "region": R}
NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
BUCKET = "gcp:storage/bucket:Bucket"
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
MACHINE = "gcp:compute/instance:Instance"
IMAGE = "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261012"
_SEEDS = itertools.count()


class Stage:
    """A provider, what it said, and how to make things with it."""

    def __init__(self, home: Path) -> None:
        self.home, self.heard = home, list[str]()
        self.account = simulated_project(process.ensure(home, process.GOOGLE_FRONT))
        self.provider = GoogleProvider(self.account, R, self.heard.append)

    def inputs(self, type: str, /, **inputs: Any) -> Properties:
        return self.provider.check(type, urn(type), {}, inputs, str(next(_SEEDS)).encode()).inputs

    def make(self, type: str, /, **inputs: Any) -> tuple[str, Properties, Properties]:
        checked = self.inputs(type, **inputs)
        created = self.provider.create(type, urn(type), checked)
        return created.id, checked, created.outputs

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        process.set_faults(self.home, [FaultRule(operation, kind, **more)])


def urn(type: str) -> str:
    return f"urn:pulumi:test::soundstage::{type}::thing"


@pytest.fixture(scope="module")
def _google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("google")
    try:
        yield home
    finally:
        process.stop(home, save=False)


@pytest.fixture
def stage(_google: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(calls, "_FIRST_PAUSE", 0.001)
    found = Stage(_google)
    process.reset(_google)
    yield found
    process.clear_faults(_google)


def networks(stage: Stage) -> list[str]:
    return [one["name"] for one in called(stage.account, "compute.networks.list", {"project": P}).get("items", ())]


@pytest.mark.parametrize("kind", ["throttle", "server-error", "connection-lost"])
def test_a_call_that_may_pass_is_tried_again_and_told(kind: str, stage: Stage) -> None:
    stage.fault("compute:networks.insert", kind, times=2)
    stage.make(NETWORK, autoCreateSubnetworks=False)
    assert len(stage.heard) == 2
    assert all(each.startswith("compute.networks.create: ") for each in stage.heard)
    assert len(networks(stage)) == 1


@pytest.mark.parametrize(
    ("type", "operation", "inputs"),
    [
        (NETWORK, "compute:networks.insert", {"autoCreateSubnetworks": False}),
        (BUCKET, "storage:buckets.insert", {"name": "home-lost", "location": "EUROPE-WEST4"}),
        ("gcp:serviceaccount/account:Account", "iam:*serviceAccounts.create", {"accountId": "ws-lost-1", "displayName": "d"}),
        ("gcp:kms/keyRing:KeyRing", "cloudkms:*keyRings.create", {"location": R}),
        ("gcp:pubsub/topic:Topic", "pubsub:*topics.create", {}),
        (
            "gcp:monitoring/notificationChannel:NotificationChannel",
            "monitoring:*notificationChannels.create",
            {"type": "email", "displayName": "d", "labels": {"email_address": "ana@studio.example"}},
        ),
    ],
)  # fmt: skip
def test_what_was_made_before_the_answer_was_lost_is_found(
    type: str, operation: str, inputs: Properties, stage: Stage
) -> None:
    stage.fault(operation, "lost-answer")
    id, checked, _ = stage.make(type, **inputs)
    assert process.list_faults(stage.home) == (), "the fault was not met"
    found = stage.provider.find(type, urn(type), checked)
    assert found is not None
    assert found.id == id


def test_a_refusal_names_the_permission_and_googles_reason(stage: Stage) -> None:
    stage.fault("compute:networks.insert", "denied")
    with pytest.raises(CloudError) as refused:
        stage.make(NETWORK, autoCreateSubnetworks=False)
    assert refused.value.action == "compute.networks.create"
    assert refused.value.code == "forbidden"
    assert "compute.networks.create" in refused.value.hint


def test_what_somebody_else_made_under_the_name_is_not_taken_for_ours(stage: Stage) -> None:
    stage.make(BUCKET, name="home-taken", location="EUROPE-WEST4", labels={"studio": "other"})
    ours = stage.inputs(BUCKET, name="home-taken", location="EUROPE-WEST4", labels={"studio": "home"})
    with pytest.raises(CloudError) as refused:
        stage.provider.create(BUCKET, urn(BUCKET), ours)
    assert refused.value.code == "conflict"
    assert stage.provider.find(BUCKET, urn(BUCKET), ours) is None
    assert seek(stage.account, PLACES, BUCKET, ours, ()).id is None


def test_what_somebody_else_deleted_is_gone(stage: Stage) -> None:
    id, inputs, outputs = stage.make(NETWORK, autoCreateSubnetworks=False)
    assert exists(stage.account, PLACES, NETWORK, id, inputs)
    called(stage.account, "compute.networks.delete", {"project": P, "network": outputs["name"]})
    assert stage.provider.read(NETWORK, id, inputs, outputs) is None
    assert not exists(stage.account, PLACES, NETWORK, id, inputs)
    stage.provider.delete(NETWORK, urn(NETWORK), id, inputs, outputs)


def test_what_somebody_else_changed_is_told(stage: Stage) -> None:
    network = stage.make(NETWORK, autoCreateSubnetworks=False)[0]
    id, inputs, outputs = stage.make(
        SUBNET, network=network, ipCidrRange="10.1.0.0/24", region=R, privateIpGoogleAccess=True
    )
    where = {"project": P, "region": R, "subnetwork": outputs["name"]}
    called(stage.account, "compute.subnetworks.setPrivateIpGoogleAccess", {**where, "privateIpGoogleAccess": False})
    found = stage.provider.read(SUBNET, id, inputs, outputs)
    assert found is not None
    changes = stage.provider.diff(SUBNET, id, found.inputs, found.outputs, inputs).changes
    assert [each.path for each in changes] == ["privateIpGoogleAccess"]


def test_members_given_side_by_side_are_all_there(stage: Stage) -> None:
    bucket = stage.make(BUCKET, name="home-members", location="EUROPE-WEST4", uniformBucketLevelAccess=True)[0]
    people = [f"user:{name}@studio.example" for name in ("ana", "bo", "cy", "di", "ed", "flo", "gil", "hal")]
    given = [stage.inputs(MEMBER, bucket=bucket, role="roles/storage.objectViewer", member=person) for person in people]
    with ThreadPoolExecutor(len(given)) as pool:
        list(pool.map(lambda inputs: stage.provider.create(MEMBER, urn(MEMBER), inputs), given))
    policy = called(stage.account, "storage.buckets.getIamPolicy", {"bucket": bucket})
    assert sorted(member for one in policy["bindings"] for member in one["members"] if member in people) == sorted(
        people
    )


def test_an_edit_begins_again_when_somebody_else_wrote_in_between() -> None:
    held: dict[str, Any] = {"etag": "1", "bindings": [{"role": "r", "members": ["user:a"]}]}
    wrote: list[str] = []

    def ask(name: str, told: Mapping[str, Any]) -> Any:
        if name.endswith("getIamPolicy"):
            return dict(held)
        policy = told["body"]
        if not wrote:  # somebody else comes first
            wrote.append("other")
            held.update(etag="2", bindings=[{"role": "r", "members": ["user:a", "user:b"]}])
        if policy["etag"] != held["etag"]:
            raise Declined("conditionNotMet", "changed", 412)
        held.update(policy)
        return policy

    EDITS["addMember"](ask, "storage", "buckets", {"bucket": "b", "role": "r", "member": "user:c"})
    assert held["bindings"] == [{"role": "r", "members": ["user:a", "user:b", "user:c"]}]


def machine(stage: Stage, **more: Any) -> tuple[str, Properties, Properties]:
    network = stage.make(NETWORK, autoCreateSubnetworks=False)[0]
    subnet = stage.make(SUBNET, network=network, ipCidrRange="10.1.0.0/24", region=R)[0]
    return stage.make(
        MACHINE,
        zone=Z,
        machineType="g2-standard-4",
        bootDisk={"initializeParams": {"image": IMAGE, "size": 20}},
        guestAccelerators=[{"type": "nvidia-l4-vws", "count": 1}],
        scheduling={"onHostMaintenance": "TERMINATE"},
        networkInterfaces=[{"subnetwork": subnet}],
        allowStoppingForUpdate=True,
        **more,
    )


def test_what_others_put_into_metadata_went_with_the_next_change_of_ours(stage: Stage) -> None:
    """A machine that a person kept awake stopped under a render, after an `up` that changed its minutes of idleness."""
    id, inputs, outputs = machine(stage, metadata={"idle": "30", "old": "yes"})
    where = {"project": P, "zone": Z, "instance": outputs["name"]}
    held = called(stage.account, "compute.instances.get", where)["metadata"]
    items = [*held["items"], {"key": "soundstage-keep-awake", "value": "2026-11-28T10:00:00Z ana"}]
    called(
        stage.account, "compute.instances.setMetadata", {**where, "fingerprint": held["fingerprint"], "items": items}
    )
    stage.fault("compute:instances.setMetadata", "lost-answer")
    stage.provider.update(MACHINE, urn(MACHINE), id, inputs, outputs, {**inputs, "metadata": {"idle": "90"}})
    now = called(stage.account, "compute.instances.get", where)["metadata"]["items"]
    assert {one["key"]: one["value"] for one in now} == {
        "idle": "90",
        "soundstage-keep-awake": "2026-11-28T10:00:00Z ana",
    }


def test_a_machine_with_local_disks_could_not_be_stopped_for_another_size(stage: Stage) -> None:
    id, inputs, outputs = machine(stage, scratchDisks=[{"interface": "NVME"}])
    stage.provider.update(MACHINE, urn(MACHINE), id, inputs, outputs, {**inputs, "machineType": "g2-standard-8"})
    now = called(stage.account, "compute.instances.get", {"project": P, "zone": Z, "instance": outputs["name"]})
    assert (now["status"], now["machineType"].rpartition("/")[2]) == ("RUNNING", "g2-standard-8")


def test_a_machine_that_is_to_be_bought_otherwise_failed_halfway_instead_of_being_made_anew(stage: Stage) -> None:
    here = {"onHostMaintenance": "TERMINATE", "provisioningModel": "STANDARD", "preemptible": False}
    there = {**here, "provisioningModel": "SPOT", "preemptible": True}
    found = stage.provider.diff(MACHINE, "edit-1", {"scheduling": here}, {}, {"scheduling": there})
    assert {one.path for one in found.changes if one.replaces} == {
        "scheduling.provisioningModel",
        "scheduling.preemptible",
    }
    kept = stage.provider.diff(
        MACHINE, "edit-1", {"scheduling": here}, {}, {"scheduling": {**here, "automaticRestart": False}}
    )
    assert not kept.replaces


@pytest.mark.parametrize(
    ("now", "replaces"), [("10.0.0.0/16", False), ("10.0.1.0/24", True), ("10.9.0.0/20", True), ("no range", False)]
)
def test_a_range_that_does_not_hold_the_present_one_failed_instead_of_making_the_subnetwork_anew(
    now: str, replaces: bool, stage: Stage
) -> None:
    found = stage.provider.diff(SUBNET, "edit", {"ipCidrRange": "10.0.0.0/20"}, {}, {"ipCidrRange": now})
    assert [(one.path, one.replaces) for one in found.changes] == [("ipCidrRange", replaces)]


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [("attachDisk", [], ["work"]), ("detachDisk", ["work"], [])],
)
def test_a_disk_that_was_put_in_or_taken_out_before_the_answer_was_lost_failed_the_second_time(
    operation: str, before: list[str], after: list[str], stage: Stage
) -> None:
    disk = stage.make("gcp:compute/disk:Disk", zone=Z, size=20)[2]

    def attached(names: list[str]) -> list[Properties]:
        return [{"source": disk["selfLink"], "deviceName": name, "mode": "READ_WRITE"} for name in names]

    id, inputs, outputs = machine(stage, attachedDisks=attached(before))
    stage.fault(f"compute:instances.{operation}", "lost-answer")
    stage.provider.update(MACHINE, urn(MACHINE), id, inputs, outputs, {**inputs, "attachedDisks": attached(after)})
    assert process.list_faults(stage.home) == (), "the fault was not met"
    now = called(stage.account, "compute.instances.get", {"project": P, "zone": Z, "instance": outputs["name"]})
    assert [one["deviceName"] for one in now["disks"] if not one["boot"]] == after


def test_a_disk_that_grew_before_the_answer_was_lost_failed_the_second_time(stage: Stage) -> None:
    type = "gcp:compute/disk:Disk"
    id, inputs, outputs = stage.make(type, zone=Z, size=20)
    stage.fault("compute:disks.resize", "lost-answer")
    assert stage.provider.update(type, urn(type), id, inputs, outputs, {**inputs, "size": 30})["size"] == 30


def test_a_zone_without_room_is_named_and_is_googles(stage: Stage) -> None:
    stage.fault("compute:instances.insert", "no-capacity")
    with pytest.raises(CloudError) as refused:
        machine(stage)
    assert refused.value.hint.startswith(f"Google Cloud has no such machine free in {Z} now.")


def test_whoever_has_used_up_a_quota_of_google_is_not_sent_to_aws() -> None:
    hint = refused("compute.instances.create", "quotaExceeded", "Quota 'NVIDIA_L4_GPUS' exceeded.").hint
    assert "ask Google for more" in hint
    assert "AWS" not in hint


def test_a_last_snapshot_whose_answer_was_lost_is_taken_once_and_lets_the_disk_go(stage: Stage) -> None:
    """The second call met the first one's name, and the disk stayed."""
    id, inputs, outputs = stage.make(
        "gcp:compute/disk:Disk", zone=Z, size=20, createSnapshotBeforeDestroy=True,
        createSnapshotBeforeDestroyPrefix="edit-1-last",
    )  # fmt: skip
    stage.fault("compute:disks.createSnapshot", "lost-answer")
    stage.provider.delete("gcp:compute/disk:Disk", "urn", id, inputs, outputs)
    assert process.list_faults(stage.home) == (), "the fault was not met"
    (snapshot,) = called(stage.account, "compute.snapshots.list", {"project": P})["items"]
    assert snapshot["name"].startswith("edit-1-last-")
    assert snapshot["storageLocations"] == [Z.rpartition("-")[0]], (
        "it left the region, and perhaps the agreed residency"
    )
    assert stage.provider.read("gcp:compute/disk:Disk", id, inputs, outputs) is None


def test_a_machine_stopped_for_a_change_that_was_refused_is_started_by_the_next_one(stage: Stage) -> None:
    id, inputs, outputs = machine(stage)
    news = {**inputs, "machineType": "g2-standard-8"}
    stage.fault("compute:instances.setMachineType", "denied")
    with pytest.raises(HalfMade) as stopped:
        stage.provider.update(MACHINE, urn(MACHINE), id, inputs, outputs, news)
    where = {"project": P, "zone": Z, "instance": outputs["name"]}
    assert called(stage.account, "compute.instances.get", where)["status"] == "TERMINATED"

    stage.provider.update(MACHINE, urn(MACHINE), id, inputs, stopped.value.outputs, news)
    now = called(stage.account, "compute.instances.get", where)
    assert now["status"] == "RUNNING"
    assert now["machineType"].endswith("/g2-standard-8")
    assert not now.get("labels")


def test_a_machine_whose_change_was_cut_off_before_it_started_again_passed_for_unchanged_and_stayed_stopped(
    stage: Stage,
) -> None:
    id, inputs, outputs = machine(stage)
    news = {**inputs, "machineType": "g2-standard-8"}
    stage.fault("compute:instances.start", "denied")
    with pytest.raises(HalfMade):
        stage.provider.update(MACHINE, urn(MACHINE), id, inputs, outputs, news)
    found = stage.provider.read(MACHINE, id, inputs, outputs)
    assert found is not None
    changes = stage.provider.diff(MACHINE, id, found.inputs, found.outputs, news).changes
    assert "labels" in {one.path.partition(".")[0] for one in changes}
    stage.provider.update(MACHINE, urn(MACHINE), id, found.inputs, found.outputs, news)
    now = called(stage.account, "compute.instances.get", {"project": P, "zone": Z, "instance": outputs["name"]})
    assert now["status"] == "RUNNING"
    assert not now.get("labels")
