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
