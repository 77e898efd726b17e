"""Run the policies over a plan."""

from collections.abc import Iterator, Sequence
from typing import Final

from soundstage.core.errors import UsageError
from soundstage.plan.plan import Plan
from soundstage.policies.baseline import Baseline
from soundstage.policies.consequences import with_consequences
from soundstage.policies.policy import Blind, Policy, Profile, Verdict
from soundstage.policies.report import BlindSpot, Finding, Report, Status
from soundstage.policies.selection import Selection
from soundstage.policies.settings import Settings
from soundstage.policies.views.stack import Stack
from soundstage.policies.waivers import Waiver, apply_waivers

UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What a value of an unexpected shape raises inside a check. It becomes a blind spot: one odd value must neither hide
the other findings nor pass for a good one."""

JUDGED_BY_THE_RUN: Final = ("GOV-04", "GOV-05")
"""Policies about the run itself: no plan is an example of them."""


def judge(
    plan: Plan,
    profile: str = "studio",
    settings: Settings | None = None,
    waivers: Sequence[Waiver] = (),
    baseline: Baseline | None = None,
    selection: Selection | None = None,
) -> Report:
    """Judge a plan. See `soundstage.policies.run`."""
    held = _profile(profile)
    settings = settings or Settings()
    selection = selection or Selection()
    policies = selection.policies()
    try:
        stack = Stack(plan, settings, "content" if held is Profile.CONTENT else None)
    except RecursionError as error:
        raise UsageError("The plan nests values too deeply to be judged.") from error
    findings: list[Finding] = []
    blind: list[BlindSpot] = []
    idle: set[str] = set()
    for policy in policies:
        before = stack.shown
        for verdict in verdicts(policy, stack):
            if isinstance(verdict, Blind):
                blind.append(BlindSpot.of(policy, verdict))
            else:
                findings.append(Finding.of(policy, held, verdict))
        if stack.shown == before and policy.id not in JUDGED_BY_THE_RUN:
            idle.add(policy.id)
    findings = list(dict.fromkeys(findings))
    findings = apply_waivers(findings, waivers, {policy.id for policy in policies}, held, settings.day)
    if baseline is not None:
        findings = baseline.apply(findings)
    findings = with_consequences(findings)
    return Report(
        plan.project,
        plan.stack,
        held,
        settings.day,
        tuple(policies),
        tuple(findings),
        tuple(_without_repeats(blind, findings)),
        tuple(sorted(stack.unjudged().items())),
        len(stack.resources),
        tuple(selection.left_out()),
        settings.changed,
        frozenset(resource.cloud for resource in stack.resources),
        frozenset(idle),
    )


def _profile(name: str) -> Profile:
    try:
        return Profile(name)
    except ValueError:
        raise UsageError(f"There is no profile {name!r}; allowed: {', '.join(Profile)}.") from None


def verdicts(policy: Policy, stack: Stack) -> Iterator[Verdict]:
    try:
        facts = [()] if policy.over is None else [(fact,) for fact in stack.view(policy.over)]
    except UNREADABLE as error:
        yield Blind(None, "", f"a resource that this policy reads has an unexpected shape ({error})")
        return
    for fact in facts:
        try:
            yield from policy.check(*fact, stack)
        except UNREADABLE as error:
            subject = getattr(fact[0], "resource", None) if fact else None
            yield Blind(subject, "", f"a value has an unexpected shape ({error})")


def _without_repeats(blind: Sequence[BlindSpot], findings: Sequence[Finding]) -> list[BlindSpot]:
    """Each place once per policy; a place that the policy found wrong for another reason is not blind."""
    wrong = {
        (item.policy.id, item.urn, path) for item in findings if item.status is not Status.WAIVED for path in item.paths
    }
    return [item for item in dict.fromkeys(blind) if (item.policy.id, item.urn, item.path) not in wrong]
