"""Who answers for what, until when, and what happens to a waiver that nobody needs."""

from datetime import date
from pathlib import Path

import pytest

from soundstage import policies
from soundstage.core.errors import SpecError, UsageError
from soundstage.plan.plan import Plan
from soundstage.policies.baseline import Baseline, baseline_of
from soundstage.policies.policy_file import read_policy_file
from soundstage.policies.report import Report
from soundstage.policies.selection import Selection
from soundstage.policies.settings import Settings
from soundstage.policies.waivers import Waiver


def hygiene(report: Report) -> list[str]:
    return [item.message for item in report.violations() if item.policy.id == "GOV-04"]


def test_a_waived_violation_does_not_refuse_and_is_shown_with_its_reason(open_report: Report) -> None:
    assert [(item.policy.id, item.name) for item in open_report.waived] == [("NET-01", "ssh")]
    assert "until 2026-12-31" in open_report.waived[0].reason
    assert "NET-01" not in {item.policy.id for item in open_report.violations()}
    assert hygiene(open_report) == []


def test_an_expired_waiver_waives_nothing_and_is_itself_a_finding(open_plan: Plan, waiver: Waiver) -> None:
    report = policies.run(open_plan, settings=Settings.model_validate({"today": "2027-01-01"}), waivers=[waiver])
    assert report.waived == []
    assert "NET-01" in {item.policy.id for item in report.violations()}
    assert hygiene(report) == ["The waiver of NET-01 for 'ssh' by ana@example.com expired on 2026-12-31"]


def test_a_waiver_holds_on_its_last_day(open_plan: Plan, waiver: Waiver) -> None:
    report = policies.run(open_plan, settings=Settings.model_validate({"today": "2026-12-31"}), waivers=[waiver])
    assert len(report.waived) == 1


def test_a_waiver_that_covers_nothing_is_a_finding(open_plan: Plan, waiver: Waiver, settings: Settings) -> None:
    unused = waiver.model_copy(update={"resource": "somewhere-else"})
    report = policies.run(open_plan, settings=settings, waivers=[unused])
    assert hygiene(report) == ["The waiver of NET-01 for 'somewhere-else' by ana@example.com covers nothing any more"]


def test_a_waiver_of_a_policy_that_did_not_run_is_left_alone(
    open_plan: Plan, waiver: Waiver, settings: Settings
) -> None:
    report = policies.run(open_plan, settings=settings, waivers=[waiver], selection=Selection(ids=("WS-01", "GOV-04")))
    assert hygiene(report) == []


def test_a_baseline_keeps_what_is_known_from_refusing_and_nothing_else(open_plan: Plan, settings: Settings) -> None:
    before = policies.run(open_plan, settings=settings, selection=Selection(areas=("workstation",)))
    known = Baseline.from_json(baseline_of(before))
    after = policies.run(open_plan, settings=settings, baseline=known)
    assert {item.policy.area for item in after.baselined} == {"workstation"}
    assert {item.policy.id for item in after.violations(mandatory=True)} >= {"NET-01"}
    assert not [item for item in after.violations() if item.policy.area == "workstation"]


@pytest.mark.parametrize("document", [None, [], {}, {"format": "x", "findings": []}, {"findings": []}, 3])
def test_what_is_no_baseline_is_refused(document: object) -> None:
    with pytest.raises(UsageError, match="baseline"):
        Baseline.from_json(document)


def test_a_damaged_baseline_is_refused() -> None:
    with pytest.raises(UsageError, match="damaged"):
        Baseline.from_json({"format": "soundstage.policy-baseline/1", "findings": [{"policy": "NET-01"}]})


GOOD = """
waivers:
  - policy: net-01
    resource: ssh
    reason: Until the office has moved.
    owner: ana
    expires: 2026-12-31
"""
BAD = {
    "no expiry": (GOOD.replace("    expires: 2026-12-31\n", ""), "3: waivers[0].expires: Field required"),
    "unknown policy": (
        GOOD.replace("net-01", "NET-011"),
        "3: waivers[0].policy: There is no policy 'NET-011'. Did you mean",
    ),
    "no reason worth the name": (GOOD.replace("Until the office has moved.", "ok"), "5: waivers[0].reason"),
    "no date": (GOOD.replace("2026-12-31", "soon"), "7: waivers[0].expires"),
    "unknown key": (GOOD.replace("owner", "owned_by"), "waivers[0].owned_by: Extra inputs are not permitted"),
    "unknown profile": ("profile: paranoid\n", "1: profile"),
    "not a map": ("- a\n", "policy.yaml: Input should be"),
    "twice": ("strict: true\nstrict: false\n", "2: 'strict' stands twice"),
    "reference": ("a: &a [1]\nb: *a\n", "references"),
    "a bad port": ("settings: {ports: {admin: {SSH: [ssh]}}}\n", "settings.ports.admin.SSH[0]"),
    "a bad expression": ("settings: {gpu_types: '('}\n", "is not a regular expression"),
    "not YAML": ("a: [\n", "2:"),
    "deep": ("a: " + "[" * 5000, "policy.yaml"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_policy_file_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    text, told = BAD[name]
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises((SpecError, UsageError)) as caught:
        read_policy_file(path)
    assert told in str(caught.value)


def test_a_policy_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD)
    assert read_policy_file(path).waivers[0].policy == "NET-01"
    assert read_policy_file(path).waivers[0].expires == date(2026, 12, 31)
    path.write_text("")
    assert read_policy_file(path).waivers == []


@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_a_policy_file_that_cannot_be_read_is_told(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    if kind == "folder":
        path.mkdir()
    if kind == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"policy\.yaml"):
        read_policy_file(path)


def test_a_profile_that_does_not_exist_is_refused(open_plan: Plan) -> None:
    with pytest.raises(UsageError, match="baseline, studio, content"):
        policies.run(open_plan, "paranoid")


@pytest.mark.parametrize(
    "selection",
    [
        Selection(ids=("NET-99",)),
        Selection(areas=("kitchen",)),
        Selection(frameworks=("soc2",)),
        Selection(severity="dire"),
        Selection(ids=("NET-01",), areas=("storage",)),
    ],
)
def test_a_selection_of_nothing_is_refused(selection: Selection, open_plan: Plan) -> None:
    with pytest.raises(UsageError):
        policies.run(open_plan, selection=selection)


def test_facets_narrow_the_catalogue(open_plan: Plan) -> None:
    critical = policies.run(open_plan, selection=Selection(severity="critical"))
    assert {policy.severity.value for policy in critical.policies} == {"critical"}
    cis = policies.run(open_plan, selection=Selection(frameworks=("cis-gcp-5.0",), without=("NET-01",)))
    assert all(any(ref.startswith("cis-gcp-5.0:") for ref in policy.references) for policy in cis.policies)
    assert "NET-01" not in {policy.id for policy in cis.policies}


def test_strict_refuses_what_could_not_be_judged() -> None:
    from soundstage.policies.example import plan_of

    plan = plan_of({"edit": {"type": "aws:ec2/subnet:Subnet", "properties": {"mapPublicIpOnLaunch": "${?}"}}})
    report = policies.run(plan, selection=Selection(ids=("NET-11",)))
    assert not report.refuses()
    assert report.refuses(strict=True)
