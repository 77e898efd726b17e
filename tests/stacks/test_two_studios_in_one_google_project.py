"""Two studios in one project of Google Cloud: its organisation policies are those of the first, wherever either has its home."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.stacks.studio_deployment import StudioDeployment, open_studio

POLICY = "gcp:orgpolicy/policy:Policy"


@pytest.fixture
def folder(tmp_path: Path, soundstage_home: Path) -> Iterator[Path]:
    yield tmp_path
    process.stop(soundstage_home, save=False)


def _studio(folder: Path, name: str, region: str, more: str = "") -> StudioDeployment:
    file = folder / f"{name}.yaml"
    file.write_text(f"studio: {name}\nhome_region: {region}\nalert_emails: [ana@studio.example]\n{more}")
    return open_studio(str(file), cloud="simulated-gcp")


@pytest.mark.parametrize("region", ["europe-west4", "us-central1"])
def test_the_second_studio_leaves_the_policies_to_the_first_and_says_so(folder: Path, region: str) -> None:
    first = _studio(folder, "northlight", "europe-west4", "regions: [europe-west4, us-central1]\n")
    first.apply()
    assert len(first.engine.resources().of_type(POLICY)) > 0
    second = _studio(folder, "tinyorange", region)
    said: list[str] = []
    second.preview(on_event=lambda event: said.append(event.message))
    # It was told what is so on AWS: that disk encryption and password rules follow the studio that came up last.
    (told,) = [one for one in said if one.startswith("Another studio uses this account too: northlight.")]
    assert "are those of the studio that came first" in told
    assert "came up last" not in told
    second.apply()
    assert second.engine.resources().of_type(POLICY) == ()
    (told,) = second.engine.outputs()["warnings"]
    assert told == "The organisation policies here are those of the studio northlight, which came first."
    assert not first.preview().changes_anything
    assert not second.preview().changes_anything


def test_a_second_studio_elsewhere_is_told_what_the_first_keeps_it_out_of(folder: Path) -> None:
    first = _studio(folder, "northlight", "europe-west4")
    first.apply()
    second = _studio(folder, "tinyorange", "us-central1")
    for act in (second.preview, second.apply):
        with pytest.raises(
            UsageError, match=r"The studio northlight came first .* out of us-central1: only europe-west4 may"
        ) as refused:
            act()
    assert "`regions` in the studio file of northlight" in str(refused.value.hint)
    assert list(second.engine.resources()) == []
    assert not first.preview().changes_anything


def test_what_a_new_region_takes_was_made_before_its_policy_allowed_the_region(
    folder: Path, soundstage_home: Path
) -> None:
    first = _studio(folder, "northlight", "europe-west4")
    first.apply()
    process.set_faults(soundstage_home, [FaultRule("orgpolicy:projects.policies.patch", "latency", seconds=0.5)])
    later = _studio(folder, "northlight", "europe-west4", "regions: [europe-west4, us-central1]\n")
    later.apply()
    assert sorted(later.engine.outputs()["log_buckets"]) == ["europe-west4", "us-central1"]
