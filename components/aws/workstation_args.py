"""What a workstation may be told."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.hours import HoursArgs
from soundstage.components.idle import IdleArgs
from soundstage.components.ownership import Tags


class InboundRuleArgs(TypedDict):
    """Who else may reach the machine, and on which ports."""

    port: int
    """The port, or the first of a range."""
    to_port: NotRequired[int]
    """The last port of a range. `port` alone when absent."""
    protocol: NotRequired[choices.Protocol]
    """`tcp` (default) or `udp`."""
    cidr: NotRequired[pulumi.Input[str]]
    """A range of addresses: public ones /24 or narrower, private ones /16 or narrower. Never everyone. Either this or
    `security_group_id`."""
    security_group_id: NotRequired[pulumi.Input[str]]
    """Id of a security group whose members may connect."""
    description: NotRequired[str]
    """What the console shows. The rule's name when absent."""


class OutboundRuleArgs(TypedDict):
    """What else the machine may reach, and on which ports: a licence server, a file server, a render farm."""

    port: int
    """The port, or the first of a range."""
    to_port: NotRequired[int]
    """The last port of a range. `port` alone when absent."""
    protocol: NotRequired[choices.Protocol]
    """`tcp` (default) or `udp`."""
    cidr: NotRequired[pulumi.Input[str]]
    """A range of addresses, /8 or narrower. One of this, `security_group_id` and `prefix_list_id`."""
    security_group_id: NotRequired[pulumi.Input[str]]
    """Id of the security group of what is reached, such as that of a file system of Amazon FSx."""
    prefix_list_id: NotRequired[pulumi.Input[str]]
    """Id of a prefix list of addresses."""
    description: NotRequired[str]
    """What the console shows. The rule's name when absent."""


class DiskArgs(TypedDict):
    """One more disk: encrypted, formatted when it is blank, and mounted at every start."""

    size_gib: int
    """Its size."""
    device: choices.DiskDevice
    """Where it is attached: `/dev/sdh` to `/dev/sdl` and `/dev/sdn` to `/dev/sdp`, each once. On Windows the last letter is that of
    the drive; on Linux the disk is mounted at `/mnt/NAME`. Another device detaches the disk and stops the machine for it."""
    iops: NotRequired[int]
    """Input and output operations per second, 3000 to 80000. What its throughput needs when absent."""
    mib_per_second: NotRequired[int]
    """Throughput, 125 to 2000. 125 when absent."""
    snapshot_id: NotRequired[pulumi.Input[str]]
    """Id of the snapshot that it is made from. Blank when absent. Another one later, or none, replaces the disk."""
    keep: NotRequired[bool]
    """Whether a last snapshot is taken when the disk is deleted. True when absent."""


class WorkstationArgs(TypedDict):
    project: NotRequired[str]
    """The project's name. When absent, what the tag `soundstage:project` says, or a name made of those of the Pulumi program and
    its stack."""
    studio: NotRequired[str]
    """The studio's name, a part of the names of logs, alarms and roles. When absent, what the tag `soundstage:studio` says."""
    user: str
    """Who works on it: the account on the machine, lower-case letters, digits, `-` and `_`, at most 20 characters."""
    vpc_id: pulumi.Input[str]
    """Id of the network."""
    subnet_id: pulumi.Input[str]
    """Id of the subnet: a private one, or a public one with access `allowlist`."""
    availability_zone: pulumi.Input[str]
    """Name of the subnet's zone, in which the volumes are made."""
    key_arn: pulumi.Input[str]
    """KMS key of the disks, the logs and the media. It must let EC2, S3 and CloudWatch Logs use it."""
    endpoint_security_group_id: NotRequired[pulumi.Input[str]]
    """Id of the security group of the network's VPC endpoints. When absent, no rule lets the machine reach any: a network of your
    own without them needs `web` and a way out, or Session Manager cannot reach the machine."""
    s3_prefix_list_id: NotRequired[pulumi.Input[str]]
    """Id of the prefix list of S3's addresses. Looked up when absent. Media are reached through a gateway endpoint of S3 alone,
    which a network of your own needs as well."""
    workstation: NotRequired[str]
    """The machine's name within the project. The component's name when absent."""
    role: NotRequired[choices.Role]
    """What it is for: `editing` (default), `vfx`, `color`, `audio`, `photo` or `ml`. Chooses machine and image."""
    size: NotRequired[choices.Size]
    """`small`, `medium` (default), `large` or `xlarge`."""
    instance_type: NotRequired[str]
    """The exact machine type, instead of role and size."""
    stand_in: NotRequired[str]
    """The machine type that is made in the stead of the one that size or `instance_type` means, where none of that is free. The tag
    `soundstage:instead-of` of the machine names the wanted one. None when absent."""
    os: NotRequired[choices.OperatingSystem]
    """`linux` (default) or `windows`."""
    image: NotRequired[str]
    """The name of a pinned image, such as `ubuntu-24.04-gpu-2026-10`, or an exact image name together with `image_owner`.
    The dated default for the operating system when absent. Another image means another machine: the root disk is
    replaced, the data volume moves over."""
    image_owner: NotRequired[str]
    """Account (12 digits, or `self`) that owns the image, when `image` is not the name of a pinned one."""
    image_id: NotRequired[pulumi.Input[str]]
    """Id of the image in this region, `ami-…`: one of your own, or that of a machine that is there already. Then nothing is looked
    up, `image` may be any name, and an image that its owner has withdrawn is no hindrance. When absent it is looked up by `image`; for Windows a
    machine with the tags and the name of this one keeps the image that it has, and a new one gets the newest of Amazon's."""
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
    """ARN of the same bucket. Made of the name when absent."""
    prefix: NotRequired[str]
    """The only part of the bucket that this machine sees, ending in `/`. All of it when absent."""
    disk_gib: NotRequired[int]
    """Size of the root disk. 100 GiB when absent, or what the image needs."""
    disk_iops: NotRequired[int]
    """Input and output operations per second of the root disk, 3000 to 80000. What its throughput needs when absent."""
    disk_mib_per_second: NotRequired[int]
    """Throughput of the root disk, 125 to 2000. 125 when absent."""
    data_gib: NotRequired[int]
    """Size of the volume for work in progress, which outlives the machine as a last snapshot. 200 GiB when absent; 0 for
    none."""
    data_iops: NotRequired[int]
    """Input and output operations per second of the data volume, 3000 to 80000. What its throughput needs when absent."""
    data_mib_per_second: NotRequired[int]
    """Throughput of the data volume, 125 to 2000. When absent, what `role` and `size` need, such as 250 for an editing machine of
    medium size, which is two streams of UHD in ProRes 422 HQ; 125 with `instance_type`. More than 125 is billed by the month,
    also while the machine is stopped."""
    data_snapshot_id: NotRequired[pulumi.Input[str]]
    """Id of the snapshot that the data volume is made from; `data_gib` is at least as large. Blank when absent. Another one later, or
    none, replaces the volume, and `keep` says whether a last snapshot of the one before is taken."""
    data_initialization_mib_per_second: NotRequired[int]
    """MiB a second, 100 to 300, at which the data volume is read from `data_snapshot_id`, which is billed by the size of the snapshot.
    When absent each part is read when it is first used, which is slow. Another one later changes nothing, and without a snapshot there is nothing to read."""
    scratch_gib: NotRequired[int]
    """Scratch space. Local disks of the machine are used as they are; a volume is added only when they are smaller than
    this. 0 when absent."""
    scratch_iops: NotRequired[int]
    """Input and output operations per second of the scratch volume, 3000 to 80000. What its throughput needs when absent."""
    scratch_mib_per_second: NotRequired[int]
    """Throughput of the scratch volume, 125 to 2000. 125 when absent."""
    extra_disks: NotRequired[Mapping[str, DiskArgs]]
    """Disks of your own, by name: lower-case letters, digits and hyphens. Another name is another, blank disk, which needs a device of
    its own: the one before is detached and deleted. No other disk when absent."""
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
    extra_inbound: NotRequired[Mapping[str, InboundRuleArgs]]
    """Rules of your own for who may reach the machine, by name, beside those of `access`. None when absent."""
    extra_outbound: NotRequired[Mapping[str, OutboundRuleArgs]]
    """Rules of your own for what the machine may reach, by name. None when absent."""
    extra_policies: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Inline policies of your own for the machine's role: JSON documents by a name of lower-case letters, digits and hyphens.
    `boundary_arn` limits them too. No other policy when absent."""
    patched: NotRequired[bool]
    """Whether its role may read AWS's own buckets of patches, which `MonthlyPatching` needs. False when absent."""
    exclusive: NotRequired[bool]
    """Whether a rule of the machine's group or a policy of its role that is added elsewhere is taken away at the next `up`, by
    hand or by this very program. False when absent: both are outputs, to which a program may add. What
    `extra_inbound`, `extra_outbound` and `extra_policies` name always stays."""
    boot_commands: NotRequired[list[pulumi.Input[str]]]
    """Commands of your own, run as administrator at every start after everything else: bash on Linux, PowerShell on Windows. The
    first that fails ends them, and the machine is then not ready. Together with the boot script they have at most 16 KiB.
    Whoever may describe the machine reads them, so that a secret is refused: let them fetch it, with `extra_policies`. None when
    absent."""
    hours: NotRequired[HoursArgs]
    """When it is started and stopped by the clock. Never when absent."""
    log_days: NotRequired[int]
    """How long the machine's logs are kept. 365 when absent, and at the least."""
    keep: NotRequired[bool]
    """Whether a last snapshot of the data volume is taken when the volume is deleted. True when absent."""
    region: NotRequired[str]
    """Region of everything here. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`. The instance also carries
    `soundstage:workstation` and `soundstage:user`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""
