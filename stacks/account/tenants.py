"""Who uses an account besides one studio's own stack: the projects of that studio, and other studios.

Two things tell: what this machine has on record, and the roles in the account, which carry studio and project in their path. The
second also knows what was brought up from another machine.
"""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.project_paths import typed
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import Account
from soundstage.stacks.state.on_record import all_on_record

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

GUARDRAILS: Final = frozenset(
    {
        "aws:accessanalyzer/analyzer:Analyzer",
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
        "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess",
        "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    }
)
"""What an account, or a region of it, has one of. Another studio there relies on it too."""


def refuse_while_projects_are_up(account: Account, kind: str, studio: str) -> None:
    """Raise `PreflightRefused`, with every project of `studio` that is up on the cloud of this kind, when there is one.

    Raises `CloudError` when the roles of the account cannot be listed.
    """
    here = {
        one.project: one
        for one in all_on_record()
        if (one.studio, one.cloud) == (studio, kind) and one.project and one.is_up
    }
    elsewhere = {project for owner, project in account.owners() if owner == studio and project} - set(here)
    if not here and not elsewhere:
        return
    names = [
        f"{name} ({os.path.relpath(one.file) if one.file else 'its file is not on record'})"
        for name, one in sorted(here.items())
    ]
    names += [f"{name} (brought up from another machine)" for name in sorted(elsewhere)]
    commands = [f"`workstation down {typed(one.file) if one.file else name}`" for name, one in sorted(here.items())]
    commands += [f"`workstation down {name}` where its file is" for name in sorted(elsewhere)]
    raise PreflightRefused(
        f"Studio {studio} holds the audit trail, the alarms and the permission boundaries of its projects, and these are up: "
        f"{', '.join(names)}. Nothing was changed.",
        f"First run {', '.join(commands)}.",
    )


def refuse_a_second(deployment: "Deployment") -> None:
    """Raise `PreflightRefused` where a project has machines or disks in a real account, and its state, which is on one computer alone, is
    not on this one: all of it would be made a second time.

    What these credentials may not list is not seen.
    """
    cloud, studio, project = deployment.cloud, deployment.studio.studio, deployment.project.project
    if not (cloud.embeds and cloud.name.is_real) or deployment.engine.exists():
        return
    try:
        there = (studio, project) in cloud.account.owners()
    except CloudError as error:
        if error.code not in DENIED:
            raise
        return
    if there:
        raise PreflightRefused(
            f"{deployment.project.title} has machines or disks in {cloud.describe()} already, and this computer has no state of it: it was "
            "brought up from another one, and would be built a second time. Nothing was changed.",
            f"Work on it there. Where that computer or its state is lost, `{deployment.command('adopt')}` records here what there is.",
        )


def other_studios(account: Account, studio: str) -> list[str]:
    """The other studios that are up in the account. Raises `CloudError` when its roles cannot be listed."""
    return sorted({owner for owner, project in account.owners() if owner != studio and not project})


def with_guardrails(deployment: dict[str, Any], *, stay: bool) -> dict[str, Any]:
    """A studio's state in which the account's guard-rails are protected from deletion, or no longer are."""
    resources = [
        {**one, "protect": stay} if one["type"] in GUARDRAILS else one for one in deployment.get("resources") or ()
    ]
    return {**deployment, "resources": resources}


def down_plan(plan: Plan, recorded: Plan, *, stay: bool) -> Plan:
    """The plan of a studio's `down`, in which the account's guard-rails stay or go."""
    operation = Operation.SAME if stay else Operation.DELETE
    shown = plan.by_urn
    return replace(
        plan,
        resources=tuple(
            replace(shown.get(one.urn, one), operation=operation) if one.type in GUARDRAILS else shown.get(one.urn, one)
            for one in recorded
        ),
    )
