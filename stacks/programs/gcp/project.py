"""The project's program on Google Cloud: from the project file to components, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp import (
    AccessRoles,
    EncryptionKey,
    MediaBucket,
    MediaBucketArgs,
    ProjectBudget,
    ProjectBudgetArgs,
    StudioNetwork,
    StudioNetworkArgs,
    TransferBucket,
    TransferBucketArgs,
    Workstation,
    WorkstationArgs,
)
from soundstage.components.google_sizes import google_machines
from soundstage.core.errors import UsageError
from soundstage.engines.base import MadeOf, Program
from soundstage.projectfile import spec
from soundstage.stacks.parking.record import OUTPUT, Parked, as_output
from soundstage.stacks.programs.file_arguments import alerted, machine_arguments, project_tags, with_earlier_name
from soundstage.stacks.programs.nobody import BILLING_ACCOUNT
from soundstage.stacks.programs.placement import Placement, named_in_file
from soundstage.stacks.programs.studio_outputs import Shared

_NO_IMAGE: Final = "projects/nobody/global/images/none"
"""In the place of the image of a machine that is not made."""


def project_program(
    project: spec.Project,
    studio: spec.Studio,
    shared: Shared,
    place: Placement | None = None,
    *,
    keep_media: bool = True,
    parked: Mapping[str, Parked] = MappingProxyType({}),
) -> Program:
    """See `Programs.project_program`. Raises `UsageError` for a machine without an image."""
    name = project.project
    stands = place or named_in_file(project)
    if not keep_media:
        # A machine that is gone or parked has no image on record. Its media go nevertheless, and nothing makes the machine.
        nameless = (label for label, one in project.workstations.items() if not _names_its_image(one))
        stands = replace(stands, images={**dict.fromkeys(nameless, ("", _NO_IMAGE)), **stands.images})
    tags = project_tags(project, studio)

    def declare() -> None:
        provider = gcp.Provider("gcp", project=studio.account, region=project.region)
        options = pulumi.ResourceOptions(providers={"gcp": provider})
        key = EncryptionKey(
            f"{name}-key",
            {
                "description": f"Media, disks and logs of project {name}",
                "used_by": ["compute", "storage", "logging"],
                "region": project.region,
                "keep": keep_media,
                "tags": tags,
            },
            options,
        )
        media = MediaBucket(f"{name}-media", _media(project, studio, shared, key, keep_media, tags), options)
        transfer = TransferBucket(f"{name}-transfer", _transfer(project, studio, shared, key, tags), options)
        network = StudioNetwork(f"{name}-network", _network(project, key, tags), options)
        machines = {
            label: Workstation(
                f"{name}-{label}",
                {**_workstation(project, stands, label, machine, key, media, network, tags), "keep": keep_media},
                with_earlier_name(options, name, label, machine),
            )
            for label, machine in project.workstations.items()
        }
        ids: dict[str, pulumi.Input[str]] = {label: machine.instance_id for label, machine in machines.items()}
        ProjectBudget(f"{name}-budget", {**_budget(project, studio, tags), "machines": ids}, options)
        roles = AccessRoles(
            f"{name}-access",
            {
                "studio": studio.studio,
                "project": name,
                "bucket_name": media.bucket_name,
                "machines": ids,
                "artists": list(project.access.people),
            },
            options,
        )
        if parked:
            pulumi.export(OUTPUT, as_output(parked))
        pulumi.export("project", name)
        pulumi.export("region", project.region)
        pulumi.export("bucket", media.bucket_name)
        pulumi.export("transfer_bucket", transfer.bucket_name)
        pulumi.export("key_arn", key.key_id)
        pulumi.export("network", {"vpc_id": network.vpc_id, "cidr": network.cidr})
        pulumi.export("roles", {"admin": roles.admin_role_id, "artist": roles.artist_role_id})
        pulumi.export(
            "workstations",
            {
                label: {
                    "instance_id": machine.instance_id,
                    "private_ip": machine.private_ip,
                    "role_arn": machine.service_account_email,
                }
                for label, machine in machines.items()
            },
        )

    return MadeOf((project, studio, shared, stands, keep_media, as_output(parked)), declare)


def _media(
    project: spec.Project, studio: spec.Studio, shared: Shared, key: EncryptionKey, keep: bool, tags: dict[str, str]
) -> MediaBucketArgs:
    args: MediaBucketArgs = {
        "studio": studio.studio,
        "project": project.project,
        "lifecycle": project.storage.lifecycle,
        "key_id": key.key_id,
        "region": project.region,
        "keep": keep,
        "tags": tags,
    }
    if log_bucket := shared.log_bucket(project.region):
        args["log_bucket"] = log_bucket
    return args


def _transfer(
    project: spec.Project, studio: spec.Studio, shared: Shared, key: EncryptionKey, tags: dict[str, str]
) -> TransferBucketArgs:
    args: TransferBucketArgs = {
        "studio": studio.studio,
        "project": project.project,
        "people": list(project.access.people),
        "key_id": key.key_id,
        "region": project.region,
        "tags": tags,
    }
    if log_bucket := shared.log_bucket(project.region):
        args["log_bucket"] = log_bucket
    return args


def _network(project: spec.Project, key: EncryptionKey, tags: dict[str, str]) -> StudioNetworkArgs:
    args: StudioNetworkArgs = {
        "project": project.project,
        "zone": project.network.zone,
        "nat": project.network.nat and bool(project.workstations),
        "windows": any(machine.os == "windows" for machine in project.workstations.values()),
        "key_id": key.key_id,
        "dns_query_log": project.dns_query_log,
        "region": project.region,
        "tags": tags,
    }
    if project.network.cidr:
        args["cidr"] = project.network.cidr
    return args


def _workstation(
    project: spec.Project,
    stands: Placement,
    label: str,
    machine: spec.Workstation,
    key: EncryptionKey,
    media: MediaBucket,
    network: StudioNetwork,
    tags: dict[str, str],
) -> WorkstationArgs:
    # mypy takes it that an unpacked dictionary may hold any of the other keys too.
    args: WorkstationArgs = {
        **machine_arguments(project, label, machine),  # type: ignore[typeddict-item]
        "subnet_id": network.subnet_ids[0],
        "availability_zone": stands.machines.get(label) or _first_zone(project.region, machine),
        "key_id": key.key_id,
        "image": _image(label, machine, stands),
        "bucket_name": media.bucket_name,
        "people": list(project.access.people),
        "snapshot_days": project.snapshots.keep_days if project.snapshots.daily else 0,
        "tags": tags,
    }
    if machine.secure_boot is not None:
        args["secure_boot"] = machine.secure_boot
    if label in stands.images and (named := stands.images[label][0]):
        args["image_name"] = named
    if source := stands.disks.disks.get(label):
        # As an output it is no part of what the component has on record, which stays the same when its disk comes back.
        args["data_snapshot_id"] = pulumi.Output.from_input(source.snapshot_id)
    return args


def _image(label: str, machine: spec.Workstation, stands: Placement) -> str:
    if label in stands.images:
        return stands.images[label][1]
    if _names_its_image(machine):
        return str(machine.image)
    raise UsageError(
        f"{label}: there is no image for it on Google Cloud.",
        "Name one in the project file: `image: projects/PROJECT/global/images/NAME` (`gcloud compute images list` shows them).",
    )


def _names_its_image(machine: spec.Workstation) -> bool:
    return isinstance(machine.image, str) and machine.image.startswith("projects/")


def _first_zone(region: str, machine: spec.Workstation) -> str:
    """For a program that can ask nobody: the first zone of the region that had the machine's GPU when zones were last read."""
    accelerator = google_machines()[machine.machine_type(region)].accelerator
    zones = accelerator.zones if accelerator else frozenset()
    return min((zone for zone in zones if zone.startswith(f"{region}-")), default=f"{region}-b")


def _budget(project: spec.Project, studio: spec.Studio, tags: dict[str, str]) -> ProjectBudgetArgs:
    return {
        "studio": studio.studio,
        "billing_account": studio.billing_account or BILLING_ACCOUNT,
        "project": project.project,
        "monthly_usd": project.budget.monthly_usd,
        "alert_at_percent": list(project.budget.alert_at_percent),
        "at_limit": project.budget.at_limit,
        "emails": alerted(project, studio),
        "region": project.region,
        "tags": tags,
    }
