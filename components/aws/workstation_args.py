"""What a workstation may be told, checked and turned into plain values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.boot.facts import PROFILES
from soundstage.components.cidr import public_source_faults, vpn_source_faults
from soundstage.components.fields import conformed
from soundstage.components.hours import Hours, HoursArgs, hours_faults, resolve_hours
from soundstage.components.images import OPERATING_SYSTEMS, Image, default_image, images
from soundstage.components.naming import label_faults
from soundstage.components.policydoc import is_policy
from soundstage.components.ports import ACCESS
from soundstage.components.retention import SHORTEST_DAYS, retention_faults
from soundstage.components.sizes import (
    DEFAULT_REGION,
    DEFAULT_SIZE,
    MachineType,
    instance_type,
    known_types,
    offered,
    regions,
    roles,
    sizes,
)
from soundstage.components.tags import STUDIO, USER, WORKSTATION, tag_faults
from soundstage.components.users import user_faults
from soundstage.core.errors import ArgumentError

PURCHASES: Final = ("on-demand", "spot")
SHORTEST_IDLE_MINUTES: Final = 5
LONGEST_IDLE_MINUTES: Final = 480
LARGEST_DISK_GIB: Final = 16384
"""The largest gp3 volume; Amazon EBS User Guide "General Purpose SSD volumes", read 2026-11."""

_ACTIVITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}", re.ASCII)
_POLICY_NAME: Final = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,39}", re.ASCII)
_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9]{12}|self", re.ASCII)


class IdleArgs(TypedDict):
    """When a machine stops itself, and what keeps it awake."""

    stop_after_minutes: NotRequired[int]
    """Minutes without a connected person and without work, after which the machine stops itself; 5 to 480. Thirty when
    absent. There is no never: a machine for a week of rendering names its renderer in `keep_while`."""
    keep_while: NotRequired[list[str]]
    """What keeps it awake: `render`, `transcode`, `upload`, or names of processes. All three activities when absent."""


class WorkstationArgs(TypedDict):
    project: str
    """The project's name."""
    user: str
    """Who works on it: the account on the machine, lower-case letters, digits, `-` and `_`, at most 20 characters."""
    vpc_id: pulumi.Input[str]
    """Id of the network."""
    subnet_id: pulumi.Input[str]
    """Id of the subnet: a private one, or a public one with access `allowlist`."""
    availability_zone: pulumi.Input[str]
    """Name of the subnet's zone, in which the volumes are made."""
    endpoint_security_group_id: pulumi.Input[str]
    """Id of the security group of the network's VPC endpoints."""
    s3_prefix_list_id: pulumi.Input[str]
    """Id of the prefix list of S3's addresses."""
    key_arn: pulumi.Input[str]
    """KMS key of the disks, the logs and the media. It must let EC2, S3 and CloudWatch Logs use it."""
    workstation: NotRequired[str]
    """The machine's name within the project. The component's name when absent."""
    role: NotRequired[choices.Role]
    """What it is for: `editing` (default), `vfx`, `color`, `audio`, `photo` or `ml`. Chooses machine and image."""
    size: NotRequired[choices.Size]
    """`small`, `medium` (default), `large` or `xlarge`."""
    instance_type: NotRequired[str]
    """The exact machine type, instead of role and size."""
    os: NotRequired[choices.OperatingSystem]
    """`linux` (default) or `windows`."""
    image: NotRequired[str]
    """The name of a pinned image, such as `ubuntu-24.04-gpu-2026-10`, or an exact image name together with `image_owner`.
    The dated default for the operating system when absent. Another image means another machine: the root disk is
    replaced, the data volume moves over."""
    image_owner: NotRequired[str]
    """Account (12 digits, or `self`) that owns the image, when `image` is not the name of a pinned one."""
    image_id: NotRequired[pulumi.Input[str]]
    """Id of the image in this region, `ami-…`, of a machine that is there already: then nothing is looked up, and an image that its
    owner has withdrawn is no hindrance. When absent it is looked up by `image`; for Windows a machine with the tags and the name of
    this one keeps the image that it has, and a new one gets the newest of Amazon's."""
    access: NotRequired[choices.Access]
    """`session` (default): no inbound port. `allowlist`: display ports open to `allowed_cidrs`, with a public address.
    `vpn`: display ports open to `allowed_cidrs`, private ranges."""
    allowed_cidrs: NotRequired[list[str]]
    """Who may reach the display: single addresses (`203.0.113.7/32`) or ranges of /24 at the widest, for `allowlist`;
    private ranges for `vpn`. Required by both, refused with `session`."""
    profile: NotRequired[choices.Profile]
    """What may leave through the display: `baseline`, `studio` (default) or `content`."""
    web: NotRequired[bool]
    """Whether the machine may open web connections (TCP 443 and 80) to the internet; it also takes a network with NAT or
    a public address. What its image lacks is then installed at the first start. False when absent."""
    bucket_name: NotRequired[pulumi.Input[str]]
    """Media bucket that is mounted as a drive. No drive when absent."""
    bucket_arn: NotRequired[pulumi.Input[str]]
    """ARN of the same bucket; both or neither."""
    prefix: NotRequired[str]
    """The only part of the bucket that this machine sees, ending in `/`. All of it when absent."""
    disk_gib: NotRequired[int]
    """Size of the root disk. 100 GiB when absent, or what the image needs."""
    data_gib: NotRequired[int]
    """Size of the volume for work in progress, which outlives the machine as a last snapshot. 200 GiB when absent; 0 for
    none."""
    scratch_gib: NotRequired[int]
    """Scratch space. Local disks of the machine are used as they are; a volume is added only when they are smaller than
    this. 0 when absent."""
    purchase: NotRequired[choices.Purchase]
    """`on-demand` (default) or `spot`."""
    allow_spot: NotRequired[bool]
    """Must be True for `spot`: AWS may stop a spot machine within two minutes, with somebody at work on it."""
    idle: NotRequired[IdleArgs]
    """When the machine stops itself."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the machine's role and its clock's, usually `services_arn` of `RoleBoundaries`.
    No boundary when absent."""
    extra_security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of security groups of your own that the machine is in as well, such as one that lets it reach a licence server. No
    other group when absent."""
    extra_policies: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Inline policies of your own for the machine's role: JSON documents by a name of lower-case letters, digits and hyphens.
    The permission boundary still limits them. No other policy when absent."""
    exclusive: NotRequired[bool]
    """Whether a rule of the machine's group or a policy of its role that is added elsewhere is taken away at the next `up`, by hand or by this very program. False when
    absent: both are outputs, to which a program may add. What the `extra_` arguments name always stays."""
    hours: NotRequired[HoursArgs]
    """When it is started and stopped by the clock. Never when absent."""
    log_days: NotRequired[int]
    """How long the machine's logs are kept. 365 when absent, and at the least."""
    keep: NotRequired[bool]
    """Whether a last snapshot of the data volume is taken when the volume is deleted. True when absent."""
    region: NotRequired[str]
    """Region of everything here. That of the provider when absent."""
    tags: NotRequired[dict[str, str]]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`. The instance also carries
    `soundstage:workstation` and `soundstage:user`."""


@dataclass(frozen=True)
class Machine:
    """A workstation's arguments with defaults applied and every check passed."""

    project: str
    workstation: str
    user: str
    type: MachineType
    os: str
    image: Image
    access: str
    allowed_cidrs: tuple[str, ...]
    profile: str
    web: bool
    prefix: str
    disk_gib: int
    data_gib: int
    scratch_gib: int
    """Size of the scratch volume; 0 where local disks suffice or none was asked for."""
    spot: bool
    stop_after_minutes: int
    keep_while: tuple[str, ...]
    hours: Hours | None
    log_days: int
    exclusive: bool
    keep: bool
    region: str | None
    tags: dict[str, str]

    @property
    def studio(self) -> str:
        """Whose project it is, read off the tags."""
        return self.tags.get(STUDIO, "studio")


def resolve(name: str, args: WorkstationArgs, region: Callable[[], str | None]) -> tuple[Machine, WorkstationArgs]:
    """Apply defaults and check everything; also the arguments as their fields say. `ArgumentError` lists every fault at once.

    `region` is asked for the provider's region when the arguments name none: not every region has every machine.
    """
    args, faults = conformed(args, WorkstationArgs)
    workstation, user, project = args.get("workstation", name), args.get("user", ""), args.get("project", "")
    faults += label_faults("project", project) + label_faults("workstation", workstation)
    faults += user_faults("user", user)
    tags = args.get("tags", {})
    faults += tag_faults(tags)

    os, profile = args.get("os", "linux"), args.get("profile", "studio")
    faults += choice_fault("os", os, OPERATING_SYSTEMS) + choice_fault("profile", profile, PROFILES)
    machine_type = _machine_type(args, args.get("region") or region(), faults)
    image = _image(args, os, machine_type, faults)
    purchase = args.get("purchase", "on-demand")
    faults += choice_fault("purchase", purchase, PURCHASES)
    if purchase == "spot" and not args.get("allow_spot", False):
        faults.append("purchase is spot without allow_spot; a spot machine may vanish under the person working on it")
    _check_access(args, faults)
    disk_gib = _disks(args, image, faults)
    idle = args.get("idle", IdleArgs())
    minutes = idle.get("stop_after_minutes", 30)
    faults += number_faults("idle.stop_after_minutes", minutes, SHORTEST_IDLE_MINUTES, LONGEST_IDLE_MINUTES)
    keep_while = tuple(idle.get("keep_while", ("render", "transcode", "upload")))
    faults += [
        f"idle.keep_while holds {word!r}; allowed: letters, digits, spaces and . _ + -"
        for word in keep_while
        if not _ACTIVITY.fullmatch(word)
    ]
    log_days = args.get("log_days", SHORTEST_DAYS)
    faults += retention_faults("log_days", log_days)
    for label, policy in args.get("extra_policies", {}).items():
        if not _POLICY_NAME.fullmatch(label):
            faults.append(f"extra_policies has {label!r}; allowed: lower-case letters, digits and hyphens")
        if isinstance(policy, str) and not is_policy(policy):
            faults.append(f"extra_policies.{label} is no policy; allowed: a JSON document with Statement")
    if "hours" in args:
        faults += hours_faults("hours", args["hours"])
    refuse("Workstation", name, faults)
    assert machine_type is not None and image is not None  # noqa: S101, PT018 - refused above
    scratch = args.get("scratch_gib", 0)
    machine = Machine(
        project=project,
        workstation=workstation,
        user=user,
        type=machine_type,
        os=os,
        image=image,
        access=args.get("access", "session"),
        allowed_cidrs=tuple(sorted(set(args.get("allowed_cidrs", ())))),
        profile=profile,
        web=args.get("web", False),
        prefix=args.get("prefix", ""),
        disk_gib=disk_gib,
        data_gib=args.get("data_gib", 200),
        scratch_gib=scratch if scratch > machine_type.nvme_gib else 0,
        spot=purchase == "spot",
        stop_after_minutes=minutes,
        keep_while=keep_while,
        hours=resolve_hours(args["hours"]) if "hours" in args else None,
        log_days=log_days,
        exclusive=args.get("exclusive", False),
        keep=args.get("keep", True),
        region=args.get("region"),
        tags={**tags, WORKSTATION: workstation, USER: user},
    )
    return machine, args


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


def _image(args: WorkstationArgs, os: str, machine_type: MachineType | None, faults: list[str]) -> Image | None:
    wanted, owner = args.get("image"), args.get("image_owner")
    if os not in OPERATING_SYSTEMS or machine_type is None:
        return None
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
    return Image(
        key=wanted,
        os=os,
        name=wanted,
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
    if (args.get("bucket_name") is None) != (args.get("bucket_arn") is None):
        faults.append("bucket_name and bucket_arn belong together; give both or neither")
    prefix = args.get("prefix", "")
    if not _PREFIX.fullmatch(prefix):
        faults.append(f"prefix is {prefix!r}; allowed: folders of letters, digits and . _ - that end in /")


def _disks(args: WorkstationArgs, image: Image | None, faults: list[str]) -> int:
    smallest = image.smallest_disk_gib if image else 0
    disk_gib = args.get("disk_gib", max(100, smallest))
    limits = {"disk_gib": (disk_gib, max(8, smallest)), "data_gib": (args.get("data_gib", 200), 0)}
    limits["scratch_gib"] = (args.get("scratch_gib", 0), 0)
    for key, (size, least) in limits.items():
        faults += number_faults(key, size, least, LARGEST_DISK_GIB)
    return disk_gib
