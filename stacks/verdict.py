"""What the policies say of a plan before it is carried out. The only door from here to the policies, which know plans alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soundstage.core.errors import PolicyRefused
from soundstage.core.filefaults import Problem
from soundstage.core.yamlfile import Place
from soundstage.plan.plan import Plan, PreviewResult
from soundstage.policies import run
from soundstage.policies.policy import Level, Profile
from soundstage.policies.policy_file import PolicyFile, read_policy_file
from soundstage.policies.report import Report
from soundstage.policies.reports.words import adjusted
from soundstage.policies.selection import Selection
from soundstage.policies.settings import Settings
from soundstage.pricing.estimate import estimate
from soundstage.pricing.usage import Usage
from soundstage.projectfile.spec import Project, refuse

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

POLICY_FILE: Final = "policy.yaml"
MOST_TOLD: Final = 10
"""Violations named when a command is refused."""


@dataclass(frozen=True)
class Verdict:
    """What the policies of a profile say of a plan, before it is carried out."""

    report: Report
    profile: str
    strict: bool

    @property
    def refused(self) -> bool:
        return self.report.refuses(strict=self.strict)

    def reasons(self) -> list[str]:
        """Why it is refused, a line each."""
        told = [f"{item.policy.id} {item.where}: {item.message}" for item in self.report.violations(mandatory=True)]
        more = [f"… and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
        return told[:MOST_TOLD] + more or [
            (
                f"The policy file is strict; {len(self.report.blind)} values could not be judged and "
                f"{len(self.report.left_out)} policies were left out."
            )
        ]

    def sentence(self) -> str:
        """One line for a preview."""
        counts = self.report.counts
        advice = f"{counts['advisory']} suggestion{'' if counts['advisory'] == 1 else 's'}"
        blind = len(self.report.blind)
        waiting = f"; {blind} check{' needs' if blind == 1 else 's need'} it to be up" if blind else ""
        judged = f"{advice}{waiting}. See `workstation check`"
        if self.refused:
            return "\n".join([f"Policies ({self.profile}): `up` would be refused. {judged}.", *self.reasons()])
        return "\n".join([f"Policies ({self.profile}): passed. {judged}.", *adjusted(self.report)])

    def summary(self) -> dict[str, Any]:
        """For `--json`."""
        return {"profile": self.profile, "refused": self.refused, "counts": dict(self.report.counts)}


def verdict(plan: Plan, file: Path | None, profile: str, usage: Usage | None = None) -> Verdict:
    """Judge what `up` would do, by the policy file that lies beside `file` (a project's or a studio's) and the profile that it
    names, or else `profile`. With `usage` the policies know what the plan costs a month."""
    policy_file = policy_file_of(file)
    held = policy_file.profile_over(profile)
    selection = Selection(without=tuple(policy_file.without), own=policy_file.own)
    report = run(plan, held, priced(policy_file.settings, plan, usage), policy_file.waivers, None, selection)
    return Verdict(report, held, policy_file.strict)


def priced(settings: Settings, plan: Plan, usage: Usage | None) -> Settings:
    """The settings with what the plan costs in a typical month, where somebody says how it is used and the policy file says no sum."""
    if usage is None or settings.monthly_estimate_usd is not None:
        return settings
    return settings.estimated(round(estimate(plan, usage).month().typical, 2))


def hold_project(deployment: "Deployment", preview: PreviewResult) -> None:
    """`hold` a project's plan, and that of its studio where that comes up first."""
    from soundstage.stacks.costs import usage_of

    home, profile = deployment.home, deployment.project.profile
    if preview.studio_plan:
        hold(preview.studio_plan, home.path, profile, home.command("check"))
    hold(preview.plan, deployment.path, profile, deployment.command("check"), usage_of(deployment.project))


def hold(plan: Plan, file: Path | None, profile: str, command: str, usage: Usage | None = None) -> Report:
    """Judge a plan before it is carried out. `PolicyRefused` when a mandatory policy is violated; else the report.
    `command` is what a person types to see why (`workstation check teaser`)."""
    judged = verdict(plan, file, profile, usage)
    if judged.refused:
        raise PolicyRefused(
            "\n".join([f"The policies of profile {judged.profile} refuse this:", *judged.reasons()]),
            f"`{command}` shows why, and how to fix it.",
        )
    return judged.report


def refuse_choices(project: Project, file: Path, day: date) -> None:
    """Raise `SpecError` for each setting of a project that a mandatory policy of its profile refuses whatever else the file says,
    unless the policy file that holds waives the policy on `day`. What `up` would refuse, without a plan."""
    held = policy_file_of(file)
    profile = held.profile_over(project.profile)
    answered = {waiver.policy for waiver in held.waivers if waiver.expires >= day} | {
        each.upper() for each in held.without
    }
    refuse(file, _refused(project, profile, answered, file.with_name(f"{file.stem}.{POLICY_FILE}")))


def _refused(project: Project, profile: Profile, answered: set[str], own: Path) -> Iterator[Problem]:
    from soundstage.policies.catalogue import catalogue

    # Hours are kept as a mapping of ours, of which pydantic would warn the person at the terminal.
    said = project.model_dump(by_alias=True, warnings="none")
    for policy in catalogue().values():
        if policy.choice is None or policy.levels[profile] is not Level.MANDATORY or policy.id in answered:
            continue
        for place in _places_with(said, policy.choice.path, policy.choice.value):
            problem = (
                f"is {policy.choice.value}, which policy {policy.id} of profile {profile} refuses ({policy.title})"
            )
            waiver = f"or a waiver of {policy.id} in {own.name}"
            yield Problem(place, problem, policy.choice.value, f"{policy.choice.instead}; {waiver}")


def _places_with(value: Any, path: Sequence[str], wanted: str) -> Iterator[Place]:
    if not path:
        yield from [()] if value == wanted else []
        return
    for key in value if path[0] == "*" else path[:1]:
        for rest in _places_with(value[key], path[1:], wanted):
            yield (key, *rest)


def policy_file_of(file: Path | None, named: Path | None = None) -> PolicyFile:
    """The policy file that holds: the one named, or the first of `_places` that is there, or an empty one."""
    found = named or next((path for path in _places(file) if path.is_file()), None)
    return read_policy_file(found) if found else PolicyFile()


def _places(file: Path | None) -> list[Path]:
    """Where a policy file may be: `teaser.policy.yaml` beside the project file, `policy.yaml` there, above it, or here."""
    if file is None:
        return [Path(POLICY_FILE)]
    folder = file.parent
    own = file.with_name(f"{file.stem}.{POLICY_FILE}")
    return [own, folder / POLICY_FILE, folder.parent / POLICY_FILE, Path(POLICY_FILE)]
