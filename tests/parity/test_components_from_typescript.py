"""The components from TypeScript, for real: a program with a number in every argument that takes one."""

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.parity.other_languages import PACKAGE, Stack, language_host, stack

from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(not language_host("nodejs"), reason="there is no pulumi-language-nodejs beside `pulumi`"),
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="there is no node with npm on PATH"),
]

PROGRAM = """
import * as pulumi from "@pulumi/pulumi";
import * as soundstage from "@soundstage/soundstage";

const tags = { "soundstage:studio": "westlight", "soundstage:project": "pilot" };
const key = new soundstage.aws.EncryptionKey("pilot-key", { description: "All of pilot", usedBy: ["logs"], keep: false, tags });
const media = new soundstage.aws.MediaBucket("pilot-media", {
    studio: "westlight", project: "pilot", objectLockDays: 45, keyArn: key.arn, keep: false, tags,
});
const network = new soundstage.aws.StudioNetwork("pilot-network", {
    project: "pilot", zone: soundstage.Zone.Io, nat: true, zones: 3, endpointZones: 2, flowLogDays: 731,
    mediaBucketArns: [media.bucketArn], keyArn: key.arn, tags,
});
const machine = new soundstage.aws.Workstation("grade-1", {
    project: "pilot", user: "dara", role: soundstage.Role.Color, size: soundstage.Size.Small, web: true,
    vpcId: network.vpcId, subnetId: network.subnetIds[1], availabilityZone: network.availabilityZones[1],
    endpointSecurityGroupId: network.endpointSecurityGroupId, s3PrefixListId: network.s3PrefixListId,
    keyArn: key.arn, bucketName: media.bucketName, bucketArn: media.bucketArn,
    diskGib: 130, dataGib: 333, scratchGib: 2000, logDays: 545, idle: { stopAfterMinutes: 25 },
    hours: { days: [soundstage.Day.Mon], start: "09:00", stop: "19:00", timezone: "Europe/Lisbon" },
    keep: false, tags,
});
export const instance = machine.instanceId;
export const volume = machine.dataVolumeId;
export const subnets = network.subnetIds;
export const bucket = pulumi.interpolate`${media.bucketName}`;
"""

GOOGLE = """
import * as pulumi from "@pulumi/pulumi";
import * as soundstage from "@soundstage/soundstage";

const whose = { studio: "westlight", project: "pilot" };
const key = new soundstage.gcp.EncryptionKey("pilot-key", {
    ...whose, description: "All of pilot", usedBy: ["compute", "storage", "logging"], keep: false,
});
const media = new soundstage.gcp.MediaBucket("pilot-media", { ...whose, keyId: key.keyId, softDeleteDays: 21, keep: false });
const network = new soundstage.gcp.StudioNetwork("pilot-network", { ...whose, zone: "io", nat: true, keyId: key.keyId, flowLogDays: 400 });
const machine = new soundstage.gcp.Workstation("pilot-grade-1", {
    ...whose, workstation: "grade-1", user: "dara", instanceType: "g2-standard-8",
    availabilityZone: "europe-west4-a", subnetId: network.subnetIds[0], keyId: key.keyId, bucketName: media.bucketName,
    image: "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261012",
    diskGib: 130, dataGib: 333, snapshotDays: 9, longestRunHours: 11, idle: { stopAfterMinutes: 25, warnMinutes: 5 }, keep: false,
});
const budget = new soundstage.gcp.ProjectBudget("pilot-budget", {
    ...whose, billingAccount: "012345-6789AB-CDEF01", monthlyUsd: 640, alertAtPercent: [40, 90], emails: ["dara@westlight.example"],
});
export const instance = machine.instanceId;
export const volume = machine.dataVolumeId;
export const bucket = pulumi.interpolate`${media.bucketName}`;
export const budgetName = budget.budgetName;
"""


def _copy_example(repository: Path, folder: Path) -> None:
    """All of the example but its program."""
    for name in ("package.json", "tsconfig.json", "Pulumi.yaml"):
        shutil.copy(repository / "examples" / "typescript" / name, folder / name)


def _with_sdk(made: Stack, package: Path) -> None:
    """The program's folder with Pulumi's SDK from npm and ours from the package; skips where npm reaches no registry."""
    installed = made.tried("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
    if installed.returncode != 0:
        pytest.skip(f"npm could not fetch the SDK of Pulumi: {installed.stderr.strip().splitlines()[:1]}")
    made.run("pulumi", "package", "add", str(package))


def test_a_program_with_a_number_in_every_argument_comes_up_is_unchanged_and_comes_down(
    repository: Path, tmp_path: Path
) -> None:
    if not (repository / ".venv").is_dir():
        pytest.skip("the component package runs in the checkout's .venv, and there is none (`make`)")
    _copy_example(repository, tmp_path)
    (tmp_path / "index.ts").write_text(PROGRAM)
    with stack(tmp_path) as made:
        _with_sdk(made, repository / PACKAGE)
        made.lives()
        outputs = json.loads(made.run("pulumi", "stack", "output", "--json"))
        cloud = process.ensure(Path(os.environ["SOUNDSTAGE_HOME"]))
        ec2, s3 = cloud.client("ec2", "eu-west-1"), cloud.client("s3", "eu-west-1")
        (volume,) = ec2.describe_volumes(VolumeIds=[outputs["volume"]])["Volumes"]
        assert volume["Size"] == 333
        assert len(outputs["subnets"]) == 3
        lock = s3.get_object_lock_configuration(Bucket=outputs["bucket"])["ObjectLockConfiguration"]
        assert lock["Rule"]["DefaultRetention"]["Days"] == 45
        made.run("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")
        found = ec2.describe_instances(InstanceIds=[outputs["instance"]])["Reservations"]
        assert {one["State"]["Name"] for group in found for one in group["Instances"]} <= {"terminated"}


def test_a_program_of_google_cloud_comes_up_is_unchanged_and_comes_down(repository: Path, tmp_path: Path) -> None:
    if not (repository / ".venv").is_dir():
        pytest.skip("the component package runs in the checkout's .venv, and there is none (`make`)")
    _copy_example(repository, tmp_path)
    (tmp_path / "index.ts").write_text(GOOGLE)
    with stack(tmp_path) as made:
        _with_sdk(made, repository / PACKAGE)
        made.lives()
        outputs = json.loads(made.run("pulumi", "stack", "output", "--json"))
        account = simulated_project(process.ensure(Path(os.environ["SOUNDSTAGE_HOME"])))
        project, zone = process.GOOGLE_PROJECT, "europe-west4-a"
        disks = called(account, "compute.disks.list", {"project": project, "zone": zone})["items"]
        assert {int(one["sizeGb"]) for one in disks} == {130, 333}
        bucket = called(account, "storage.buckets.get", {"bucket": outputs["bucket"]})
        assert int(bucket["softDeletePolicy"]["retentionDurationSeconds"]) == 21 * 24 * 3600
        made.run("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")
        for kind in ("disks", "instances"):
            assert "items" not in called(account, f"compute.{kind}.list", {"project": project, "zone": zone})


def test_the_written_sdk_is_that_of_a_well_kept_package(repository: Path, tmp_path: Path) -> None:
    with stack(tmp_path) as made:
        made.run("pulumi", "package", "gen-sdk", str(repository / PACKAGE), "--language", "nodejs", "--out", "sdk")
    sdk = tmp_path / "sdk" / "nodejs"
    described = json.loads((sdk / "package.json").read_text())
    assert described["name"] == "@soundstage/soundstage"
    assert described["license"] == "Apache-2.0"
    assert described["description"]
    assert "# Soundstage" in (sdk / "README.md").read_text()
    inputs = (sdk / "types" / "input.ts").read_text()
    assert "interface HoursArgs " in inputs
    assert "ArgsArgs" not in inputs
