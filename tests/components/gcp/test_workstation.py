"""A workstation on Google Cloud: closed, encrypted, with an account of its own, and never running for nothing."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from tests.components.gcp.conftest import Findings, plan_of, without

from soundstage.components.gcp import Workstation
from soundstage.components.gcp.clock import unix_cron
from soundstage.components.gcp.workstation_checks import resolve
from soundstage.components.google_sizes import google_machines, google_type, in_doubt, local_ssds
from soundstage.components.sizes import roles, sizes
from soundstage.components.tags import ZONE, base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = {**base_tags("home", "teaser", owner="ana@studio.example"), ZONE: "content"}
KEY = "projects/tinyorange-film/locations/europe-west4/keyRings/teaser/cryptoKeys/teaser"
IMAGE = "projects/tinyorange-film/global/images/edit-linux-2026-11-20-ab12cd34"
ARGS: dict[str, Any] = {
    "project": "teaser",
    "user": "ana",
    "people": ["user:ana@studio.example"],
    "subnet_id": "projects/tinyorange-film/regions/europe-west4/subnetworks/teaser",
    "availability_zone": "europe-west4-a",
    "key_id": KEY,
    "image": IMAGE,
    "bucket_name": "home-media-teaser-1",
    "tags": TAGS,
}
HOURS = {"days": ["MON", "FRI"], "start": "09:00", "stop": "19:00", "timezone": "Europe/Lisbon"}


def made(deploy: Deploy, **more: Any) -> Any:
    build: Any = Workstation
    return deploy(lambda: build("teaser-edit-1", {**ARGS, **more}))


def instance(deploy: Deploy, **more: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = made(deploy, **more).one("Instance").inputs
    return inputs


def resolved(**more: Any) -> Any:
    build: Any = resolve
    return build("edit-1", {**ARGS, **more})


def test_no_address_of_a_machine_is_public(deploy: Deploy) -> None:
    (interface,) = instance(deploy)["networkInterfaces"]
    assert set(interface) == {"subnetwork", "nicType", "stackType"}
    assert interface["stackType"] == "IPV4_ONLY"


def test_people_come_in_as_themselves_and_only_to_their_machine(deploy: Deploy) -> None:
    machine = made(deploy, people=["user:ana@studio.example", "group:editors@studio.example"])
    metadata = machine.one("Instance").inputs["metadata"]
    assert metadata["enable-oslogin"] == "TRUE"
    assert metadata["block-project-ssh-keys"] == "TRUE"
    assert metadata["serial-port-enable"] == "FALSE"
    tunnels = machine.all("TunnelInstanceIAMMember")
    assert {each.inputs["member"] for each in tunnels} == {"user:ana@studio.example", "group:editors@studio.example"}
    assert tunnels[0].inputs["condition"]["expression"] == "destination.port == 22 || destination.port == 8443"
    assert {each.inputs["role"] for each in machine.all("InstanceIAMMember")} == {"roles/compute.osLogin"}
    assert {each.inputs["serviceAccountId"] for each in machine.all("gcp:serviceaccount/iAMMember:IAMMember")} == {
        "teaser-edit-1-account-1234567"
    }


def test_it_is_an_account_of_its_own_with_two_roles_and_its_media(deploy: Deploy) -> None:
    machine = made(deploy, prefix="footage/")
    account = machine.one("Instance").inputs["serviceAccount"]
    assert account["email"].startswith("ws-teaser-edit-1-")
    assert account["scopes"] == ["https://www.googleapis.com/auth/cloud-platform"]
    given = {each.inputs["role"] for each in machine.all("gcp:projects/iAMMember:IAMMember")}
    assert given == {"roles/logging.logWriter", "roles/monitoring.metricWriter"}
    media = machine.one("BucketIAMMember").inputs
    assert media["role"] == "roles/storage.objectUser"
    assert 'startsWith("projects/_/buckets/home-media-teaser-1/objects/footage/")' in media["condition"]["expression"]


def test_boot_and_data_disk_have_the_studios_key(deploy: Deploy) -> None:
    machine = made(deploy)
    assert machine.one("Instance").inputs["bootDisk"]["kmsKeySelfLink"] == KEY
    assert machine.one("Disk").inputs["diskEncryptionKey"] == {"kmsKeySelfLink": KEY}
    assert machine.one("Instance").inputs["keyRevocationActionType"] == "STOP"


def test_the_data_disk_leaves_a_last_snapshot_and_has_one_every_day_in_its_region(deploy: Deploy) -> None:
    machine = made(deploy)
    disk = machine.one("Disk").inputs
    assert disk["createSnapshotBeforeDestroy"] is True
    policy = machine.one("ResourcePolicy", "teaser-edit-1-snapshots").inputs["snapshotSchedulePolicy"]
    assert policy["retentionPolicy"] == {"maxRetentionDays": 14, "onSourceDiskDelete": "KEEP_AUTO_SNAPSHOTS"}
    assert policy["snapshotProperties"]["storageLocations"] == "europe-west4"
    assert machine.one("DiskResourcePolicyAttachment").inputs["disk"] == "teaser-edit-1-data-1234567"
    assert not made(deploy, snapshot_days=0).all("ResourcePolicy")
    assert made(deploy, keep=False).one("Disk").inputs["createSnapshotBeforeDestroy"] is False


def test_the_machine_never_moves_while_it_works(deploy: Deploy) -> None:
    found = instance(deploy)
    assert found["scheduling"]["onHostMaintenance"] == "TERMINATE"


def test_google_stops_what_nobody_stopped(deploy: Deploy) -> None:
    assert instance(deploy)["scheduling"]["maxRunDuration"] == {"seconds": 24 * 3600}
    long = instance(deploy, longest_run_hours=72, scratch_gib=300)
    assert long["scheduling"]["maxRunDuration"] == {"seconds": 72 * 3600}
    assert long["scheduling"]["onInstanceStopAction"] == {"discardLocalSsd": True}
    assert long["scratchDisks"] == [{"interface": "NVME"}]


def test_a_spot_machine_is_asked_for_by_name(deploy: Deploy) -> None:
    found = instance(deploy, purchase="spot", allow_spot=True)["scheduling"]
    assert (found["provisioningModel"], found["automaticRestart"]) == ("SPOT", False)


def test_the_clock_may_start_and_stop_this_machine_and_nothing_else(deploy: Deploy) -> None:
    machine = made(deploy, hours=HOURS)
    assert machine.one("IAMCustomRole").inputs["permissions"] == ["compute.instances.start", "compute.instances.stop"]
    member = machine.one("gcp:projects/iAMMember:IAMMember", "teaser-edit-1-clock").inputs
    assert member["member"] == "serviceAccount:service-123456789012@compute-system.iam.gserviceaccount.com"
    assert "zones/europe-west4-a/instances/teaser-edit-1-instance-" in member["condition"]["expression"]
    schedule = machine.one("ResourcePolicy", "teaser-edit-1-hours").inputs["instanceSchedulePolicy"]
    assert schedule == {
        "timeZone": "Europe/Lisbon",
        "vmStartSchedule": {"schedule": "0 9 * * 1,5"},
        "vmStopSchedule": {"schedule": "0 19 * * 1,5"},
    }


@pytest.mark.parametrize(
    ("expression", "written"),
    [("cron(0 9 ? * MON,FRI *)", "0 9 * * 1,5"), ("cron(30 0 ? * TUE,SUN *)", "30 0 * * 0,2")],
)
def test_times_are_written_as_google_reads_them(expression: str, written: str) -> None:
    assert unix_cron(expression) == written


def test_the_idle_guards_settings_stand_in_the_metadata_and_change_no_script(deploy: Deploy) -> None:
    one, other = (
        instance(deploy, idle={"stop_after_minutes": minutes, "keep_while": ["render", "nuke"]})["metadata"]
        for minutes in (20, 40)
    )
    assert (one["soundstage-idle-minutes"], other["soundstage-idle-minutes"]) == ("20", "40")
    assert one["soundstage-keep-while"] == "render:nuke"
    assert one["startup-script"] == other["startup-script"]


def test_a_command_that_is_a_secret_is_refused_without_showing_it(deploy: Deploy) -> None:
    with pytest.raises(Exception, match=r"boot_commands\[0\] is a secret") as refused:
        made(deploy, boot_commands=[pulumi.Output.secret("licence=hunter2")])
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("role", roles())
@pytest.mark.parametrize("size", sizes())
def test_every_role_and_size_has_a_machine_somewhere(role: str, size: str) -> None:
    found = google_type(role, size, "europe-west4")
    assert found is not None
    assert (found.accelerator is None) == (role == "audio")


def test_facts_of_machines_fit_one_another() -> None:
    for machine in google_machines().values():
        assert (machine.accelerator is None) == (machine.gpus == 0)
        assert list(machine.local_ssds) == sorted(machine.local_ssds)
        if machine.accelerator:
            assert {zone.rpartition("-")[0] for zone in machine.accelerator.zones} <= machine.accelerator.regions


def test_a_zone_that_was_not_there_when_zones_were_read_is_in_doubt() -> None:
    machine = google_machines()["g2-standard-8"]
    assert in_doubt(machine, "us-east1-c")
    assert not in_doubt(machine, "us-east1-b")
    assert not in_doubt(machine, "europe-west1-b"), "no zone of that region was read"


def test_local_disks_are_as_many_as_are_needed() -> None:
    machine = google_machines()["g2-standard-48"]
    assert [local_ssds(machine, gib) for gib in (0, 300, 1500, 1501)] == [0, 4, 4, None]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"availability_zone": "europe-north2-a"}, "europe-north2 has no machine with a virtual workstation for editing, size medium; regions that do: "),
        ({"instance_type": "g2-standard-8", "availability_zone": "me-west1-b"}, "me-west1 has no nvidia-l4-vws"),
        ({"instance_type": "a2-highgpu-1g"}, "instance_type is 'a2-highgpu-1g'; allowed: "),
        ({"instance_type": "g2-standard-8", "size": "large"}, "size is large and instance_type is g2-standard-8; give one of the two"),
        ({"availability_zone": "eu-west-1a"}, "allowed: a zone of Google Cloud, such as europe-west4-a"),
        ({"image": ""}, "image is ''; allowed: the exact name of one image"),
        ({"idle": {1: "a"}}, "idle is {1: 'a'}; allowed: a map of names to values"),
        ({"image": "ubuntu-2404-lts"}, "allowed: the exact name of one image"),
        ({"image": "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts"}, "the exact name of one image"),
        ({"people": ["ana@studio.example"]}, "allowed: user:ADDRESS, group:ADDRESS or serviceAccount:ADDRESS"),
        ({"people": ["allUsers"]}, "people has 'allUsers'"),
        ({"purchase": "spot"}, "purchase is spot without allow_spot"),
        ({"scratch_gib": 500}, "scratch_gib is 500; g2-standard-8 has at most 375 GiB of local disks"),
        ({"data_gib": 5}, "data_gib is 5; allowed: 10 or more, or 0 for none"),
        ({"longest_run_hours": 0}, "longest_run_hours is 0; allowed: whole numbers from 1 to 168"),
        ({"hours": {**HOURS, "more": [{"days": ["SAT"], "start": "10:00", "stop": "12:00"}]}}, "has one stretch of hours"),
        ({"idle": {"stop_after_minutes": 2}}, "idle.stop_after_minutes is 2"),
    ],
)  # fmt: skip
def test_what_a_machine_cannot_be_is_refused(args: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        resolved(**args)
    assert said in str(refused.value)


@pytest.mark.parametrize("os", ["linux", "windows"])
@pytest.mark.parametrize("profile", ["studio", "content"])
def test_the_policies_find_nothing_in_a_workstation(deploy: Deploy, findings: Findings, profile: str, os: str) -> None:
    tags = {
        **TAGS,
        "soundstage:watermark": "image",
        "soundstage:session-policy": "1f2e3d4c",
        "soundstage:patching": "monthly",
    }
    machine = made(deploy, os=os, profile=profile, hours=HOURS, prefix="footage/", tags=tags)
    found = findings(plan_of(machine), profile, approved_image_projects=["tinyorange-film"])
    assert found == {"COST-01 -"}, "the budget is the project's"


def test_what_no_image_vouches_for_is_found(deploy: Deploy, findings: Findings) -> None:
    """The display comes with the image: nothing here says what it lets out, until a label does."""
    found = findings(plan_of(made(deploy)), "content", approved_image_projects=["tinyorange-film"])
    assert {each.partition(" ")[0] for each in found} == {"COST-01", "WS-15", "WS-16", "WS-17", "WS-19"}


@pytest.mark.parametrize(
    ("told", "on"),
    [
        ({}, False),
        ({"secure_boot": True}, True),
        ({"os": "windows"}, True),
        ({"os": "windows", "secure_boot": False}, False),
        ({"role": "audio"}, True),
    ],
    ids=str,
)
def test_secure_boot_kept_the_gpu_driver_of_every_linux_machine_from_loading(
    deploy: Deploy, told: dict[str, Any], on: bool
) -> None:
    """Nobody signs NVIDIA's driver for virtual workstations on Linux. The rest of a Shielded VM is on in any case."""
    shielded = instance(deploy, **told)["shieldedInstanceConfig"]
    assert shielded == {"enableSecureBoot": on, "enableVtpm": True, "enableIntegrityMonitoring": True}


@pytest.mark.parametrize("told", [{"os": "windows"}, {"role": "audio"}], ids=str)
def test_secure_boot_off_without_a_driver_that_nobody_signed_is_found(
    deploy: Deploy, findings: Findings, told: dict[str, Any]
) -> None:
    assert "WS-07 teaser-edit-1-instance" in findings(plan_of(made(deploy, secure_boot=False, **told)), "studio")


BAD: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "public-address": ({"networkInterfaces": [{"subnetwork": "s", "accessConfigs": [{}]}]}, "NET-11"),
    "default-network": ({"networkInterfaces": [{"network": "default"}]}, "NET-12"),
    "forwards": ({"canIpForward": True}, "NET-18"),
    "googles-key": ({"bootDisk": {"initializeParams": {"image": IMAGE}}}, "WS-02"),
    "project-keys": ({"metadata": {"enable-oslogin": "TRUE"}}, "WS-05"),
    "serial-port": ({"metadata": {"enable-oslogin": "TRUE", "block-project-ssh-keys": "TRUE", "serial-port-enable": "1"}}, "WS-05"),
    "default-account": ({"serviceAccount": {"email": "1-compute@developer.gserviceaccount.com", "scopes": ["cloud-platform"]}}, "WS-06"),
    "nothing-said-of-secure-boot": ({"shieldedInstanceConfig": {"enableVtpm": True}}, "WS-07"),
    "no-vtpm": ({"shieldedInstanceConfig": {"enableSecureBoot": False, "enableVtpm": False}}, "WS-07"),
    "no-integrity-monitoring": ({"shieldedInstanceConfig": {"enableSecureBoot": False, "enableIntegrityMonitoring": False}}, "WS-07"),
    "a-strangers-image": ({"bootDisk": {"kmsKeySelfLink": KEY, "initializeParams": {"image": "projects/stranger/global/images/x"}}}, "WS-08"),
    "nothing-stops-it": ({"scheduling": {"onHostMaintenance": "TERMINATE"}}, "WS-10"),
    "spot": ({"scheduling": {"provisioningModel": "SPOT", "maxRunDuration": {"seconds": 1}}}, "WS-12"),
    "training-machine": ({"machineType": "a2-highgpu-1g"}, "WS-14"),
}  # fmt: skip


@pytest.mark.parametrize("twin", BAD)
def test_the_policies_find_the_bad_twin(deploy: Deploy, findings: Findings, twin: str) -> None:
    change, policy = BAD[twin]
    plan = plan_of(made(deploy), **{"teaser-edit-1-instance": change})
    assert f"{policy} teaser-edit-1-instance" in findings(plan, "studio")


def test_a_disk_without_snapshots_is_found(deploy: Deploy, findings: Findings) -> None:
    plan = without(plan_of(made(deploy)), "teaser-edit-1-snapshots")
    assert "STO-16 teaser-edit-1-data" in findings(plan, "studio")


def test_what_a_machine_is_made_of_can_be_written_as_json(deploy: Deploy) -> None:
    assert json.dumps(instance(deploy))
