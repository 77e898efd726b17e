"""A studio's own policies: rows of YAML that are tried before they are used."""

from datetime import date
from pathlib import Path

import pytest

from soundstage import policies
from soundstage.core.errors import SpecError
from soundstage.policies.example import plan_of
from soundstage.policies.policy_file import read_policy_file
from soundstage.policies.report import names
from soundstage.policies.selection import Selection

ROW = """- id: ACME-1
  title: Machines are of our types
  types: [aws:ec2/instance:Instance]
  property: instanceType
  operator: in
  value: [g5.xlarge, g6.xlarge]
  why: We have licences for these only.
  fix: Choose g5.xlarge or g6.xlarge.
  good: [{instanceType: g5.xlarge}]
  bad: [{instanceType: g4dn.xlarge}]
"""


def written(folder: Path, rows: str, more: str = "") -> Path:
    (folder / "acme.yaml").write_text(rows)
    (folder / "policy.yaml").write_text(f"policies: [acme.yaml]\n{more}")
    return folder / "policy.yaml"


def test_a_row_judges_like_any_policy(tmp_path: Path) -> None:
    file = read_policy_file(written(tmp_path, ROW))
    plan = plan_of(
        {
            name: {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": size}}
            for name, size in (("small", "g5.xlarge"), ("big", "p5.48xlarge"), ("later", "${?}"))
        }
    )
    report = policies.run(plan, selection=Selection(ids=("ACME-1",), own=file.own))
    assert names(report.findings) == {("ACME-1", "big")}
    assert [(spot.policy.id, spot.name) for spot in report.blind] == [("ACME-1", "later")]
    assert report.refuses()


def test_a_row_can_be_waived(tmp_path: Path) -> None:
    waiver = "waivers: [{policy: ACME-1, resource: big, reason: A test of two weeks., owner: ana@example.com, expires: 2027-01-01}]"
    file = read_policy_file(written(tmp_path, ROW, waiver))
    plan = plan_of({"big": {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": "p5.48xlarge"}}})
    settings = file.settings.model_copy(update={"today": date(2026, 11, 21)})
    report = policies.run(
        plan, settings=settings, waivers=file.waivers, selection=Selection(ids=("ACME-1",), own=file.own)
    )
    assert [item.policy.id for item in report.waived] == ["ACME-1"]


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("id: ACME-1", "id: NET-99", 1, "letters of your own"),
        ("operator: in", "operator: is", 5, "Input should be"),
        ("value: [g5.xlarge, g6.xlarge]", "value: 3", 1, "must be a list"),
        ("good: [{instanceType: g5.xlarge}]", "good: [{instanceType: g4dn.xlarge}]", 1, "good[0] breaks the policy"),
        ("bad: [{instanceType: g4dn.xlarge}]", "bad: [{instanceType: g5.xlarge}]", 1, "bad[0] keeps the policy"),
        ("  why: We have licences for these only.\n", "", 1, "why"),
        ("title:", "titel:", 2, "titel"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path: Path, before: str, after: str, line: int, told: str) -> None:
    path = written(tmp_path, ROW.replace(before, after))
    with pytest.raises(SpecError) as raised:
        read_policy_file(path)
    assert any(told in f"{fault.key} {fault.problem}" for fault in raised.value.faults), raised.value.faults
    assert any(fault.line == line for fault in raised.value.faults if line), raised.value.faults


def test_two_rows_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="stands twice"):
        read_policy_file(written(tmp_path, ROW + ROW))


def test_a_waiver_of_a_policy_that_nobody_wrote_is_refused(tmp_path: Path) -> None:
    waiver = "waivers: [{policy: ACME-2, resource: big, reason: A test of two weeks., owner: ana, expires: 2027-01-01}]"
    with pytest.raises(SpecError, match="ACME-2"):
        read_policy_file(written(tmp_path, ROW, waiver))


@pytest.mark.parametrize(
    ("operator", "value", "good", "bad"),
    [
        ("equals", "true", "true", "null"),
        ("not_equals", "1", "2", "1"),
        ("not_in", "[1]", "2", "1"),
        ("at_least", "30", "'30'", "7"),
        ("at_most", "30", "30", "31"),
        ("matches", "^eu-", "eu-west-1", "us-east-1"),
        ("not_matches", "^eu-", "us-east-1", "eu-west-1"),
        ("present", "null", "x", "null"),
        ("absent", "null", "null", "x"),
    ],
)
def test_each_operator_tells_its_examples_apart(tmp_path: Path, operator: str, value: str, good: str, bad: str) -> None:
    rows = ROW.replace("operator: in", f"operator: {operator}").replace(
        "value: [g5.xlarge, g6.xlarge]", f"value: {value}"
    )
    rows = rows.replace("instanceType: g5", f"instanceType: {good} # ").replace(
        "instanceType: g4dn", f"instanceType: {bad} # "
    )
    rows = rows.split("  good:")[0] + f"  good: [{{instanceType: {good}}}]\n  bad: [{{instanceType: {bad}}}]\n"
    assert [policy.id for policy in read_policy_file(written(tmp_path, rows)).own] == ["ACME-1"]
