"""The examples for Google Cloud: the program runs, no policy finds anything in it, and the YAML uses what the package has."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime import set_all_config
from tests.components.gcp.conftest import Findings, plan_of

from soundstage.components.package.provider import SoundstageProvider


@pytest.fixture
def example(repository: Path, deploy: Callable[..., Any]) -> Any:
    """What the Python example asks for."""
    file = repository / "examples" / "gcp" / "python" / "__main__.py"
    image = "projects/northlight-film/global/images/edit-linux-2026-11-20"
    set_all_config({"soundstage:image": image, "soundstage:billing": "012345-6789AB-CDEF01"})
    return deploy(lambda: runpy.run_path(str(file), run_name="__main__") and None)


@pytest.mark.parametrize("profile", ["studio", "content"])
def test_no_policy_finds_anything_in_the_example(example: Any, findings: Findings, profile: str) -> None:
    assert findings(plan_of(example), profile, approved_image_projects=["northlight-film"]) == set()


def test_the_machine_of_the_example_stands_in_its_network_with_its_key(example: Any) -> None:
    machine = example.one("Instance")
    assert machine.inputs["networkInterfaces"][0]["subnetwork"] == "teaser-network-private-id"
    assert machine.inputs["bootDisk"]["kmsKeySelfLink"] == "teaser-key-key-id"


def test_the_yaml_example_uses_what_the_package_has(repository: Path) -> None:
    schema = SoundstageProvider("0.0.0").schema_of("gcp")
    program = yaml.safe_load((repository / "examples" / "gcp" / "yaml" / "Pulumi.yaml").read_text())
    for resource in program["resources"].values():
        entry = schema["resources"][resource["type"]]
        assert set(entry["requiredInputs"]) <= set(resource["properties"]) <= set(entry["inputProperties"])
    for name, output in re.findall(r"\$\{(\w+)\.(\w+)\}", yaml.dump(program)):
        assert output in schema["resources"][program["resources"][name]["type"]]["properties"]


def test_the_examples_in_the_pages_give_what_is_required_and_nothing_unknown(repository: Path) -> None:
    schema = SoundstageProvider("0.0.0").schema_of("gcp")
    for token, entry in schema["resources"].items():
        text = (repository / "docs" / "components" / "gcp" / f"{token.rpartition(':')[2]}.md").read_text()
        program = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
        given = set(program["resources"]["mine"]["properties"])
        assert set(entry.get("requiredInputs") or ()) <= given <= set(entry["inputProperties"])
