"""The components as a Pulumi package: its schema is what is stored, complete, and what the examples use."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from soundstage.components import aws
from soundstage.components.package.provider import SoundstageProvider
from soundstage.components.package.schema import words

STORED = Path(__file__).with_name("package_schema.json")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = SoundstageProvider("0.0.0").schema_of("aws")
    return loaded


def test_the_schema_is_the_stored_one(schema: dict[str, Any], repository: Path) -> None:
    """What changes here changes for every program in another language. `UPDATE_SNAPSHOTS=1` writes it anew."""
    readme = (repository / "components" / "package" / "README.md").read_text()
    text = json.dumps({**schema, "version": "0.0.0"}, indent=2, sort_keys=True).replace(
        json.dumps(readme), '"README.md"'
    )
    text += "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        STORED.write_text(text)
    assert text == STORED.read_text()


def test_every_component_is_in_the_package(schema: dict[str, Any]) -> None:
    expected = {f"soundstage:aws:{name}" for name in aws.__all__ if not name.endswith("Args")}
    assert set(schema["resources"]) == expected


def test_everything_is_described(schema: dict[str, Any]) -> None:
    bare = [
        f"{token}.{name}"
        for token, entry in {**schema["resources"], **schema["types"]}.items()
        for kind in ("inputProperties", "properties")
        for name, one in (entry.get(kind) or {}).items()
        if not one.get("description")
    ]
    bare += [token for token, entry in {**schema["resources"], **schema["types"]}.items() if not entry["description"]]
    assert bare == []


def test_no_description_carries_the_indentation_of_the_source(schema: dict[str, Any]) -> None:
    assert re.search(r'"description": "[^"]*\\n {2,}', json.dumps(schema)) is None


@pytest.mark.parametrize("enum", words(), ids=lambda enum: enum.name)
def test_an_enum_holds_the_words_that_the_argument_takes(enum: Any, schema: dict[str, Any]) -> None:
    stored = schema["types"][f"soundstage:index:{enum.name}"]
    assert [value["value"] for value in stored["enum"]] == list(enum.words)
    names = [value["name"] for value in stored["enum"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) for name in names)


def test_the_yaml_example_uses_what_the_package_has(schema: dict[str, Any], repository: Path) -> None:
    program = yaml.safe_load((repository / "examples" / "yaml" / "Pulumi.yaml").read_text())
    for resource in program["resources"].values():
        entry = schema["resources"][resource["type"]]
        assert set(resource["properties"]) <= set(entry["inputProperties"])
        assert set(entry["requiredInputs"]) <= set(resource["properties"])
    outputs = re.findall(r"\$\{(\w+)\.(\w+)\}", yaml.dump(program))
    for name, output in outputs:
        entry = schema["resources"][program["resources"][name]["type"]]
        assert output in entry["properties"]


def test_the_typescript_example_uses_what_the_package_has(schema: dict[str, Any], repository: Path) -> None:
    program = (repository / "examples" / "typescript" / "index.ts").read_text()
    for component in re.findall(r"new soundstage\.aws\.(\w+)", program):
        assert f"soundstage:aws:{component}" in schema["resources"]
    for enum, member in re.findall(r"soundstage\.([A-Z]\w+)\.(\w+)", program):
        assert member in {value["name"] for value in schema["types"][f"soundstage:index:{enum}"]["enum"]}


def test_the_examples_in_the_pages_give_what_is_required_and_nothing_unknown(
    schema: dict[str, Any], repository: Path
) -> None:
    pages = repository / "docs" / "components"
    for token, entry in schema["resources"].items():
        text = (pages / f"{token.rpartition(':')[2]}.md").read_text()
        program = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
        given = set(program["resources"]["mine"]["properties"])
        assert set(entry.get("requiredInputs") or ()) <= given <= set(entry["inputProperties"])
