"""The project's program: from the project file to components, and nothing else."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws import (
    AccessRoles,
    AccessRolesArgs,
    EncryptionKey,
    MediaBucket,
    MediaBucketArgs,
    MonthlyPatching,
    MonthlyPatchingArgs,
    ProjectBudget,
    ProjectBudgetArgs,
    StudioNetwork,
    StudioNetworkArgs,
    WorkDiskSnapshots,
    WorkDiskSnapshotsArgs,
    Workstation,
    WorkstationArgs,
)
from soundstage.components.images import images
from soundstage.engines.base import MadeOf, Program
from soundstage.projectfile import spec
from soundstage.projectfile.chosen_image import OwnImage
from soundstage.stacks.parking.record import OUTPUT, Parked, as_output
from soundstage.stacks.programs.file_arguments import alerted, machine_arguments, project_tags, with_earlier_name
from soundstage.stacks.programs.placement import Placement, named_in_file
from soundstage.stacks.programs.studio_outputs import Shared

CONTENT_LINK_MINUTES: Final = 60
"""How long a link to an object lives with profile `content`."""


def project_program(
    project: spec.Project,
    studio: spec.Studio,
    shared: Shared,
    place: Placement | None = None,
    *,
    keep_media: bool = True,
    parked: Mapping[str, Parked] = MappingProxyType({}),
) -> Program:
    """Declares the project. `place` is where it stands; what the file alone says when absent. `keep_media=False` lets media, and
    the key that opens them, be deleted afterwards. `parked` are the machines that `project` leaves out because they are parked."""
    name = project.project
    stands = place or named_in_file(project)
    tags = project_tags(project, studio)

    def declare() -> None:
        provider = aws.Provider(
            "aws", region=project.region, allowed_account_ids=[studio.account] if studio.account else None
        )
        options = pulumi.ResourceOptions(providers={"aws": provider})
        key = EncryptionKey(
            f"{name}-key",
            {
                "description": f"Media, disks and logs of project {name}",
                "used_through": ["ec2", "s3"],
                "used_by": ["logs", "spot"] if _has_spot(project) else ["logs"],
                "keep": keep_media,
                "tags": tags,
            },
            options,
        )
        media = MediaBucket(f"{name}-media", _media(project, studio, shared, key, keep_media, tags), options)
        doors = _network(project, shared, stands, key, media, tags)
        if parked and not project.workstations:
            doors["endpoints"] = []  # they are billed by the hour, and there is nobody to use them
        network = StudioNetwork(f"{name}-network", doors, options)
        machines = {
            label: Workstation(
                f"{name}-{label}",
                {
                    **_workstation(project, shared, stands, label, machine, key, media, network, tags),
                    "keep": keep_media,
                },
                with_earlier_name(options, name, label, machine),
            )
            for label, machine in project.workstations.items()
        }
        if project.snapshots.daily and project.workstations:
            WorkDiskSnapshots(f"{name}-snapshots", _snapshots(project, studio, shared, key, tags), options)
        if project.patching.monthly and project.workstations:
            MonthlyPatching(f"{name}-patching", _patching(project, studio, tags), options)
        ProjectBudget(f"{name}-budget", _budget(project, studio, shared, machines.values(), tags), options)
        roles = AccessRoles(f"{name}-access", _access(project, studio, shared, key, media, network, tags), options)
        if parked:
            pulumi.export(OUTPUT, as_output(parked))
        pulumi.export("project", name)
        pulumi.export("region", project.region)
        pulumi.export("bucket", media.bucket_name)
        pulumi.export("key_arn", key.arn)
        pulumi.export("display_document", roles.display_document)
        pulumi.export("network", {"vpc_id": network.vpc_id, "cidr": network.cidr})
        pulumi.export(
            "roles",
            {"admin": roles.admin_role_arn, "artist": roles.artist_role_arn, "reviewer": roles.reviewer_role_arn},
        )
        pulumi.export(
            "workstations",
            {
                label: {
                    "instance_id": machine.instance_id,
                    "private_ip": machine.private_ip,
                    "public_ip": machine.public_ip,
                    "security_group_id": machine.security_group_id,
                    "role_arn": machine.role_arn,
                }
                for label, machine in machines.items()
            },
        )

    return MadeOf((project, studio, shared, stands, keep_media, as_output(parked)), declare)


def _has_spot(project: spec.Project) -> bool:
    return any(machine.purchase == "spot" for machine in project.workstations.values())


def _media(
    project: spec.Project, studio: spec.Studio, shared: Shared, key: EncryptionKey, keep: bool, tags: dict[str, str]
) -> MediaBucketArgs:
    storage = project.storage
    args: MediaBucketArgs = {
        "studio": studio.studio,
        "project": project.project,
        "lifecycle": storage.lifecycle,
        "key_arn": key.arn,
        "keep": keep,
        "tags": tags,
    }
    if log_bucket := shared.log_bucket(project.region):
        args["log_bucket"] = log_bucket
    if project.profile == "content":
        args["longest_link_minutes"] = CONTENT_LINK_MINUTES
    if storage.object_lock_days:
        args["object_lock_days"] = storage.object_lock_days
    if storage.backup_region:
        args["backup_region"] = storage.backup_region
        if log_bucket := shared.log_bucket(storage.backup_region):
            args["backup_log_bucket"] = log_bucket
        if boundary := shared.boundary("services"):
            args["boundary_arn"] = boundary
    return args


def _network(
    project: spec.Project,
    shared: Shared,
    stands: Placement,
    key: EncryptionKey,
    media: MediaBucket,
    tags: dict[str, str],
) -> StudioNetworkArgs:
    args: StudioNetworkArgs = {
        "project": project.project,
        "zone": project.network.zone,
        "access": project.access.via,
        "nat": _leaves_through_nat(project),
        "media_bucket_arns": pulumi.Output.all(media.bucket_arn),
        "key_arn": key.arn,
        # Nothing but this file says what a project lets through: what somebody adds by hand is shown and taken away.
        "exclusive": True,
        "tags": tags,
    }
    if stands.zones:
        args["availability_zones"] = list(stands.zones)
    if project.dns_firewall:
        args["dns_firewall"] = True
        args["dns_domains"] = list(project.network.dns_domains)
    if project.dns_query_log:
        args["dns_query_log"] = True
    if project.network.cidr:
        args["cidr"] = project.network.cidr
    if boundary := shared.boundary("services"):
        args["boundary_arn"] = boundary
    return args


def _leaves_through_nat(project: spec.Project) -> bool:
    """Whether a machine's way to the internet is the NAT gateway, which is billed by the hour whether used or not.

    With `allowlist` each machine has an address of its own and leaves through the internet gateway.
    """
    return project.network.nat and project.access.via != "allowlist" and bool(project.workstations)


def _workstation(
    project: spec.Project,
    shared: Shared,
    stands: Placement,
    label: str,
    machine: spec.Workstation,
    key: EncryptionKey,
    media: MediaBucket,
    network: StudioNetwork,
    tags: dict[str, str],
) -> WorkstationArgs:
    subnets = network.public_subnet_ids if project.access.via == "allowlist" else network.subnet_ids
    number = stands.zones.index(stands.machines[label]) if stands.zones else 0
    # mypy takes it that an unpacked dictionary may hold any of the other keys too.
    args: WorkstationArgs = {
        **machine_arguments(project, label, machine),  # type: ignore[typeddict-item]
        "region": project.region,
        "vpc_id": network.vpc_id,
        "subnet_id": subnets[number],
        "availability_zone": network.availability_zones[number],
        "endpoint_security_group_id": network.endpoint_security_group_id,
        "s3_prefix_list_id": network.s3_prefix_list_id,
        "key_arn": key.arn,
        "bucket_name": media.bucket_name,
        "bucket_arn": media.bucket_arn,
        "access": project.access.via,
        "web": project.network.nat,
        "patched": project.patching.monthly,
        "exclusive": True,
        "tags": tags,
    }
    if label in stands.stand_ins:
        args["stand_in"] = stands.stand_ins[label]
    if project.access.from_:
        args["allowed_cidrs"] = list(project.access.from_)
    if isinstance(machine.image, OwnImage):
        args["image"], args["image_owner"] = machine.image.name, machine.image.owner
    elif machine.image is not None and machine.image in images():
        args["image"] = machine.image
    if label in stands.images:
        image, id = stands.images[label]
        # As an output it is no part of what the component has on record, which so stays the same from one `up` to the next.
        args["image_id"] = pulumi.Output.from_input(id)
        if image:
            args["image"] = image
    if source := stands.disks.disks.get(label):
        # As outputs, like the image: what a component has on record stays the same when its disk comes back.
        args["data_snapshot_id"] = pulumi.Output.from_input(source.snapshot_id)
        if source.mib_per_second is not None:
            args["data_initialization_mib_per_second"] = source.mib_per_second
    if boundary := shared.boundary("services"):
        args["boundary_arn"] = boundary
    return args


def _snapshots(
    project: spec.Project, studio: spec.Studio, shared: Shared, key: EncryptionKey, tags: dict[str, str]
) -> WorkDiskSnapshotsArgs:
    args: WorkDiskSnapshotsArgs = {
        "studio": studio.studio,
        "project": project.project,
        "key_arn": key.arn,
        "keep_days": project.snapshots.keep_days,
        "region": project.region,
        "tags": tags,
    }
    if project.snapshots.at:
        args["at"] = project.snapshots.at
    if boundary := shared.boundary("services"):
        args["boundary_arn"] = boundary
    return args


def _patching(project: spec.Project, studio: spec.Studio, tags: dict[str, str]) -> MonthlyPatchingArgs:
    args: MonthlyPatchingArgs = {
        "studio": studio.studio,
        "project": project.project,
        "region": project.region,
        "tags": tags,
    }
    if project.patching.at:
        args["at"] = project.patching.at
    return args


def _budget(
    project: spec.Project,
    studio: spec.Studio,
    shared: Shared,
    machines: Iterable[Workstation],
    tags: dict[str, str],
) -> ProjectBudgetArgs:
    args: ProjectBudgetArgs = {
        "studio": studio.studio,
        "project": project.project,
        "monthly_usd": project.budget.monthly_usd,
        "alert_at_percent": list(project.budget.alert_at_percent),
        "at_limit": project.budget.at_limit,
        "emails": alerted(project, studio),
        "instance_ids": [machine.instance_id for machine in machines],
        "tags": tags,
    }
    if topic := shared.topic():
        args["topic_arn"] = topic
    if boundary := shared.boundary("services"):
        args["boundary_arn"] = boundary
    return args


def _access(
    project: spec.Project,
    studio: spec.Studio,
    shared: Shared,
    key: EncryptionKey,
    media: MediaBucket,
    network: StudioNetwork,
    tags: dict[str, str],
) -> AccessRolesArgs:
    args: AccessRolesArgs = {
        "studio": studio.studio,
        "project": project.project,
        "bucket_name": media.bucket_name,
        "key_arn": key.arn,
        "exclusive": True,
        "region": project.region,
        "tags": tags,
    }
    if studio.permission_sets:
        args["permission_sets"] = list(studio.permission_sets)
    if project.profile == "content":
        args["network"] = network.vpc_id
    if boundary := shared.boundary("people"):
        args["boundary_arn"] = boundary
    return args
