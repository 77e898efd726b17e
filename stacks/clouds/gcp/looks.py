"""What a project of Google Cloud must have before anything is made in it: somebody who pays, APIs that are switched on, and an organisation
that does not forbid it.

Sources: Cloud Billing API, `projects.getBillingInfo`; Service Usage API, `services.batchGet`; Organization Policy API,
`projects.policies.getEffectivePolicy`, and "Organization policy constraints" (read 2026-11).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from soundstage.core.words import listed
from soundstage.plan.plan import Plan
from soundstage.projectfile.studio_file import Studio
from soundstage.stacks.clouds.facts import Looks, Seen
from soundstage.stacks.clouds.gcp.calls import Projects, ask
from soundstage.stacks.kinds.resource_kinds import MACHINE, image_on

_ALWAYS: Final = (
    *("billingbudgets", "cloudbilling", "cloudkms", "cloudresourcemanager", "compute", "dns", "iam", "iap", "logging"),
    *("monitoring", "orgpolicy", "oslogin", "pubsub", "storage"),
)
"""The APIs that every project of ours calls, by the first part of their names; also those by which is looked who pays and what is forbidden."""
_BUILT: Final = ("artifactregistry", "cloudbuild", "cloudfunctions", "eventarc", "run")
"""What a function of Cloud Run that an event calls takes besides (Cloud Run functions, "Before you begin"; Eventarc, "Create triggers for
functions"; read 2026-11)."""
_CAN_BE_RESTRICTED: Final = ("cloudkms", "compute", "dns", "pubsub", "storage")
"""Of these, those that a policy of services is known to hold for. It leaves out IAM, Cloud Logging, Cloud Monitoring and others (Resource
Manager, "Restricting resource usage", read 2026-11)."""
_FUNCTION: Final = "gcp:cloudfunctionsv2/function:Function"
_ONE_REGION: Final = re.compile(r"(?:in:)?([a-z]+-[a-z]+\d+)(?:-locations|-[a-z])?")
"""A place in a policy of locations that is one region or in one; other words stand for several."""


def looks_at(cloud: Projects, region: str) -> Looks:
    """What is looked at, by a word for it."""
    return {
        "billing": lambda studio, _plan: [_billing(cloud, studio)],
        "APIs": lambda _studio, plan: [_apis(cloud, plan)],
        "organisation": lambda studio, plan: _organisation(cloud, {region, studio.home_region}, plan),
    }


def _billing(cloud: Projects, studio: Studio) -> Seen:
    project, wanted = cloud.project.account_id, studio.billing_account
    told = ask(cloud, "cloudbilling.projects.getBillingInfo", name=f"projects/{project}")
    pays = str(told.get("billingAccountName") or "").removeprefix("billingAccounts/")
    link = f"gcloud billing projects link {project} --billing-account="
    if not pays:
        return Seen(
            f"Nobody pays for the project {project}: it has no billing account, and nothing that costs can be made in it.",
            f"`gcloud billing accounts list` shows yours, and `{link}{wanted or 'ACCOUNT'}` lets one pay.",
        )
    if not told.get("billingEnabled"):
        return Seen(
            f"The billing account {pays}, which pays for the project {project}, is closed.",
            f"Mend its payment in the Google Cloud console, under Billing; or let another pay: `{link}ACCOUNT`.",
        )
    if wanted and wanted != pays:
        return Seen(
            f"The project {project} is paid for by the billing account {pays}, and the studio file names {wanted}, whose budget would "
            "count nothing of it.",
            f"Write `billing_account: {pays}` into the studio file; or `{link}{wanted}`.",
        )
    return Seen(f"{project} is paid for by the billing account {pays}")


def _apis(cloud: Projects, plan: Plan) -> Seen:
    project = cloud.project.account_id
    wanted = [*_ALWAYS, *(_BUILT if plan.of_type(_FUNCTION) else ())]
    off = sorted(_off(cloud, [f"projects/{project}/services/{one}.googleapis.com" for one in wanted]))
    if not off:
        return Seen(f"all {len(wanted)} that this calls are switched on")
    return Seen(
        f"{len(off)} of the {len(wanted)} APIs that this calls are switched off in the project {project}: {listed(off)}.",
        switch_on(project, off),
    )


def switch_on(project: str, names: Sequence[str] = ()) -> str:
    """What to type to switch APIs on, by their names; left out, all that every project of ours calls."""
    every = names or [f"{one}.googleapis.com" for one in _ALWAYS]
    return f"`gcloud services enable {' '.join(every)} --project={project}` switches them on; that can take a minute or two."


def _off(cloud: Projects, names: Sequence[str]) -> Iterator[str]:
    parent = f"projects/{cloud.project.account_id}"
    told = ask(cloud, "serviceusage.services.batchGet", parent=parent, names=list(names))
    for one in told.get("services") or ():
        if one.get("state") != "ENABLED":
            yield str((one.get("config") or {}).get("name") or one["name"].rpartition("/")[2])


def _organisation(cloud: Projects, regions: set[str], plan: Plan) -> list[Seen]:
    project = cloud.project.account_id
    judges: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], str]] = {
        "gcp.resourceLocations": lambda rules: _outside(rules, regions),
        "gcp.restrictServiceUsage": _unused,
        "iam.disableServiceAccountCreation": lambda rules: _enforced(rules, "each machine has a service account of its own"),
        "compute.disableGuestAttributesAccess": lambda rules: _enforced(rules, "machines tell through them that they are ready"),
        "compute.trustedImageProjects": lambda rules: _foreign(rules, plan, project),
    }  # fmt: skip
    found = []
    for constraint, judge in judges.items():
        name = f"projects/{project}/policies/{constraint}"
        policy = ask(cloud, "orgpolicy.projects.policies.getEffectivePolicy", name=name)
        if why := judge((policy.get("spec") or {}).get("rules") or ()):
            found.append(
                Seen(
                    f"The organisation's policy {constraint} forbids this: {why}.",
                    f"Whoever administers the organisation can except {project} from it; `gcloud org-policies describe {constraint} "
                    f"--project={project} --effective` shows what it says.",
                )
            )
    return found or [Seen("none of its policies that are known to forbid this does")]


def _enforced(rules: Sequence[Mapping[str, Any]], need: str) -> str:
    return need if any(rule.get("enforce") is True and not rule.get("condition") for rule in rules) else ""


def _outside(rules: Sequence[Mapping[str, Any]], regions: set[str]) -> str:
    """Why a policy of locations keeps a region out. One that names groups of regions is known to Google alone."""
    if _denies_all(rules):
        return "nothing may be made anywhere"
    allowed = list(_values(rules, "allowedValues"))
    named = [_ONE_REGION.fullmatch(one) for one in allowed]
    if not allowed or not all(named):
        return ""
    admitted = {one[1] for one in named if one}
    out = sorted(regions - admitted)
    return f"{listed(out)} may not be used, only {listed(sorted(admitted))}" if out else ""


def _unused(rules: Sequence[Mapping[str, Any]]) -> str:
    denied, allowed = set(_values(rules, "deniedValues")), set(_values(rules, "allowedValues"))
    ours = [f"{one}.googleapis.com" for one in _CAN_BE_RESTRICTED]
    out = [one for one in ours if one in denied or (allowed and one not in allowed)]
    return f"{listed(out)} may not be used" if out else ""


def _foreign(rules: Sequence[Mapping[str, Any]], plan: Plan, project: str) -> str:
    """Why a policy of trusted images keeps an image of the plan out. It does not hold for those of the project itself (Compute Engine,
    "Setting up trusted image policies", read 2026-11)."""
    allowed, denied = set(_values(rules, "allowedValues")), set(_values(rules, "deniedValues"))
    images = {str(image_on(machine) or "") for machine in plan.of_type(*MACHINE)}
    owners = {"/".join(image.split("/")[:2]) for image in images if image.startswith("projects/")} - {
        f"projects/{project}"
    }
    out = sorted(one for one in owners if one in denied or (allowed and one not in allowed) or _denies_all(rules))
    return f"images of {listed(out)} may not be used" if out else ""


def _denies_all(rules: Iterable[Mapping[str, Any]]) -> bool:
    return any(rule.get("denyAll") is True and not rule.get("condition") for rule in rules)


def _values(rules: Iterable[Mapping[str, Any]], kind: str) -> Iterator[str]:
    for rule in rules:
        if not rule.get("condition"):
            yield from (str(one).removeprefix("is:") for one in (rule.get("values") or {}).get(kind) or ())
