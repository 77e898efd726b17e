"""`preview` says what the policies think of a project, and `up` does nothing that they refuse."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.policies.catalogue import catalogue
from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

OPEN = """\
project: teaser
network: {zone: io}
access: {via: allowlist, from: [203.0.113.7/32]}
workstations:
  edit-1: {for: editing}
"""
WAIVER = """\
waivers:
  - policy: NET-11
    resource: "*"
    reason: The client's reviewers come from one listed address.
    owner: ana@tinyorange.example
    expires: 2099-12-31
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A studio's folder with a project whose machine has a public address."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text(OPEN)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    process.stop(Path(os.environ["SOUNDSTAGE_HOME"]), save=False)


def test_up_refuses_what_a_mandatory_policy_forbids_until_a_waiver_argues_for_it(
    folder: Path, workstation: Callable[..., object]
) -> None:
    seen = workstation("preview", "teaser", "--json")
    assert (seen.code, seen.document["policies"]["refused"]) == (0, True)

    refused = workstation("up", "teaser", "--yes")
    assert refused.code == 3
    assert "NET-11" in refused.err
    assert "workstation check" in refused.err
    assert "nothing of it exists" in workstation("status", "teaser").out

    (folder / "projects" / "teaser.policy.yaml").write_text(WAIVER)
    assert workstation("preview", "teaser", "--json").document["policies"]["refused"] is False


@pytest.mark.parametrize("profile", ["baseline", "studio", "content"])
def test_a_choice_that_every_profile_refuses_was_valid(
    profile: str, folder: Path, workstation: Callable[..., object]
) -> None:
    file = folder / "projects" / "teaser.yaml"
    zone = "" if profile == "content" else "network: {zone: io}\n"
    file.write_text(f"project: teaser\nprofile: {profile}\n{zone}access: {{via: allowlist, from: [203.0.113.7/32]}}\n")
    refused = workstation("validate", "teaser")
    assert refused.code == 2
    line = 3 if profile == "content" else 4
    assert (
        f"teaser.yaml:{line}: access.via: is allowlist, which policy NET-11 of profile {profile} refuses" in refused.err
    )
    assert "session, or vpn with the ranges of a VPN" in refused.err
    assert "a waiver of NET-11 in teaser.policy.yaml" in refused.err
    (folder / "projects" / "teaser.policy.yaml").write_text(WAIVER)
    assert workstation("validate", "teaser").code == 0
    (folder / "projects" / "teaser.policy.yaml").write_text(WAIVER.replace("2099", "2020"))
    assert workstation("validate", "teaser").code == 2


def test_each_choice_that_a_policy_refuses_is_one_that_the_policy_refuses_in_a_plan(
    folder: Path, workstation: Callable[..., object]
) -> None:
    """`validate` says so without a plan; what the policy itself says of the plan of that very file must agree."""
    file = folder / "projects" / "teaser.yaml"
    chosen = {
        "NET-11": OPEN,
        "WS-12": "project: teaser\nallow_spot: [a]\nworkstations: {a: {for: vfx, purchase: spot}}\n",
    }
    assert set(chosen) == {policy.id for policy in catalogue().values() if policy.choice}
    for id, text in chosen.items():
        file.write_text(text)
        said = workstation("validate", "teaser")
        assert (said.code, id in said.err) == (2, True)
        found = workstation("preview", "teaser", "--json").document["policies"]
        assert found["refused"]
        report = workstation("check", "teaser", "--json").document
        assert id in {each["policy"] for each in report["findings"] if each["status"] == "open"}


@pytest.mark.filterwarnings("error")
def test_validating_a_file_with_hours_warns_of_nothing(workstation: Callable[..., Any], repository: Path) -> None:
    ran = workstation("validate", str(repository / "examples" / "feature.yaml"))
    assert (ran.code, ran.err) == (0, "")
