"""What the genuine provider is shown is everything that a person can say."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.provider.cases import CASES, STUDIO
from tests.provider.test_genuine_provider import changed

from soundstage.projectfile.spec import Project, Studio, load_project


def said(schema: Mapping[str, Any], whole: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Every key that a schema knows, dotted; `*` stands for a name that a person chooses."""
    for key, about in schema.get("properties", {}).items():
        yield f"{path}{key}"
        yield from _below(about, whole, f"{path}{key}.")


def _below(about: Mapping[str, Any], whole: Mapping[str, Any], path: str) -> Iterator[str]:
    for each in forms(about, whole):
        yield from said(each, whole, path)
        for named in each.get("patternProperties", {}).values():
            yield from _below(named, whole, f"{path}*.")


def forms(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The forms that a value may have, such as a word or a mapping with keys of its own."""
    if "$ref" in about:
        about = whole["$defs"][about["$ref"].rpartition("/")[2]]
    several = [*about.get("anyOf", ()), *about.get("oneOf", ())]
    for each in several:
        yield from forms(each, whole)
    if not several:
        yield about


def used(value: Any, known: set[str], path: str = "") -> set[str]:
    """The keys that a file says, of those that are known."""
    found = set()
    for key, inner in value.items() if isinstance(value, dict) else ():
        name = f"{path}{key}" if f"{path}{key}" in known else f"{path}*"
        found |= {name} | used(inner, known, f"{name}.")
    return found & known


def test_every_key_of_the_project_file_is_shown_to_the_genuine_provider() -> None:
    schema = Project.model_json_schema()
    known = set(said(schema, schema))
    assert {"workstations.*.idle.keep_while", "budget.monthly_usd"} <= known
    shown = set().union(*(used(yaml.safe_load(path.read_text()), known) for path in CASES.values()))
    # Google Cloud's alone, which AWS refuses; the genuine provider that is shown them is AWS's.
    assert known - shown == {"access.people", "workstations.*.secure_boot"}


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_a_valid_project_also_once_it_was_changed(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text(CASES[name].read_text())
    changed(file)
    load_project(file)


def test_every_key_of_the_studio_file_is_shown_to_the_genuine_provider() -> None:
    schema = json.loads(json.dumps(Studio.model_json_schema()))
    known = set(said(schema, schema))
    # Where the state lies is no resource of the studio, but for `managed`, which the genuine engine alone has.
    stored = {"state", "state.backend", "state.managed", "state.secrets"}
    assert known - used(yaml.safe_load(STUDIO.read_text()), known) - stored == set()
