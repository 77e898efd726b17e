"""A workstation's arguments with defaults applied and every check passed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pulumi

from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.aws.workstation_args import (
    DiskArgs,
    InboundRuleArgs,
    OutboundRuleArgs,
    WorkstationArgs,
)
from soundstage.components.aws.workstation_hatches import (
    disk_faults,
    inbound_faults,
    outbound_faults,
    policy_faults,
)
from soundstage.components.boot.facts import PROFILES
from soundstage.components.boot_commands import command_faults
from soundstage.components.cidr import public_source_faults, vpn_source_faults
from soundstage.components.disks import (
    LARGEST_DISK_GIB,
    LEAST_INITIALIZATION,
    MOST_INITIALIZATION,
    Disk,
    speed_faults,
)
from soundstage.components.fields import conformed
from soundstage.components.hours import Hours, hours_faults, resolve_hours
from soundstage.components.idle import IDLE_MINUTES, WARN_MINUTES, IdleArgs, idle_faults, keep_while
from soundstage.components.images import OPERATING_SYSTEMS, Image, default_image, images
from soundstage.components.naming import label_faults
from soundstage.components.ownership import UNNAMED, Tags, ownership, plain_tags
from soundstage.components.ports import ACCESS
from soundstage.components.purchases import PURCHASES
from soundstage.components.retention import SHORTEST_DAYS, retention_faults
from soundstage.components.sizes import (
    DEFAULT_REGION,
    DEFAULT_SIZE,
    MachineType,
    data_mib_per_second,
    instance_type,
    known_types,
    offered,
    regions,
    roles,
    sizes,
)
from soundstage.components.tags import USER, WORKSTATION, tag_faults
from soundstage.components.users import user_faults
from soundstage.core.errors import ArgumentError

DATA_GIB: Final = 200
"""Size of the data volume of a machine that says nothing of it."""

_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9]{12}|self", re.ASCII)


@dataclass(frozen=True)
class Machine:
    """Everything that a workstation is made of."""

    studio: str
    """Whose project it is; never empty."""
    project: str
    workstation: str
    user: str
    type: MachineType
    instead_of: str | None
    """The type that was wanted, where another one stands in for it."""
    os: str
    image: Image
    image_id: pulumi.Input[str] | None
    vpc_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    availability_zone: pulumi.Input[str]
    endpoint_security_group_id: pulumi.Input[str] | None
    s3_prefix_list_id: pulumi.Input[str] | None
    key_arn: pulumi.Input[str]
    bucket_name: pulumi.Input[str] | None
    bucket_arn: pulumi.Input[str] | None
    boundary_arn: pulumi.Input[str] | None
    access: str
    allowed_cidrs: tuple[str, ...]
    profile: str
    web: bool
    prefix: str
    root: Disk
    data: Disk | None
    scratch: Disk | None
    """The scratch volume; None where local disks suffice or none was asked for."""
    disks: Mapping[str, Disk]
    """Disks of a program's own."""
    spot: bool
    stop_after_minutes: int
    warn_minutes: int
    keep_while: tuple[str, ...]
    boot_commands: tuple[pulumi.Input[str], ...]
    groups: tuple[pulumi.Input[str], ...]
    """Ids of security groups of a program's own."""
    inbound: Mapping[str, InboundRuleArgs]
    outbound: Mapping[str, OutboundRuleArgs]
    policies: Mapping[str, pulumi.Input[str]]
    hours: Hours | None
    log_days: int
    patched: bool
    exclusive: bool
    region: str | None
    tags: Tags


def resolve(name: str, args: WorkstationArgs, region: Callable[[], str | None]) -> Machine:
    """Apply defaults and check everything. `ArgumentError` lists every fault at once.

    `region` is asked for the provider's region when the arguments name none: not every region has every machine.
    """
    args, faults = conformed(args, WorkstationArgs)
    owner = ownership(args, faults, tagged=("studio",))
    workstation, user = args.get("workstation", name), args.get("user", "")
    faults += label_faults("workstation", workstation) + user_faults("user", user) + tag_faults(plain_tags(owner.tags))

    os, profile = args.get("os", "linux"), args.get("profile", "studio")
    faults += choice_fault("os", os, OPERATING_SYSTEMS) + choice_fault("profile", profile, PROFILES)
    wanted = _machine_type(args, args.get("region") or region(), faults)
    machine_type = _stand_in(args, wanted, faults)
    image = _image(args, os, machine_type, faults)
    purchase = args.get("purchase", "on-demand")
    faults += choice_fault("purchase", purchase, PURCHASES)
    if purchase == "spot" and not args.get("allow_spot", False):
        faults.append("purchase is spot without allow_spot; a spot machine may vanish under the person working on it")
    _check_access(args, faults)
    _check_disks(args, image, faults)
    idle = args.get("idle", IdleArgs())
    faults += idle_faults(idle)
    faults += retention_faults("log_days", args.get("log_days", SHORTEST_DAYS))
    faults += _hatch_faults(args)
    if "hours" in args:
        faults += hours_faults("hours", args["hours"])
    refuse("Workstation", name, faults)
    assert wanted is not None and machine_type is not None and image is not None  # noqa: S101, PT018 - refused above
    return Machine(
        studio=owner.studio or UNNAMED,
        project=owner.project,
        workstation=workstation,
        user=user,
        type=machine_type,
        instead_of=wanted.name if wanted.name != machine_type.name else None,
        os=os,
        image=image,
        image_id=args.get("image_id"),
        vpc_id=args["vpc_id"],
        subnet_id=args["subnet_id"],
        availability_zone=args["availability_zone"],
        endpoint_security_group_id=args.get("endpoint_security_group_id"),
        s3_prefix_list_id=args.get("s3_prefix_list_id"),
        key_arn=args["key_arn"],
        bucket_name=args.get("bucket_name"),
        bucket_arn=args.get("bucket_arn"),
        boundary_arn=args.get("boundary_arn"),
        access=args.get("access", "session"),
        allowed_cidrs=tuple(sorted(set(args.get("allowed_cidrs", ())))),
        profile=profile,
        web=args.get("web", False),
        prefix=args.get("prefix", ""),
        root=Disk.of(_root_gib(args, image), args.get("disk_iops"), args.get("disk_mib_per_second")),
        data=_data(args),
        scratch=_scratch(args, machine_type),
        disks={label: _own_disk(disk) for label, disk in sorted(args.get("extra_disks", {}).items())},
        spot=purchase == "spot",
        stop_after_minutes=idle.get("stop_after_minutes", IDLE_MINUTES),
        warn_minutes=idle.get("warn_minutes", WARN_MINUTES),
        keep_while=keep_while(idle),
        boot_commands=tuple(args.get("boot_commands", ())),
        groups=tuple(args.get("extra_security_group_ids", ())),
        inbound=args.get("extra_inbound", {}),
        outbound=args.get("extra_outbound", {}),
        policies=args.get("extra_policies", {}),
        hours=resolve_hours(args["hours"]) if "hours" in args else None,
        log_days=args.get("log_days", SHORTEST_DAYS),
        patched=args.get("patched", False),
        exclusive=args.get("exclusive", False),
        region=args.get("region"),
        tags={**owner.tags, WORKSTATION: workstation, USER: user},
    )


def _machine_type(args: WorkstationArgs, region: str | None, faults: list[str]) -> MachineType | None:
    """`region` is None where a preview cannot know it; then nothing is said of what it offers."""
    named = args.get("instance_type")
    if named is None:
        role, size = args.get("role", "editing"), args.get("size", DEFAULT_SIZE)
        wrong = choice_fault("role", role, roles()) + choice_fault("size", size, sizes())
        if region is not None and region not in regions():
            wrong.append(f"instance_type is needed in {region}: which machines it offers is not known")
        if wrong:
            faults += wrong
            return None
        try:
            named = instance_type(role, size, region or DEFAULT_REGION)
        except ArgumentError as error:
            faults.append(f"size: {error}".replace("\n", " "))
            return None
    elif "size" in args:
        faults.append(f"size is {args['size']} and instance_type is {named}; give one of the two")
    found = known_types().get(named)
    if found is None:
        faults += choice_fault("instance_type", named, tuple(known_types()))
    elif region in regions() and not offered(named, region):
        faults.append(f"instance_type is {named}, which {region} does not offer")
    return found


def _stand_in(args: WorkstationArgs, wanted: MachineType | None, faults: list[str]) -> MachineType | None:
    """The type that is made: the wanted one, or what stands in for it."""
    named = args.get("stand_in")
    if named is None or wanted is None:
        return wanted
    found = known_types().get(named)
    if found is None:
        faults += choice_fault("stand_in", named, tuple(known_types()))
    elif (found.gpu is None) != (wanted.gpu is None):
        faults.append(f"stand_in is {named}, and only one of it and {wanted.name} has a GPU")
    return found


def _image(args: WorkstationArgs, os: str, machine_type: MachineType | None, faults: list[str]) -> Image | None:
    wanted, owner = args.get("image"), args.get("image_owner")
    if os not in OPERATING_SYSTEMS or machine_type is None:
        return None
    if wanted is not None and owner is None and "image_id" in args and wanted not in images():
        return _own_image(wanted, "", os)
    if wanted is None:
        if owner is not None:
            faults.append("image_owner is given without image")
        return default_image(os, gpu=machine_type.gpu is not None)
    if owner is None:
        found = images().get(wanted)
        if found is None:
            faults += choice_fault("image", wanted, tuple(images()))
            faults.append("image_owner is missing; an image of your own needs it")
        elif found.os != os:
            faults.append(f"image {wanted} is for {found.os}, and os is {os}")
        return found
    if not _ACCOUNT.fullmatch(owner):
        faults.append(f"image_owner is {owner!r}; allowed: 12 digits, or self")
    return _own_image(wanted, owner, os)


def _own_image(name: str, owner: str, os: str) -> Image:
    return Image(
        key=name,
        os=os,
        name=name,
        owner=owner,
        owner_alias="",
        created="",
        root_device="",
        smallest_disk_gib=0,
        gpu_driver=True,
        about="an image of one's own",
    )


def _check_access(args: WorkstationArgs, faults: list[str]) -> None:
    access, cidrs = args.get("access", "session"), args.get("allowed_cidrs", [])
    faults += choice_fault("access", access, ACCESS)
    if access == "session" and cidrs:
        faults.append("allowed_cidrs is given with access session, which opens no port; use allowlist or vpn")
    elif access == "allowlist":
        faults += public_source_faults("allowed_cidrs", cidrs)
    elif access == "vpn":
        faults += vpn_source_faults("allowed_cidrs", cidrs)
    if args.get("bucket_name") is None and args.get("bucket_arn") is not None:
        faults.append("bucket_arn is given without bucket_name; give the name, or both")
    prefix = args.get("prefix", "")
    if not _PREFIX.fullmatch(prefix):
        faults.append(f"prefix is {prefix!r}; allowed: folders of letters, digits and . _ - that end in /")


def _hatch_faults(args: WorkstationArgs) -> list[str]:
    """What is wrong with what a program adds of its own."""
    faults = inbound_faults("extra_inbound", args.get("extra_inbound", {}))
    faults += outbound_faults("extra_outbound", args.get("extra_outbound", {}))
    faults += disk_faults("extra_disks", args.get("extra_disks", {}))
    faults += policy_faults("extra_policies", args.get("extra_policies", {}))
    return faults + command_faults("boot_commands", args.get("boot_commands", []))


def _root_gib(args: WorkstationArgs, image: Image | None) -> int:
    return args.get("disk_gib", max(100, image.smallest_disk_gib if image else 0))


def _check_disks(args: WorkstationArgs, image: Image | None, faults: list[str]) -> None:
    smallest = image.smallest_disk_gib if image else 0
    root, data, scratch = _root_gib(args, image), args.get("data_gib", DATA_GIB), args.get("scratch_gib", 0)
    for key, size, least in (("disk", root, max(8, smallest)), ("data", data, 0), ("scratch", scratch, 0)):
        faults += number_faults(f"{key}_gib", size, least, LARGEST_DISK_GIB)
    faults += speed_faults("disk_", root, args.get("disk_iops"), args.get("disk_mib_per_second"))
    faults += speed_faults("data_", data, args.get("data_iops"), args.get("data_mib_per_second"))
    faults += speed_faults("scratch_", scratch, args.get("scratch_iops"), args.get("scratch_mib_per_second"))
    if (rate := args.get("data_initialization_mib_per_second")) is not None:
        faults += number_faults("data_initialization_mib_per_second", rate, LEAST_INITIALIZATION, MOST_INITIALIZATION)


def _data(args: WorkstationArgs) -> Disk | None:
    speed = args.get("data_mib_per_second")
    if speed is None and "instance_type" not in args:
        speed = data_mib_per_second(args.get("role", "editing"), args.get("size", DEFAULT_SIZE))
    size, keep = args.get("data_gib", DATA_GIB), args.get("keep", True)
    if not size:
        return None
    return Disk.of(
        size,
        args.get("data_iops"),
        speed,
        keep=keep,
        snapshot_id=args.get("data_snapshot_id"),
        initialization=args.get("data_initialization_mib_per_second") if "data_snapshot_id" in args else None,
    )


def _scratch(args: WorkstationArgs, machine_type: MachineType) -> Disk | None:
    size = args.get("scratch_gib", 0)
    if size <= machine_type.nvme_gib:
        return None
    return Disk.of(size, args.get("scratch_iops"), args.get("scratch_mib_per_second"))


def _own_disk(disk: DiskArgs) -> Disk:
    return Disk.of(
        disk["size_gib"],
        disk.get("iops"),
        disk.get("mib_per_second"),
        keep=disk.get("keep", True),
        device=disk["device"],
        snapshot_id=disk.get("snapshot_id"),
    )
