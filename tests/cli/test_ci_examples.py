"""The examples for CI are valid, call commands that exist, and carry no long-lived key."""

import re
from pathlib import Path

import pytest
import yaml

from soundstage.cli.folder import FolderGroup

NAMES = ("infrastructure-github.yaml", "infrastructure-gitlab.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_exists(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    assert yaml.safe_load(text)
    used = set(re.findall(r"workstation ((?:engine )?[a-z-]+)([^|;\n]*)", text))
    assert {words for words, _ in used} >= {"engine install", "preview", "up", "drift", "validate"}
    for words, rest in used:
        found = FolderGroup()
        for word in words.split():
            found = found.load(word)  # type: ignore[assignment]
        known = {option for parameter in found.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


@pytest.mark.parametrize("name", NAMES)
def test_there_is_no_long_lived_key(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    assert not re.search(r"AWS_(SECRET_)?ACCESS_KEY|AKIA", text)
    assert "id-token: write" in text or "id_tokens" in text


@pytest.mark.parametrize("name", ["github-actions.yaml", "infrastructure-github.yaml"])
def test_actions_are_pinned_by_commit_and_rights_are_given_by_name(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    workflow = yaml.safe_load(text)
    granted = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    assert {right for rights in granted for right, level in rights.items() if level == "write"} <= {
        "id-token",
        "security-events",
    }
    assert "secrets." not in yaml.safe_dump({key: value for key, value in workflow.items() if key != "jobs"})


@pytest.mark.parametrize("name", ["github-actions.yaml", "gitlab-ci.yaml", *NAMES])
def test_what_is_installed_has_a_version(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    for line in re.findall(r"pip install ([^&\n]+)", text):
        assert "==" in line
    assert ":latest" not in text
