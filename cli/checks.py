"""A check from the command line: find the plan and the policy file, judge, and answer."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundstage.cli.answer import Answer, say
from soundstage.cli.display.screen import Screen
from soundstage.components import files
from soundstage.components.errors import PolicyRefused, UsageError
from soundstage.policies import run
from soundstage.policies.baseline import Baseline, baseline_of
from soundstage.policies.patch import patch as patch_of
from soundstage.policies.policy_file import PolicyFile, read_policy_file
from soundstage.policies.report import Report
from soundstage.policies.reports import RENDERERS
from soundstage.policies.reports.json import document
from soundstage.policies.reports.words import adjusted
from soundstage.policies.selection import Selection
from soundstage.policies.sources import MOST_BYTES, plan_from, read_plan
from soundstage.stacks.plan import Plan

POLICY_FILE = "policy.yaml"
MOST_TOLD = 10
"""Violations named when a command is refused."""


@dataclass(frozen=True)
class CheckRequest:
    """What the command line asked for. `profile` empty: that of the policy file, or of the project."""

    target: str | None
    file: Path | None
    state: bool
    engine: str | None
    profile: str
    config: Path | None
    baseline: Path | None
    selection: Selection


@dataclass(frozen=True)
class Checked:
    """A report, with the plan it is about and the policy file that held."""

    report: Report
    plan: Plan
    policy_file: PolicyFile

    def answer(self, format: str, *, strict: bool = False, patch: bool = False) -> Answer:
        """The result of `workstation check`: the report in the format asked for, exit code 3 when it refuses."""
        if format not in RENDERERS:
            raise UsageError(f"There is no report format {format!r}; allowed: {', '.join(RENDERERS)}.")
        refused = self.report.refuses(strict=strict or self.policy_file.strict)
        code = PolicyRefused.exit_code if refused else 0

        def text(screen: Screen) -> str:
            shown = patch_of(self.report, self.plan) if patch else self.report.render(format, colour=screen.colour)
            return shown.rstrip("\n")

        return Answer(document(self.report), text, code)


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
        judged = f"{counts['advisory']} advise, {len(self.report.blind)} places can be judged only after `up`"
        if self.refused:
            return "\n".join([f"Policies ({self.profile}): `up` would be refused ({judged}).", *self.reasons()])
        return "\n".join([f"Policies ({self.profile}): nothing against it ({judged}).", *adjusted(self.report)])

    def summary(self) -> dict[str, Any]:
        """For `--json`."""
        return {"profile": self.profile, "refused": self.refused, "counts": dict(self.report.counts)}


def check(request: CheckRequest) -> Checked:
    """Judge what the request names."""
    plan, project, named = _plan(request)
    policy_file = _policy_file(project, request.config)
    chosen = request.selection
    selection = Selection(
        chosen.ids, (*chosen.without, *policy_file.without), chosen.areas, chosen.frameworks, chosen.severity
    )
    known = Baseline.from_json(_json(request.baseline)) if request.baseline else None
    profile = request.profile or policy_file.profile_over(named)
    report = run(plan, profile, policy_file.settings, policy_file.waivers, known, selection)
    return Checked(report, plan, policy_file)


def verdict(plan: Plan, project: Path, profile: str) -> Verdict:
    """Judge what `up` would do, by the policy file of the project and the profile that it or the project names."""
    policy_file = _policy_file(project)
    held = policy_file.profile_over(profile)
    selection = Selection(without=tuple(policy_file.without))
    report = run(plan, held, policy_file.settings, policy_file.waivers, None, selection)
    return Verdict(report, held, policy_file.strict)


def hold(plan: Plan, project: Path, profile: str) -> Report:
    """Judge a plan before it is carried out. `PolicyRefused` when a mandatory policy is violated; else the report."""
    judged = verdict(plan, project, profile)
    if judged.refused:
        raise PolicyRefused(
            "\n".join([f"The policies of profile {judged.profile} refuse this:", *judged.reasons()]),
            f"`workstation check {project}` shows why and how to mend it.",
        )
    return judged.report


def write(checked: Checked, path: Path) -> Answer:
    """Write the baseline that accepts every violation now open."""
    accepted = baseline_of(checked.report)
    try:
        files.write(path, json.dumps(accepted, indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return Answer(accepted, say(f"{path}: {len(accepted['findings'])} violations are known from now on."))


def _policy_file(project: Path | None, named: Path | None = None) -> PolicyFile:
    """The policy file that holds: the one named, or the first of `_places` that is there, or an empty one."""
    found = named or next((path for path in _places(project) if path.is_file()), None)
    return read_policy_file(found) if found else PolicyFile()


def _places(project: Path | None) -> list[Path]:
    """Where a policy file may be: `teaser.policy.yaml` beside the project file, `policy.yaml` there, above it, or here."""
    if project is None:
        return [Path(POLICY_FILE)]
    folder = project.parent
    own = project.with_name(f"{project.stem}.{POLICY_FILE}")
    return [own, folder / POLICY_FILE, folder.parent / POLICY_FILE, Path(POLICY_FILE)]


def _plan(request: CheckRequest) -> tuple[Plan, Path | None, str | None]:
    """The plan, the file that it comes from, and the profile that the project names; None where there is no project."""
    if request.file is not None:
        if str(request.file) == "-":
            return plan_from(_decoded(sys.stdin.buffer.read(MOST_BYTES), "stdin"), "stdin"), None, None
        return read_plan(request.file), request.file, None
    from soundstage.stacks.deployment import open_project

    deployment = open_project(request.target, engine=request.engine)
    if request.state:
        return deployment.engine.resources(), deployment.path, deployment.project.profile
    return deployment.preview().plan, deployment.path, deployment.project.profile


def _json(path: Path) -> Any:
    try:
        return _decoded(files.read(path, MOST_BYTES), str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _decoded(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}.") from error
