"""Whether the project that a studio file names is there for these credentials."""

from typing import Any, Final

from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.providers.cloud_codes import DENIED
from soundstage.providers.gcp.rest import GoogleProject
from soundstage.stacks.clouds.gcp.calls import ask, is_switched_off
from soundstage.stacks.clouds.gcp.credentials import caller_of
from soundstage.stacks.clouds.gcp.looks import switch_on

_THERE: Final = "ACTIVE"


class _Unseen:
    """A project of which nobody has seen yet whether it is there."""

    def __init__(self, project: GoogleProject) -> None:
        self.project = project


def refuse_unknown(project: GoogleProject) -> None:
    """Raise `PreflightRefused` for a project that these credentials may not see, or that is being deleted."""
    id = project.account_id
    try:
        told: dict[str, Any] = ask(_Unseen(project), "cloudresourcemanager.projects.get", name=f"projects/{id}")
    except CloudError as error:
        if is_switched_off(error.code, error.message):
            raise PreflightRefused(
                f"The Cloud Resource Manager API is switched off in the Google Cloud project {id}, as in a new one, and without it nothing can be "
                "asked.",
                switch_on(id),
            ) from error
        if "USER_PROJECT_DENIED" in error.message:
            raise PreflightRefused(
                f"{caller_of(project).name} may see the Google Cloud project {id} and may not make calls in its name.",
                f"Let whoever administers it run `gcloud projects add-iam-policy-binding {id} --member=user:NAME "
                "--role=roles/serviceusage.serviceUsageConsumer --condition=None`.",
            ) from error
        if error.code not in DENIED:
            raise
        raise PreflightRefused(
            f"There is no Google Cloud project {id}, which the studio file names as `account`, or {caller_of(project).name} may not see it. "
            "Nothing was asked of it.",
            "`gcloud projects list` shows those that you may see. Correct `account` in the studio file, sign in as somebody else (`gcloud "
            "auth application-default login`), or let whoever administers the project give you what `workstation permissions` prints.",
        ) from error
    if told.get("state", _THERE) != _THERE:
        raise PreflightRefused(
            f"The Google Cloud project {id} is being deleted, with everything in it.",
            f"`gcloud projects undelete {id}` takes that back within 30 days; or name another project as `account` in the studio file.",
        )
