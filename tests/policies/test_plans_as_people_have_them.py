"""Plans as commands print them and states hold them: with text around, event by event, read by others, with secrets shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from soundstage import policies
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.policies.report import names
from soundstage.policies.selection import Selection
from soundstage.policies.sources import read_plan

URN = "urn:pulumi:dev::demo::aws:ec2/securityGroup:SecurityGroup::door"
RULES = [{"protocol": "TCP", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}]


def door(ingress: Any = RULES, **more: Any) -> dict[str, Any]:
    inputs = {"ingress": ingress}
    return {"urn": URN, "custom": True, "type": "aws:ec2/securityGroup:SecurityGroup", "inputs": inputs, **more}


def export(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


def event(resource: dict[str, Any]) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": "create", "urn": URN, "type": resource["type"], "new": resource}}}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(export(door())),
        "Previewing update (dev):\n" + json.dumps(export(door()), indent=1) + "\nwarning: done\n",
        "\ufeff" + json.dumps(export(door())),
        json.dumps(event(door())) + "\n" + json.dumps({"sequence": 2, "cancelEvent": {}}) + "\n",
        json.dumps({"checkpoint": {"latest": export(door())["deployment"]}}),
    ],
    ids=["export", "text around it", "byte order mark", "events", "checkpoint"],
)
def test_an_open_port_is_found_in_every_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    report = policies.run(read_plan(path), selection=Selection(ids=("NET-01",)))
    assert names(report.findings) == {("NET-01", "door")}


def test_an_open_port_is_found_in_a_secret_that_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(export(door({SIGNATURE_KEY: SECRET_SIGNATURE, "plaintext": json.dumps(RULES)}))))
    assert names(policies.run(read_plan(path), selection=Selection(ids=("NET-01",))).findings) == {("NET-01", "door")}


def test_a_secret_that_stays_encrypted_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(export(door({SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": "v1:AAAA:BBBB"}))))
    report = policies.run(read_plan(path), selection=Selection(ids=("NET-01",)))
    assert report.findings == ()
    assert [spot.name for spot in report.blind] == ["door"]


def test_what_a_stack_only_reads_is_not_judged_as_its_own(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(export(door(external=True))))
    report = policies.run(read_plan(path))
    assert report.findings == ()
    assert report.unjudged == ()


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        ({"database": "postgres://app:hunter2hunter2@db.example:5432/app"}, {("GOV-06", "demo-dev")}),
        ({"password": {SIGNATURE_KEY: SECRET_SIGNATURE, "plaintext": '"hunter2hunter2"'}, "bucket": "media"}, set()),
        ({"password": "[secret]"}, set()),
    ],
    ids=["in clear", "marked as secret", "hidden"],
)
def test_a_secret_in_the_outputs_of_a_stack_is_found(tmp_path: Path, outputs: Any, found: Any) -> None:
    path = tmp_path / "plan.json"
    stack = {
        "urn": "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev",
        "type": "pulumi:pulumi:Stack",
        "custom": False,
    }
    path.write_text(json.dumps(export({**stack, "outputs": outputs})))
    assert names(policies.run(read_plan(path), selection=Selection(ids=("GOV-06",))).findings) == found


def test_a_strict_run_refuses_a_type_that_no_policy_knows(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(export({**door(), "type": "aws:quantum/cat:Cat", "inputs": {}})))
    report = policies.run(read_plan(path), selection=Selection(ids=("NET-01",)))
    assert not report.refuses()
    assert report.refuses(strict=True)


def test_one_open_rule_is_one_finding_and_the_rest_follow_from_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(
        json.dumps(export(door([{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}])))
    )
    report = policies.run(read_plan(path))
    assert [item.policy.id for item in report.violations(mandatory=True)] == ["NET-01"]
    assert {item.reason for item in report.consequences} == {"NET-01"}
