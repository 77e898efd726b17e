"""The examples for CI are valid, call commands that exist, and carry no long-lived key."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from soundstage.cli.folder import FolderGroup

NAMES = ("infrastructure-github.yaml", "infrastructure-gitlab.yaml", "expire-github.yaml")
LIFE = {"engine install", "preview", "up", "drift", "validate"}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_exists(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    assert yaml.safe_load(text)
    used = set(re.findall(r"workstation ((?:engine )?[a-z-]+)([^|;\n]*)", text))
    assert {words for words, _ in used} >= ({"engine install", "expire", "list"} if "expire" in name else LIFE)
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


@pytest.mark.parametrize("name", ["github-actions.yaml", "infrastructure-github.yaml", "expire-github.yaml"])
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
        "pull-requests",
    }
    assert "secrets." not in yaml.safe_dump({key: value for key, value in workflow.items() if key != "jobs"})


@pytest.mark.parametrize("name", ["github-actions.yaml", "gitlab-ci.yaml", *NAMES])
def test_what_is_installed_is_held_to_its_hash(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    installed = re.findall(r"pip install ([^&\n]+)", text)
    assert installed
    assert {line.strip() for line in installed} == {"--require-hashes --requirement ci/requirements.txt"}
    for image in re.findall(r"^ *image: (\S+)", text, re.MULTILINE):
        assert image.startswith("$")  # a variable that its comment asks to be a digest
    assert ":latest" not in text


@pytest.mark.parametrize("name", ["github-actions.yaml", "gitlab-ci.yaml"])
def test_a_pull_request_does_not_choose_the_policy_file_that_judges_it(name: str, repository: Path) -> None:
    text = (repository / "examples" / "ci" / name).read_text()
    judged = re.findall(r"workstation check (?!--plan)(.*)", text)
    assert judged
    assert all("--config" in line for line in judged)


@pytest.mark.parametrize("name", ["github-actions.yaml", "gitlab-ci.yaml", *NAMES[:2]])
def test_a_pull_request_brought_the_program_that_judged_it(name: str, repository: Path) -> None:
    """The wheel and its hashes lie in the repository: those of the pull request are its author's."""
    text = (repository / "examples" / "ci" / name).read_text().partition("policies-of-a-pulumi-stack:")[0]
    before, after = text.split("pip install", 1)
    assert "cd base" in before or "working-directory: base" in after.splitlines()[1]


def test_what_may_write_comments_runs_nothing_of_the_pull_request(repository: Path) -> None:
    jobs = yaml.safe_load((repository / "examples" / "ci" / "github-actions.yaml").read_text())["jobs"]
    for job in jobs.values():
        if "pull-requests" in job.get("permissions", {}):
            told = yaml.safe_dump(job["steps"])
            assert "checkout" not in told
            assert "pip" not in told
            assert "workstation" not in told
            assert "head.repo.full_name == github.repository" in job["if"]


def test_nobody_is_told_to_install_a_name_that_a_stranger_may_take(repository: Path) -> None:
    """Soundstage is in no package registry: whoever registers its name would be given our users' accounts."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True, text=True)
    for name in listed.stdout.split("\0"):
        file = repository / name
        if file.is_file() and file.suffix in {".md", ".py", ".yaml", ".toml", ".json", ""} and file != Path(__file__):
            named = re.findall(
                r"(?:pip3?|uv|pipx) (?:add|install|tool install)[^\n`]*\bsoundstage\b.*", file.read_text("utf-8")
            )
            assert not named, f"{name}: {named}"


def test_the_bundle_for_a_pipeline_holds_what_soundstage_needs_and_nothing_of_the_developers(
    repository: Path, tmp_path: Path
) -> None:
    wheel = tmp_path / "soundstage-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    script, lock = repository / ".ci" / "requirements.py", repository / "requirements.lock"
    subprocess.run([sys.executable, script, lock, tmp_path], check=True, capture_output=True)
    only, own, *others = re.split(r"^(?=\S)", (tmp_path / "requirements.txt").read_text(), flags=re.MULTILINE)[1:]
    assert only == "--only-binary :all:\n"
    assert own == f"./ci/{wheel.name} --hash=sha256:{hashlib.sha256(b'a wheel').hexdigest()}\n"
    names = {re.split(r"\[|==", block)[0] for block in others}
    assert {"pulumi", "pulumi-aws", "pydantic", "typer", "boto3", "moto", "dill", "pulumi-policy", "botocore"} <= names
    assert not {"mypy", "ruff", "pytest", "hypothesis", "boto3-stubs", "build"} & names
    assert all("--hash=sha256:" in block for block in others)
