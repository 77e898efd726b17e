"""The same stack from a saved plan, from a preview and from an export gives the same findings; nothing else passes."""

import json
from pathlib import Path
from typing import Any

import pytest

from soundstage import policies
from soundstage.core.errors import UsageError
from soundstage.core.values import UNKNOWN, Secret, to_json
from soundstage.plan.plan import Plan, PlannedResource, Source
from soundstage.policies.example import examples, plan_of
from soundstage.policies.reports.json import document
from soundstage.policies.sources import plan_from, read_plan

MIXED = {
    name: entry
    for id in (
        "NET-01",
        "NET-07",
        "NET-09",
        "WS-01",
        "WS-02",
        "WS-10",
        "STO-01",
        "STO-04",
        "STO-12",
        "IAM-01",
        "KMS-01",
    )
    for example in (*examples(id).bad[:2], *examples(id).good[:1])
    for name, entry in example.resources.items()
}


def state(resource: PlannedResource) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "custom": True,
        "type": resource.type,
        "inputs": to_json(resource.inputs),
        "outputs": to_json({**resource.inputs, "arn": UNKNOWN}),
        "parent": "urn:pulumi:example::example::pulumi:pulumi:Stack::example-example",
        "protect": resource.options.protect,
        "retainOnDelete": resource.options.retain_on_delete,
        "dependencies": list(resource.dependencies),
        "propertyDependencies": {key: list(urns) for key, urns in resource.property_dependencies.items()},
        "sourcePosition": "project:///index.ts#1,2",
    }


def preview(plan: Plan) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"op": "create", "urn": item.urn, "newState": state(item)} for item in plan]
    gone = {**state(plan.resources[0]), "urn": "urn:pulumi:example::example::aws:s3/bucket:Bucket::gone"}
    return {
        "config": {},
        "steps": [*steps, {"op": "delete", "urn": gone["urn"], "oldState": gone}],
        "changeSummary": {},
    }


def export(plan: Plan) -> dict[str, Any]:
    pending = {
        **state(plan.resources[0]),
        "urn": "urn:pulumi:example::example::aws:s3/bucket:Bucket::gone",
        "delete": True,
    }
    return {"version": 3, "deployment": {"manifest": {}, "resources": [*(state(item) for item in plan), pending]}}


SOURCES = {
    "our plan": lambda plan: plan.to_json(),
    "our preview command": lambda plan: {"plan": plan.to_json(), "studio": None},
    "pulumi preview": preview,
    "pulumi stack export": export,
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_findings(source: str, tmp_path: Path) -> None:
    plan = plan_of(MIXED)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(SOURCES[source](plan)))
    found, expected = document(policies.run(read_plan(path))), document(policies.run(plan))
    for item in (*found["findings"], *expected["findings"]):
        del item["source"]  # Pulumi alone knows it
    assert found["findings"] == expected["findings"]
    assert found["blind"] == expected["blind"]
    assert expected["findings"] != []


def test_nobody_could_say_which_line_of_a_program_was_wrong() -> None:
    """As Pulumi 3.260 writes it: with a column or without; what a library makes lies outside of the program's folder."""
    positions = (
        ({"sourcePosition": "project:///index.ts#12,3"}, Source("index.ts", 12)),
        ({"sourcePosition": "project:///src/my%20net.py#7"}, Source("src/my net.py", 7)),
        (
            {
                "sourcePosition": "project:///../lib/component.py#40",
                "stackTrace": [
                    {"sourcePosition": "project:///../lib/component.py#40"},
                    {},
                    {"sourcePosition": "project:///__main__.py#6"},
                ],
            },
            Source("__main__.py", 6),
        ),
        ({"sourcePosition": "project:///../lib/component.py#40"}, None),
        ({"sourcePosition": "project:///a/%2e%2e/%2e%2e/etc/passwd#1"}, None),
        ({"sourcePosition": "file:///etc/passwd#1"}, None),
        ({"sourcePosition": None, "stackTrace": None}, None),
        ({}, None),
    )
    bucket = next(iter(plan_of(MIXED)))
    for said, expected in positions:
        bare = {key: value for key, value in state(bucket).items() if key != "sourcePosition"}
        plan = plan_from({"version": 3, "deployment": {"resources": [bare | said]}})
        assert plan.resources[0].source == expected
        assert Plan.from_json(plan.to_json()).resources[0].source == expected


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "3",
        "null",
        '{"steps": 3}',
        '{"format": "soundstage.plan/9"}',
        "[" * 100000,
        '{"deployment": []}',
    ],
)
def test_what_is_no_plan_is_refused_in_words(content: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"plan\.json"):
        read_plan(path)


@pytest.mark.parametrize(
    "document",
    [
        {"steps": [{"op": "create"}, {"op": "create", "newState": {"urn": 3}}]},
        {"steps": [3]},
        {"deployment": {"resources": [3]}},
        {"deployment": {"resources": [{"urn": "urn:pulumi:a::b::c::d"}]}},
        {"format": "soundstage.plan/1", "resources": 3},
    ],
)
def test_a_damaged_plan_is_refused_in_words(document: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"damaged|neither"):
        plan_from(document)


def test_a_preview_without_what_stays_passed_whatever_only_that_violates() -> None:
    """Pulumi 3.260 writes the unchanged resources only with `--show-sames`, and counts them always."""
    whole = preview(plan_of(MIXED))
    for step in whole["steps"]:
        step["op"] = step["op"].replace("create", "same")
    unchanged = len(whole["steps"]) - 1  # the last one is deleted
    whole["changeSummary"] = {"same": unchanged, "delete": 1}
    assert len(plan_from(whole).resources) == unchanged
    with pytest.raises(UsageError, match=f"leaves out {unchanged - 1} resources that stay") as refused:
        plan_from({**whole, "steps": [whole["steps"][0], whole["steps"][-1]]})
    assert "pulumi preview --json --show-sames" in refused.value.hint


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(UsageError):
            read_plan(path)


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(300 << 20)
    with pytest.raises(UsageError, match="larger than 256 MiB"):
        read_plan(path)


def test_hidden_secrets_are_not_judged_and_not_called_good() -> None:
    """A saved plan masks secrets and a state encrypts them: neither says what the value is."""
    for hidden in (
        "[secret]",
        {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"},
    ):
        plan = plan_of(
            {
                "edit": {
                    "type": "aws:ec2/instance:Instance",
                    "properties": {"instanceType": "g5.xlarge", "userData": hidden},
                }
            }
        )
        report = policies.run(plan)
        assert {(item.policy.id, item.path) for item in report.blind} >= {("WS-04", "userData")}


def test_a_secret_in_clear_is_judged_and_never_shown() -> None:
    plan = plan_of({"edit": {"type": "aws:ec2/instance:Instance", "properties": {"instanceType": "g5.xlarge"}}})
    script = "export KEY=AKIAIOSFODNN7EXAMPLE"
    plan.resources[0].inputs["userData"] = Secret(script)
    report = policies.run(plan)
    assert "WS-04" in {item.policy.id for item in report.findings}
    assert "AKIA" not in "".join(report.render(format) for format in ("terminal", "json", "sarif", "junit", "html"))


@pytest.mark.parametrize(
    "value", [3, -1, 1e309, True, "x", "0.0.0.0/99", None, [], {}, [[]], {"a": {"b": []}}, "\x00", "9" * 50]
)
def test_values_of_any_shape_never_raise(value: Any) -> None:
    resources = {}
    for id in (
        "NET-01",
        "NET-19",
        "WS-02",
        "WS-16",
        "STO-02",
        "STO-06",
        "IAM-01",
        "KMS-01",
        "LOG-01",
        "COST-04",
        "GOV-02",
    ):
        for example in examples(id).bad:
            for name, entry in example.resources.items():
                for key in entry.get("properties", {}):
                    properties = {**entry["properties"], key: value}
                    resources[f"{id}-{name}-{key}"] = {"type": entry["type"], "properties": properties}
    text = json.dumps(resources)
    for name in MIXED:
        text = text.replace(f"${{{name}", "${?")
    clean = {
        name: {"type": entry["type"], "properties": _plain(entry["properties"])}
        for name, entry in json.loads(text).items()
    }
    policies.run(plan_of(clean), "content").render("json")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return "unknown" if isinstance(value, str) and "${" in value else value
