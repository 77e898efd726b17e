"""What a workstation may be told."""

from typing import NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.hours import HoursArgs
from soundstage.components.idle import IdleArgs
from soundstage.components.ownership import Tags


class WorkstationArgs(TypedDict):
    project: NotRequired[str]
    """The project's name. When absent, what the tag `soundstage:project` says, or a name made of those of the Pulumi program and
    its stack."""
    studio: NotRequired[str]
    """The studio's name, a part of the names of accounts and roles. When absent, what the tag `soundstage:studio` says."""
    user: str
    """Who works on it, for the labels: lower-case letters, digits, `-` and `_`, at most 20 characters. People come in with the account
    that OS Login gives each."""
    people: NotRequired[list[str]]
    """Who may reach the machine, as members of Google's IAM such as `user:ana@studio.example` or `group:editors@studio.example`:
    through Identity-Aware Proxy, signed in by OS Login. Nobody when absent."""
    subnet_id: pulumi.Input[str]
    """Id of the subnet, which is in the zone's region."""
    availability_zone: str
    """Name of the zone, such as `europe-west4-a`, in which machine and disks are made. It decides which machines there are."""
    key_id: pulumi.Input[str]
    """Id of the Cloud KMS key of the disks, in the zone's region. Compute Engine must be among those that use it."""
    image: str
    """The image, by its exact name: `projects/PROJECT/global/images/NAME`. One of the studio's own, or a public one. Newest images of
    a family differ from day to day and are refused. Another image means another machine; the data disk moves over."""
    image_name: NotRequired[str]
    """What people call that image, such as the name of a recipe: a note in the machine's metadata. None when absent."""
    workstation: NotRequired[str]
    """The machine's name within the project. The component's name when absent."""
    role: NotRequired[choices.Role]
    """What it is for: `editing` (default), `vfx`, `color`, `audio`, `photo` or `ml`. Chooses the machine type."""
    size: NotRequired[choices.Size]
    """`small`, `medium` (default), `large` or `xlarge`."""
    instance_type: NotRequired[str]
    """The exact machine type, instead of role and size, such as `g2-standard-8`. An `n1` machine gets one T4."""
    os: NotRequired[choices.OperatingSystem]
    """`linux` (default) or `windows`. On Windows a machine does not stop itself: `hours` and `longest_run_hours` stop it."""
    secure_boot: NotRequired[bool]
    """Whether the machine starts signed software alone. When absent, off on Linux with a GPU, since NVIDIA's driver for virtual
    workstations is signed by no key that the machine knows and would not load; on for every other machine. True for an image that signs
    it. vTPM and integrity monitoring are always on. A change stops the machine."""
    profile: NotRequired[choices.Profile]
    """What may leave through the display: `baseline`, `studio` (default) or `content`. A label, which the display of the image
    heeds."""
    bucket_name: NotRequired[pulumi.Input[str]]
    """Media bucket that is mounted as a drive. No drive when absent."""
    prefix: NotRequired[str]
    """The only part of the bucket that this machine sees, ending in `/`. All of it when absent."""
    disk_gib: NotRequired[int]
    """Size of the boot disk. 100 GiB when absent."""
    data_gib: NotRequired[int]
    """Size of the disk for work in progress, which outlives the machine as a last snapshot. 200 GiB when absent; 0 for none."""
    data_snapshot_id: NotRequired[pulumi.Input[str]]
    """Id of the snapshot that the data disk is made from. Blank when absent. Another one later replaces the disk."""
    scratch_gib: NotRequired[int]
    """Scratch space on local SSDs, of 375 GiB each, which are empty after every stop and encrypted with Google's key: they take no
    other. 0 when absent."""
    snapshot_days: NotRequired[int]
    """For how many days the daily snapshots of the data disk are kept, 1 to 365; 0 for none. Fourteen when absent."""
    purchase: NotRequired[choices.Purchase]
    """`on-demand` (default) or `spot`."""
    allow_spot: NotRequired[bool]
    """Must be True for `spot`: Google may stop a spot machine within thirty seconds, with somebody at work on it."""
    idle: NotRequired[IdleArgs]
    """When the machine stops itself."""
    longest_run_hours: NotRequired[int]
    """After how many hours Google itself stops the machine, should nothing else have; 1 to 168. 24 when absent. For a render over a
    weekend give more."""
    hours: NotRequired[HoursArgs]
    """When it is started and stopped by the clock: one stretch, without `more` and `closed`. At the end it is stopped whatever it
    does. Google may be up to fifteen minutes late. Never when absent."""
    boot_commands: NotRequired[list[pulumi.Input[str]]]
    """Commands of your own, run as administrator at every start after everything else: bash on Linux, PowerShell on Windows. The
    first that fails ends them. Whoever may describe the machine reads them, so that a secret is refused. None when absent."""
    keep: NotRequired[bool]
    """Whether a last snapshot of the data disk is taken when the disk is deleted. True when absent."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`, which become labels. The machine also carries
    `soundstage:workstation` and `soundstage:user`."""
