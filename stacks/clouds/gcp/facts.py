"""What Google Cloud tells about whoever asks."""

from collections.abc import Callable, Collection, Sequence

from soundstage.stacks.clouds.facts import PAYER, Caller, Question, Refused
from soundstage.stacks.clouds.gcp.calls import Projects, ask
from soundstage.stacks.clouds.gcp.looks import looks_at

_AT_ONCE = 100
"""Permissions that one question may name (Resource Manager API, `projects.testIamPermissions`, read 2026-11)."""


class GoogleFacts:
    """See `Facts`."""

    def __init__(self, cloud: Projects, region: str, who: Callable[[], Caller]) -> None:
        self._cloud, self._who = cloud, who
        self.looks = looks_at(cloud, region)

    def caller(self) -> Caller:
        project = self._cloud.project  # says whether the credentials are accepted
        ask(self._cloud, "cloudresourcemanager.projects.get", name=f"projects/{project.account_id}")
        return self._who()

    def refused(self, caller: Caller, questions: Sequence[Question]) -> list[Refused]:  # noqa: ARG002 - who asks is asked about
        project = f"projects/{self._cloud.project.account_id}"
        of_payer = {action for one in questions if PAYER in one.resources for action in one.actions}
        of_project = {action for one in questions for action in one.actions} - of_payer
        missing = self._missing("cloudresourcemanager.projects.testIamPermissions", project, of_project)
        if of_payer and (payer := self._payer()):
            missing += self._missing("cloudbilling.billingAccounts.testIamPermissions", payer, of_payer)
        return [Refused(action) for action in missing]

    def _missing(self, method: str, resource: str, actions: Collection[str]) -> list[str]:
        wanted, missing = sorted(actions), list[str]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            answer = ask(self._cloud, method, resource=resource, permissions=some)
            missing += sorted(set(some) - set(answer.get("permissions") or ()))
        return missing

    def _payer(self) -> str:
        """The billing account that pays; empty for none, which the check `billing` tells."""
        project = self._cloud.project.account_id
        told = ask(self._cloud, "cloudbilling.projects.getBillingInfo", name=f"projects/{project}")
        return str(told.get("billingAccountName") or "")

    def licence_bucket(self, region: str) -> str:  # noqa: ARG002 - the displays of Google Cloud need none
        return ""

    def cost_tag(self) -> str:
        return "Active"  # budgets and bills of Google Cloud are split by every label
