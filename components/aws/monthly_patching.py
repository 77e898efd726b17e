"""MonthlyPatching: the patches of a project's machines that cannot be replaced by a fresh image, once a month.

By State Manager and not by a maintenance window: a window passes over the machines that are stopped when it opens, and a workstation is
stopped at night. An association runs at its hour on machines that are up, and on the others soon after their next start (amazon-ssm-agent
3.3, agent/association/model/model.go, read 2026-11: the next run is counted from the last one).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components.arguments import refuse
from soundstage.components.aws.place import Place, region_of_provider
from soundstage.components.aws.work_disk_snapshots import night
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.ownership import UNNAMED, Tags, ownership, plain_tags
from soundstage.components.policydoc import Statement, allow
from soundstage.components.sizes import DEFAULT_REGION
from soundstage.components.tags import PROJECT, STUDIO, named, tag_faults

DOCUMENT: Final = "AWS-RunPatchBaseline"
"""What Patch Manager runs on a machine: it installs what the account's default patch baseline for the machine's system approves."""
PATCH_BUCKETS: Final = ("aws-ssm-", "patch-baseline-snapshot-")
"""How AWS's own buckets that the document reads begin; the region follows (AWS Systems Manager User Guide, "SSM Agent communications
with AWS managed S3 buckets", read 2026-11)."""
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):00", re.ASCII)


class MonthlyPatchingArgs(TypedDict):
    project: NotRequired[str]
    """The project's name. When absent, what the tag `soundstage:project` says, or a name made of those of the Pulumi program and
    its stack."""
    studio: NotRequired[str]
    """The studio's name. When absent, what the tag `soundstage:studio` says."""
    at: NotRequired[str]
    """The hour of the third Saturday of a month in which machines that are up are patched, in UTC, such as `02:00`. An hour of the
    night where the region is when absent."""
    region: NotRequired[str]
    """Region of the machines. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Monthly:
    studio: str
    project: str
    at: str
    region: str | None
    tags: Tags


def third_saturday(at: str) -> str:
    """The schedule of an association for an hour such as `02:00`: after the second Tuesday, when Microsoft publishes its patches
    (AWS Systems Manager User Guide, "Cron and rate expressions for associations", read 2026-11)."""
    return f"cron(0 {int(at[:2])} ? * SAT#3 *)"


def reads_patches(place: Place) -> Statement:
    """What a machine's role needs besides its agent's calls."""
    buckets = [place.bucket_arn(f"{start}{place.region}") for start in PATCH_BUCKETS]
    return allow("Patches", ["s3:GetObject"], [f"{arn}/*" for arn in buckets])


def _resolve(name: str, args: MonthlyPatchingArgs, region: Callable[[], str | None]) -> _Monthly:
    args, faults = conformed(args, MonthlyPatchingArgs)
    owner = ownership(args, faults, tagged=("studio",))
    at = args["at"] if "at" in args else night(args.get("region") or region() or DEFAULT_REGION)
    faults += tag_faults(plain_tags(owner.tags))
    if not _HOUR.fullmatch(at):
        faults.append(f"at is {at!r}; allowed: a whole hour of the day in UTC, 00:00 to 23:00")
    refuse("MonthlyPatching", name, faults)
    return _Monthly(owner.studio or UNNAMED, owner.project, at, args.get("region"), owner.tags)


class MonthlyPatching(Component):
    """Patches for every `Workstation` of the same studio and project, on the third Saturday of each month, by AWS Systems Manager.

    It finds them by their tags. Nothing is restarted: a new kernel or library that is in use counts from the next start on. What the
    machine holds back (kernel, GPU driver, display) stays as it is. A machine needs a way to the servers of its packages, and
    `patched` of `Workstation`.
    """

    association_id: pulumi.Output[str]
    """Id of the association."""

    def __init__(self, name: str, args: MonthlyPatchingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args, lambda: region_of_provider(opts))
        super().__init__(name, args, opts)
        association = aws.ssm.Association(
            f"{name}-monthly",
            name=DOCUMENT,
            association_name=f"{wanted.studio}.{wanted.project}.patches",
            parameters={"Operation": "Install", "RebootOption": "NoReboot"},
            schedule_expression=third_saturday(wanted.at),
            # Not at once when it is made: a machine that has just been set up is being worked on.
            apply_only_at_cron_interval=True,
            targets=[
                {"key": f"tag:{STUDIO}", "values": [wanted.studio]},
                {"key": f"tag:{PROJECT}", "values": [wanted.project]},
            ],
            region=wanted.region,
            tags=named(wanted.tags, f"{name}-monthly"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.association_id = association.association_id
        self.record_outputs()
