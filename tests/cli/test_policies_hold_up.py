"""`preview` says what the policies think of a project, and `up` does nothing that they refuse."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
    process.stop(Path(os.environ["SOUNDSTAGE_HOME"]))


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
