"""What Google Cloud tells about whoever asks."""

from collections.abc import Callable, Sequence

from soundstage.stacks.clouds.facts import Caller, Question, Refused
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
        wanted = sorted({action for question in questions for action in question.actions})
        resource = f"projects/{self._cloud.project.account_id}"
        missing: list[str] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            method = "cloudresourcemanager.projects.testIamPermissions"
            answer = ask(self._cloud, method, resource=resource, permissions=some)
            missing += sorted(set(some) - set(answer.get("permissions") or ()))
        return [Refused(action) for action in missing]

    def licence_bucket(self, region: str) -> str:  # noqa: ARG002 - the displays of Google Cloud need none
        return ""

    def cost_tag(self) -> str:
        return "Active"  # budgets and bills of Google Cloud are split by every label
