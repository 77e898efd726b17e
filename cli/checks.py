"""A check from the command line: find the plan and the policy file, judge, and answer."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundstage.cli.answer import Answer, say
from soundstage.cli.display.screen import Screen
from soundstage.cli.source_lines import with_lines
from soundstage.core import files
from soundstage.core.errors import PolicyRefused, UsageError
from soundstage.plan.plan import Plan
from soundstage.policies import run
from soundstage.policies.baseline import Baseline, baseline_of
from soundstage.policies.comparison import Comparison, compare
from soundstage.policies.patch import patch as patch_of
from soundstage.policies.policy import Profile
from soundstage.policies.policy_file import PolicyFile
from soundstage.policies.report import Report
from soundstage.policies.reports import RENDERERS
from soundstage.policies.reports.compared import COMPARED
from soundstage.policies.reports.compared import document as comparison_document
from soundstage.policies.reports.json import document
from soundstage.policies.selection import Selection
from soundstage.policies.sources import MOST_BYTES, plan_of_bytes, read_plan
from soundstage.pricing.usage import Usage
from soundstage.stacks.verdict import policy_file_of, priced


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
    against: Path | None = None
    """The plan that stood before the change."""
    studio_on: str | None = None
    """The cloud of the studio that `target` is; None when it is a project."""


@dataclass(frozen=True)
class Checked:
    """A report, with the plan it is about and the policy file that held."""

    report: Report
    plan: Plan
    policy_file: PolicyFile
    compared: Comparison | None = None

    def answer(self, format: str, *, strict: bool = False, patch: bool = False) -> Answer:
        """The result of `workstation check`: the report in the format asked for, exit code 3 when it refuses."""
        if format not in RENDERERS:
            raise UsageError(f"{format!r} is not a report format; allowed: {', '.join(RENDERERS)}.")
        if self.compared and format not in COMPARED:
            raise UsageError(f"With `--against` there is no format {format!r}; allowed: {', '.join(COMPARED)}.")
        refused = self.report.refuses(strict=strict or self.policy_file.strict)
        code = PolicyRefused.exit_code if refused else 0

        def text(screen: Screen) -> str:
            if patch:
                return patch_of(self.report, self.plan).rstrip("\n")
            if self.compared:
                return COMPARED[format](self.compared, screen.colour).rstrip("\n")
            return self.report.render(format, colour=screen.colour).rstrip("\n")

        return Answer(comparison_document(self.compared) if self.compared else document(self.report), text, code)


def check(request: CheckRequest) -> Checked:
    """Judge what the request names."""
    plan, written, named, usage = _plan(request)
    policy_file = policy_file_of(written or request.file, request.config)
    chosen = request.selection
    selection = Selection(
        chosen.ids,
        (*chosen.without, *policy_file.without),
        chosen.areas,
        chosen.frameworks,
        chosen.severity,
        policy_file.own,
    )
    known = Baseline.from_json(_json(request.baseline)) if request.baseline else None
    profile = request.profile or policy_file.profile_over(named)

    def judged(plan: Plan) -> Report:
        return run(plan, profile, priced(policy_file.settings, plan, usage), policy_file.waivers, known, selection)

    report = with_lines(judged(plan), plan, written, request.file)
    before = judged(read_plan(request.against)) if request.against else None
    return Checked(report, plan, policy_file, compare(before, report) if before else None)


def write(checked: Checked, path: Path) -> Answer:
    """Write the baseline that accepts every violation now open."""
    accepted = baseline_of(checked.report)
    try:
        files.write(path, json.dumps(accepted, indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return Answer(
        {"file": str(path)} | accepted,
        say(
            f"{path}: {len(accepted['findings'])} violations accepted. Later checks with `--baseline {path}` do not report them."
        ),
    )


def _plan(request: CheckRequest) -> tuple[Plan, Path | None, str | None, Usage | None]:
    """The plan, the project or studio file that it is made of, the profile that this names, and how a project is used; None where there
    is none."""
    if request.file is not None:
        if str(request.file) == "-":
            return plan_of_bytes(sys.stdin.buffer.read(MOST_BYTES + 1), "stdin"), None, None, None
        return read_plan(request.file), None, None, None
    from soundstage.stacks.costs import usage_of
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.studio_deployment import open_studio

    if request.studio_on is not None:
        home = open_studio(request.target, cloud=request.studio_on, engine=request.engine)
        return (home.engine.resources() if request.state else home.preview()), home.path, Profile.STUDIO, None
    deployment = open_project(request.target, engine=request.engine)
    plan = deployment.engine.resources() if request.state else deployment.preview().plan
    return plan, deployment.path, deployment.project.profile, usage_of(deployment.project)


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
