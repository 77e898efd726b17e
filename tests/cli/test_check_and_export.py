"""`workstation check` and `workstation export`, as typed."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from soundstage.cli.main import main
from soundstage.core.errors import PolicyRefused
from soundstage.core.values import UNKNOWN_SENTINEL
from soundstage.policies.example import examples, plan_of
from soundstage.stacks.verdict import hold

SARIF = json.loads((Path(__file__).parents[1] / "policies" / "data" / "sarif-schema-2.1.0.json").read_text())
OPEN = examples("NET-01").bad[2]


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(OPEN.plan().to_json()))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_mandatory_violation_exits_3_with_the_report(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    code, out, _ = run(capsys, "check", "--plan", str(plan_file))
    assert code == 3
    assert "NET-01" in out
    assert out.rstrip().splitlines()[-1].startswith("refused: ")


def test_json_is_one_document(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    code, out, _ = run(capsys, "check", "--plan", str(plan_file), "--json")
    assert code == 3
    assert json.loads(out)["format"] == "soundstage.policy-report/1"


def test_a_plan_comes_from_stdin(
    capsys: pytest.CaptureFixture[str], plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plan_file.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run(capsys, "check", "--plan", "-", "--policy", "NET-01")[0] == 3


@pytest.mark.parametrize("format", ["terminal", "json", "sarif", "junit", "markdown", "html"])
def test_every_format_goes_to_stdout(format: str, capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    code, out, err = run(capsys, "check", "--plan", str(plan_file), "--format", format)
    assert (code, err) == (3, "")
    assert "NET-01" in out


def test_advice_exits_0(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    assert run(capsys, "check", "--plan", str(plan_file), "--policy", "NET-20")[0] == 0


def test_what_cannot_be_judged_exits_3_only_when_strict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan: dict[str, Any] = OPEN.plan().to_json()
    plan["resources"][0]["inputs"]["cidrIpv4"] = UNKNOWN_SENTINEL
    path.write_text(json.dumps(plan))
    assert run(capsys, "check", "--plan", str(path), "--policy", "NET-01")[0] == 0
    assert run(capsys, "check", "--plan", str(path), "--policy", "NET-01", "--strict")[0] == 3


def test_the_policy_file_beside_the_plan_holds(capsys: pytest.CaptureFixture[str], plan_file: Path) -> None:
    waiver = "policy: {}, resource: '*', reason: Until the move., owner: ana, expires: 2099-12-31"
    ids = ("NET-01", "NET-06", "NET-07")
    plan_file.with_name("plan.policy.yaml").write_text(
        "waivers:\n" + "".join(f"  - {{{waiver.format(id)}}}\n" for id in ids)
    )
    code, out, _ = run(capsys, "check", "--plan", str(plan_file), "--area", "network")
    assert code == 0
    assert "Until the move. (ana, until 2099-12-31)" in out


def test_a_baseline_is_written_and_then_holds(
    capsys: pytest.CaptureFixture[str], plan_file: Path, tmp_path: Path
) -> None:
    baseline = tmp_path / "baseline.json"
    assert run(capsys, "check", "--plan", str(plan_file), "--write-baseline", str(baseline))[0] == 0
    code, out, _ = run(capsys, "check", "--plan", str(plan_file), "--baseline", str(baseline))
    assert code == 0
    assert "in the baseline" in out


def test_the_list_and_an_explanation_need_no_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert "NET-02" in run(capsys, "check", "--list")[1]
    assert run(capsys, "check", "--explain", "net-02")[1].startswith("# NET-02")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--profile", "paranoid"], "baseline, studio, content"),
        (["--format", "pdf"], "sarif"),
        (["--policy", "NET-99"], "There is no policy"),
        (["--area", "kitchen"], "allowed: network"),
        (["--severity", "dire"], "critical"),
        (["--explain", "X"], "There is no policy"),
        (["--config", "missing.yaml"], "missing.yaml"),
        (["--baseline", "missing.json"], "missing.json"),
        (["--plan", "missing.json"], "missing.json"),
        (["--against", "missing.json"], "missing.json"),
    ],
)
def test_a_wrong_option_exits_2_and_says_what_is_allowed(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], plan_file: Path
) -> None:
    given = arguments if "--plan" in arguments else ["--plan", str(plan_file), *arguments]
    code, out, err = run(capsys, "check", *given)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_a_project_is_checked_and_exported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = tmp_path / "teaser.yaml"
    project.write_text("project: teaser\nprofile: content\nworkstations:\n  edit-1: {for: editing}\n")
    code, out, _ = run(capsys, "check", str(project), "--json")
    assert code == 0
    assert json.loads(out)["profile"] == "content"
    assert json.loads(out)["counts"]["mandatory"] == 0
    code, out, _ = run(capsys, "export", str(project))
    assert code == 0
    assert json.loads(out)["format_version"] == "1.2"
    saved = tmp_path / "saved.json"
    assert run(capsys, "export", str(project), "--format", "plan", "-o", str(saved))[0] == 0
    assert run(capsys, "check", "--plan", str(saved), "--profile", "content")[0] == 0


def test_code_scanning_shows_a_finding_at_the_line_of_the_project_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    project = tmp_path / "projects" / "my cut.yaml"
    project.parent.mkdir()
    text = "project: cut\nworkstations:\n  edit-1: {for: editing}\n  edit-10:\n    for: editing\n"
    project.write_text(text)
    document = json.loads(run(capsys, "check", str(project), "--format", "sarif", "--policy", "WS-19")[1])
    jsonschema.validate(document, SARIF)
    places = {
        result["locations"][0]["logicalLocations"][0]["name"]: result["locations"][0]["physicalLocation"]
        for result in document["runs"][0]["results"]
    }
    assert {name: place["region"]["startLine"] for name, place in places.items()} == {
        "cut-edit-1-instance": 3,
        "cut-edit-10-instance": 4,
    }
    assert {place["artifactLocation"]["uri"] for place in places.values()} == {"projects/my%20cut.yaml"}


def test_code_scanning_shows_a_finding_at_the_line_of_somebodys_program(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What a component of another language made has no line; the component has."""
    (tmp_path / ".git").mkdir()
    stack = tmp_path / "infra" / "net"
    stack.mkdir(parents=True)
    (stack / "Pulumi.yaml").write_text("name: net\nruntime: nodejs\n")
    rule = OPEN.plan().to_json()["resources"][0]
    component = {"urn": "urn:pulumi:dev::net::my:net:Net::net", "type": "my:net:Net", "custom": False}
    document = {
        "version": 3,
        "deployment": {
            "resources": [
                {**component, "sourcePosition": "project:///index.ts#12,3"},
                {
                    "urn": rule["urn"],
                    "type": rule["type"],
                    "custom": True,
                    "inputs": rule["inputs"],
                    "parent": component["urn"],
                },
            ]
        },
    }
    (stack / "state.json").write_text(json.dumps(document))
    found = json.loads(run(capsys, "check", "--plan", str(stack / "state.json"), "--policy", "NET-01", "--json")[1])
    assert [item["source"] for item in found["findings"]] == [{"file": "infra/net/index.ts", "line": 12}]


def test_a_preview_piped_with_its_warnings_was_no_json(
    capsys: pytest.CaptureFixture[str], plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_file.write_text(f"warning: a plugin is old\n{plan_file.read_text()}")
    with plan_file.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run(capsys, "check", "--plan", "-", "--policy", "NET-01")[0] == 3


def test_a_reviewer_had_to_read_two_reports_to_see_what_a_change_brings(
    capsys: pytest.CaptureFixture[str], plan_file: Path, tmp_path: Path
) -> None:
    before = tmp_path / "before.json"
    before.write_text(json.dumps(plan_of({}).to_json()))
    given = ("check", "--plan", str(plan_file), "--against", str(before), "--policy", "NET-01")
    code, out, _ = run(capsys, *given, "--format", "markdown")
    assert code == 3
    assert "**1 new (1 of them refused), 0 gone, 0 unchanged**" in out
    assert run(capsys, *given)[1].startswith("New\n    NET-01 bad-split")
    assert len(json.loads(run(capsys, *given, "--json")[1])["compared"]["new"]) == 1


@pytest.mark.parametrize("format", ["sarif", "junit", "html"])
def test_a_format_that_cannot_show_a_comparison_is_refused(
    format: str, capsys: pytest.CaptureFixture[str], plan_file: Path
) -> None:
    code, out, err = run(capsys, "check", "--plan", str(plan_file), "--against", str(plan_file), "--format", format)
    assert (code, out) == (2, "")
    assert "allowed: terminal, markdown, json" in err


def test_an_export_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = tmp_path / "teaser.yaml"
    project.write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    code, _, err = run(capsys, "export", str(project), "-o", str(tmp_path))
    assert code == 2
    assert "cannot be written" in err


def test_a_command_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match="NET-01 bad-split") as caught:
        hold(OPEN.plan(), tmp_path / "teaser.yaml", "studio", "workstation check teaser")
    assert caught.value.exit_code == 3
    assert "workstation check" in caught.value.hint


def test_a_strict_policy_file_refuses_what_cannot_be_judged(tmp_path: Path) -> None:
    plan = plan_of({"net": {"type": "aws:ec2/subnet:Subnet", "properties": {"mapPublicIpOnLaunch": "${?}"}}})
    assert hold(plan, tmp_path / "teaser.yaml", "studio", "workstation check teaser").blind
    (tmp_path / "policy.yaml").write_text("strict: true\n")
    with pytest.raises(PolicyRefused, match="could not be judged"):
        hold(plan, tmp_path / "teaser.yaml", "studio", "workstation check teaser")


WRITERS = (
    ("export", "teaser.yaml", "-o", "it"),
    ("preview", "teaser.yaml", "--save-plan", "it"),
    ("check", "--plan", "plan.json", "--write-baseline", "it"),
    ("init", "teaser", "--force"),
    ("studio", "init", "northlight", "--force"),
)


@pytest.mark.parametrize("typed", WRITERS, ids=" ".join)
def test_a_link_in_a_repository_made_a_command_overwrite_a_file_elsewhere(
    typed: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, precious = tmp_path / "checkout", tmp_path / "precious"
    (here / "projects").mkdir(parents=True)
    precious.write_text("mine")
    (here / "plan.json").write_text(json.dumps(OPEN.plan().to_json()))
    (here / "teaser.yaml").write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    links = {"export": "it", "preview": "it", "check": "it", "init": "projects/teaser.yaml", "studio": "studio.yaml"}
    if typed[0] == "studio":
        (here / "teaser.yaml").unlink()
    (here / links[typed[0]]).symlink_to(precious)
    monkeypatch.chdir(here)
    code, _, err = run(capsys, *typed)
    assert code == 2
    assert f"a symbolic link leads from there to {precious}" in err
    assert precious.read_text() == "mine"
