"""A policy file travels with the change that it judges: what it turns off or sets otherwise is said, and refused where asked."""

from pathlib import Path

import pytest

from soundstage import policies
from soundstage.plan.plan import Plan
from soundstage.policies.catalogue import catalogue
from soundstage.policies.crossguard import ADJUSTED, pack
from soundstage.policies.policy import Profile
from soundstage.policies.policy_file import PolicyFile
from soundstage.policies.report import Report
from soundstage.policies.reports import RENDERERS
from soundstage.policies.selection import Selection
from soundstage.policies.settings import Settings

ALL_BUT_ONE = tuple(id for id in catalogue() if id != "GOV-04")


@pytest.fixture
def disarmed(open_plan: Plan) -> Report:
    """A plan with an open port, judged by a policy file that leaves all policies but one out."""
    settings = Settings.model_validate({"today": "2026-11-21", "open_ports": ["0-65535/tcp"]})
    return policies.run(open_plan, "baseline", settings, selection=Selection(without=ALL_BUT_ONE))


def test_a_report_with_ninety_policies_left_out_passes_without_strict_and_is_refused_with_it(disarmed: Report) -> None:
    assert not disarmed.refuses()
    assert disarmed.refuses(strict=True)
    assert {policy.id for policy in disarmed.left_out} == set(ALL_BUT_ONE)


@pytest.mark.parametrize("format", sorted(RENDERERS))
def test_every_format_names_the_policies_that_did_not_run_and_the_changed_settings(
    format: str, disarmed: Report
) -> None:
    text = disarmed.render(format).replace("\\", "")  # Markdown escapes the underscore
    for word in (*ALL_BUT_ONE, "today", "open_ports"):
        assert word in text


@pytest.mark.parametrize("format", sorted(RENDERERS))
def test_an_untouched_judge_says_nothing_of_itself(format: str, open_plan: Plan) -> None:
    text = policies.run(open_plan).render(format)
    assert "left out by the policy file" not in text
    assert "not the default" not in text


def test_what_the_command_line_did_not_ask_for_is_not_left_out(open_plan: Plan) -> None:
    chosen = Selection(ids=("NET-01", "GOV-04"), without=("NET-01", "WS-01"))
    assert [policy.id for policy in policies.run(open_plan, selection=chosen).left_out] == ["NET-01"]


@pytest.mark.parametrize("named", list(Profile))
@pytest.mark.parametrize("asked", [None, *Profile])
def test_a_policy_file_never_asks_for_less_than_the_project(named: Profile, asked: Profile | None) -> None:
    strictness = list(Profile)
    held = PolicyFile(profile=asked).profile_over(named)
    assert strictness.index(held) == max(strictness.index(named), strictness.index(asked or named))


def test_a_plan_without_a_project_is_judged_by_the_profile_of_the_policy_file() -> None:
    assert PolicyFile(profile=Profile.BASELINE).profile_over(None) is Profile.BASELINE
    assert PolicyFile().profile_over(None) is Profile.STUDIO


@pytest.mark.parametrize(("strict", "level"), [(True, "mandatory"), (False, "advisory")])
def test_the_pack_for_pulumi_says_it_too_and_a_strict_file_may_leave_nothing_out(strict: bool, level: str) -> None:
    listed = {policy.name: policy for policy in pack(PolicyFile(strict=strict, without=["NET-01", "GOV-05"]))}
    assert listed[ADJUSTED].enforcement_level is not None
    assert listed[ADJUSTED].enforcement_level.value == level


def test_a_check_of_a_content_project_stays_at_content_whatever_the_policy_file_says(tmp_path: Path) -> None:
    from soundstage.policies.policy_file import read_policy_file

    file = tmp_path / "policy.yaml"
    file.write_text("profile: baseline\n")
    assert read_policy_file(file).profile_over("content") == "content"
