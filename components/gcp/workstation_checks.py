"""A workstation's arguments with defaults applied and every check passed."""

import re
from dataclasses import dataclass
from typing import Final

import pulumi

from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.boot.facts import PROFILES
from soundstage.components.boot_commands import command_faults
from soundstage.components.fields import conformed
from soundstage.components.gcp.clock import clock_faults
from soundstage.components.gcp.naming import component_faults, place_faults, region_of
from soundstage.components.gcp.workstation_args import WorkstationArgs
from soundstage.components.google_members import people_faults
from soundstage.components.google_sizes import (
    LEAST_DISK_GIB,
    GoogleMachine,
    drivers_are_signed,
    google_machines,
    google_type,
    local_ssds,
    most_scratch_gib,
    offered,
    regions_for,
)
from soundstage.components.hours import Hours, hours_faults, resolve_hours
from soundstage.components.idle import IDLE_MINUTES, WARN_MINUTES, IdleArgs, idle_faults, keep_while
from soundstage.components.images import OPERATING_SYSTEMS
from soundstage.components.labels import label_carry_faults
from soundstage.components.naming import label_faults
from soundstage.components.ownership import UNNAMED, Tags, ownership, plain_tags
from soundstage.components.purchases import PURCHASES
from soundstage.components.sizes import DEFAULT_SIZE, roles, sizes
from soundstage.components.tags import USER, WORKSTATION, tag_faults
from soundstage.components.users import user_faults

LARGEST_DISK_GIB: Final = 65_536
"""Compute Engine, "About Persistent Disk", read 2026-11."""
DISK_GIB, DATA_GIB = 100, 200
SNAPSHOT_DAYS: Final = 14
LONGEST_RUN_HOURS: Final = 168
RUN_HOURS: Final = 24
_IMAGE: Final = re.compile(r"projects/([a-z0-9.:-]+)/global/images/([a-z](?:[-a-z0-9]*[a-z0-9])?)", re.ASCII)
_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*", re.ASCII)


@dataclass(frozen=True)
class Machine:
    """Everything that a workstation is made of."""

    studio: str
    """Whose project it is; never empty."""
    project: str
    workstation: str
    people: tuple[str, ...]
    type: GoogleMachine
    os: str
    secure_boot: bool
    image: str
    image_name: str
    profile: str
    subnet_id: pulumi.Input[str]
    zone: str
    region: str
    key_id: pulumi.Input[str]
    bucket_name: pulumi.Input[str] | None
    prefix: str
    disk_gib: int
    data_gib: int
    """0 for none."""
    data_snapshot_id: pulumi.Input[str] | None
    ssds: int
    snapshot_days: int
    spot: bool
    stop_after_minutes: int
    warn_minutes: int
    keep_while: tuple[str, ...]
    longest_run_hours: int
    hours: Hours | None
    boot_commands: tuple[pulumi.Input[str], ...]
    keep: bool
    project_id: str | None
    user: str
    tags: Tags


def resolve(name: str, args: WorkstationArgs) -> Machine:
    """Apply defaults and check everything. `ArgumentError` lists every fault at once."""
    args, faults = conformed(args, WorkstationArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults, tagged=("studio",))
    workstation, user = args.get("workstation", name), args.get("user", "")
    faults += label_faults("workstation", workstation) + user_faults("user", user)
    tags = {**owner.tags, WORKSTATION: workstation, USER: user}
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    os, profile, purchase = (
        args.get("os", "linux"),
        args.get("profile", "studio"),
        args.get("purchase", "on-demand"),
    )
    faults += choice_fault("os", os, OPERATING_SYSTEMS) + choice_fault("profile", profile, PROFILES)
    faults += choice_fault("purchase", purchase, PURCHASES)
    if purchase == "spot" and not args.get("allow_spot", False):
        faults.append("purchase is spot without allow_spot; a spot machine may vanish under the person working on it")
    region = region_of(args.get("availability_zone", ""))
    machine = _machine(args, region, faults)
    ssds = local_ssds(machine, args.get("scratch_gib", 0)) if machine else 0
    if machine and ssds is None:
        most = most_scratch_gib(machine.name)
        faults.append(f"scratch_gib is {args.get('scratch_gib')}; {machine.name} has at most {most} GiB of local disks")
    faults += _image_faults(args.get("image", "")) + people_faults("people", args.get("people", []))
    faults += _size_faults(args)
    idle = args.get("idle", IdleArgs())
    faults += idle_faults(idle) + command_faults("boot_commands", args.get("boot_commands", []))
    if not _PREFIX.fullmatch(args.get("prefix", "")):
        faults.append(f"prefix is {args.get('prefix')!r}; allowed: folders of letters, digits and . _ - that end in /")
    if "hours" in args:
        faults += hours_faults("hours", args["hours"]) + clock_faults("hours", args["hours"])
    refuse("Workstation", name, faults)
    assert machine is not None and ssds is not None  # noqa: S101, PT018 - refused above
    return Machine(
        studio=owner.studio or UNNAMED,
        project=owner.project,
        workstation=workstation,
        people=tuple(sorted(set(args.get("people", ())))),
        type=machine,
        os=os,
        secure_boot=args.get("secure_boot", drivers_are_signed(os, machine)),
        image=args["image"],
        image_name=args.get("image_name", ""),
        profile=profile,
        subnet_id=args["subnet_id"],
        zone=args["availability_zone"],
        region=region,
        key_id=args["key_id"],
        bucket_name=args.get("bucket_name"),
        prefix=args.get("prefix", ""),
        disk_gib=args.get("disk_gib", DISK_GIB),
        data_gib=args.get("data_gib", DATA_GIB),
        data_snapshot_id=args.get("data_snapshot_id"),
        ssds=ssds,
        snapshot_days=args.get("snapshot_days", SNAPSHOT_DAYS),
        spot=purchase == "spot",
        stop_after_minutes=idle.get("stop_after_minutes", IDLE_MINUTES),
        warn_minutes=idle.get("warn_minutes", WARN_MINUTES),
        keep_while=keep_while(idle),
        longest_run_hours=args.get("longest_run_hours", RUN_HOURS),
        hours=resolve_hours(args["hours"]) if "hours" in args else None,
        boot_commands=tuple(args.get("boot_commands", ())),
        keep=args.get("keep", True),
        project_id=args.get("project_id"),
        user=user,
        tags=tags,
    )


def _machine(args: WorkstationArgs, region: str, faults: list[str]) -> GoogleMachine | None:
    named = args.get("instance_type")
    if named is not None:
        if "size" in args:
            faults.append(f"size is {args['size']} and instance_type is {named}; give one of the two")
        found = google_machines().get(named)
        if found is None:
            faults += choice_fault("instance_type", named, tuple(google_machines()))
        elif region and not offered(found, region):
            accelerator = found.accelerator.name if found.accelerator else ""
            faults.append(f"instance_type is {named}, and {region} has no {accelerator}; choose another region or type")
        return found
    role, size = args.get("role", "editing"), args.get("size", DEFAULT_SIZE)
    wrong = choice_fault("role", role, roles()) + choice_fault("size", size, sizes())
    if wrong:
        faults += wrong
        return None
    found = google_type(role, size, region)
    if found is None and region:
        places = ", ".join(regions_for(role, size))
        faults.append(
            f"availability_zone is {args.get('availability_zone')}, and {region} has no machine with a virtual workstation for "
            f"{role}, size {size}; regions that do: {places}"
        )
    return found


def _image_faults(image: str) -> list[str]:
    if _IMAGE.fullmatch(image):
        return []
    allowed = "the exact name of one image, projects/PROJECT/global/images/NAME (gcloud compute images list shows them)"
    return [f"image is {image!r}; allowed: {allowed}"]


def _size_faults(args: WorkstationArgs) -> list[str]:
    faults = number_faults("disk_gib", args.get("disk_gib", DISK_GIB), LEAST_DISK_GIB, LARGEST_DISK_GIB)
    data = args.get("data_gib", DATA_GIB)
    faults += number_faults("data_gib", data, 0, LARGEST_DISK_GIB)
    if isinstance(data, int) and 0 < data < LEAST_DISK_GIB:
        faults.append(f"data_gib is {data}; allowed: {LEAST_DISK_GIB} or more, or 0 for none")
    faults += number_faults("scratch_gib", args.get("scratch_gib", 0), 0, LARGEST_DISK_GIB)
    faults += number_faults("snapshot_days", args.get("snapshot_days", SNAPSHOT_DAYS), 0, 365)
    return faults + number_faults("longest_run_hours", args.get("longest_run_hours", RUN_HOURS), 1, LONGEST_RUN_HOURS)
