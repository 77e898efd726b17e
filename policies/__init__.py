"""Policies: whether a plan keeps a studio's and its client's rules.

    from soundstage import policies
    report = policies.run(plan, "studio")
    report.violations(mandatory=True)

Importing this loads nothing heavy; the policies come with the first run.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundstage.plan.plan import Plan
    from soundstage.policies.baseline import Baseline
    from soundstage.policies.report import Report
    from soundstage.policies.selection import Selection
    from soundstage.policies.settings import Settings
    from soundstage.policies.waivers import Waiver

__all__ = ["run"]


def run(
    plan: "Plan",
    profile: str = "studio",
    settings: "Settings | None" = None,
    waivers: "Sequence[Waiver]" = (),
    baseline: "Baseline | None" = None,
    selection: "Selection | None" = None,
) -> "Report":
    """Judge a plan by a profile: `baseline`, `studio` or `content`.

    `UsageError` for a profile that does not exist. Whether to go on is the caller's decision: see `Report.refuses`.
    """
    from soundstage.policies.judge import judge

    return judge(plan, profile, settings, waivers, baseline, selection)
