"""A spot machine that AWS takes back, from its stop to the day on which it is bought otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = """\
project: render
profile: baseline
workstations:
  node-1: {for: audio, purchase: spot, data_gib: 20}
  edit-1: {for: audio, data_gib: 0}
allow_spot: [node-1]
"""
WAIVER = """\
waivers:
  - {policy: WS-12, resource: render-node-1-instance, reason: It may start again., owner: a@example.com, expires: 2099-12-31}
"""


@pytest.mark.slow
def test_a_spot_machine_comes_back_with_its_disk_and_could_not_be_bought_on_demand_again(
    workstation: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS's provider keeps the market of a machine whose program no longer names one: `up` said that there was nothing to change."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(tmp_path / "home"))
    (tmp_path / "projects").mkdir()
    file, waiver = tmp_path / "projects" / "render.yaml", tmp_path / "projects" / "render.policy.yaml"
    file.write_text(PROJECT)
    waiver.write_text(WAIVER)
    assert workstation("up", "render", "--yes").code == 0

    def node() -> Any:
        (found,) = (
            one for one in workstation("status", "render", "--json").document["machines"] if one["name"] == "node-1"
        )
        return found

    before = node()
    refused = workstation("simulator", "interrupt", "render", "edit-1")
    assert (refused.code, "edit-1 is not a spot machine" in refused.err) == (2, True)
    assert workstation("simulator", "interrupt", "render", "node-1").code == 0
    taken = workstation("status", "render", "--why").out
    assert "took its spot capacity back. AWS starts it again when it has some; its disks are kept." in " ".join(
        taken.split()
    )
    start = workstation("start", "render", "--machine", "node-1")
    assert (start.code, "AWS starts it by itself" in start.err, "workstation move render node-1" in start.err) == (
        1,
        True,
        True,
    )
    assert node()["state"] == "stopped"
    workstation("simulator", "interrupt", "render", "node-1", "--give")
    back = node()
    assert (back["state"], back["instance_id"], back["disks"]) == ("running", before["instance_id"], before["disks"])
    # Stopped by a person, it is started by one.
    assert workstation("stop", "render", "--machine", "node-1").code == 0
    assert workstation("start", "render", "--machine", "node-1").code == 0

    # To work meanwhile, it comes back in another zone with both of its disks: still a spot machine, which can be taken again.
    workstation("simulator", "interrupt", "render", "node-1")
    assert workstation("move", "render", "node-1", "--zone", "eu-west-1b", "--yes").code == 0
    elsewhere = node()
    assert (elsewhere["state"], elsewhere["availability_zone"]) == ("running", "eu-west-1b")
    assert elsewhere["disks"] == before["disks"]

    workstation("simulator", "interrupt", "render", "node-1")
    file.write_text(PROJECT.replace("purchase: spot, ", "").replace("allow_spot: [node-1]\n", ""))
    waiver.unlink()
    plan = workstation("preview", "render", "--json").document
    replaced = {one["name"] for one in plan["resources"] if one["operation"] == "replace"}
    assert "render-node-1-instance" in replaced
    assert "render-node-1-data" not in replaced
    assert workstation("up", "render", "--yes").code == 0
    after = node()
    assert (after["state"], after["disks"]) == ("running", before["disks"])
    assert after["instance_id"] not in (before["instance_id"], elsewhere["instance_id"])
