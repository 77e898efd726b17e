"""What may leave a machine through its display, by profile."""

import pytest

from soundstage.components.boot.display import DENIED, FEATURES, permissions
from soundstage.components.boot.facts import PROFILES

WAYS_OUT = {"clipboard-copy", "file-download", "printer", "screenshot", "usb"}


def test_every_profile_is_described_in_features_that_exist() -> None:
    assert set(DENIED) == set(PROFILES)
    assert {feature for features in DENIED.values() for feature in features} <= set(FEATURES)


def test_each_profile_denies_what_the_one_before_denied() -> None:
    baseline, studio, content = (set(DENIED[profile]) for profile in PROFILES)
    assert baseline < studio < content


def test_content_leaves_no_way_out_but_the_picture() -> None:
    assert set(DENIED["content"]) >= WAYS_OUT


@pytest.mark.parametrize("profile", PROFILES)
def test_a_denial_is_for_everyone_and_cannot_be_overridden(profile: str) -> None:
    lines = permissions(profile).splitlines()
    assert lines[0] == "[permissions]"
    denied = next(line for line in lines if line.startswith("%any% deny "))
    assert set(denied.split()[2:]) == set(DENIED[profile])
    assert not [line for line in lines if line.startswith("%any% allow")]
