"""Every lifecycle preset keeps originals and pays for nothing twice."""

from itertools import pairwise

import pytest

from soundstage.components.layout import FOLDERS, MASTERS, TRANSFER
from soundstage.components.lifecycle import LEAST_BILLED_DAYS, PRESETS, Tier, log_rules, media_rules

ALL = sorted(PRESETS)


@pytest.mark.parametrize(
    ("preset", "tiers"),
    [
        ("footage", (Tier(30, "STANDARD_IA"), Tier(365, "GLACIER"))),
        ("project-archive", (Tier(180, "DEEP_ARCHIVE"),)),
        ("inactive-90", (Tier(90, "GLACIER"),)),
    ],
)
def test_presets_move_media_on_the_documented_days(preset: str, tiers: tuple[Tier, ...]) -> None:
    assert PRESETS[preset].tiers == tiers


@pytest.mark.parametrize("preset", ALL)
def test_no_current_version_ever_expires_but_of_what_is_on_its_way_to_a_machine(preset: str) -> None:
    expiring = [rule for rule in media_rules(preset) if rule.expire_after_days is not None]
    assert [rule.prefix for rule in expiring] == [TRANSFER]
    assert not any(folder.startswith(TRANSFER) or TRANSFER.startswith(folder) for folder in FOLDERS)


@pytest.mark.parametrize("preset", ALL)
def test_nothing_under_masters_ever_expires(preset: str) -> None:
    reaching = [rule for rule in media_rules(preset) if MASTERS.startswith(rule.prefix)]
    assert [rule.id for rule in reaching if rule.expire_old_after_days is not None] == []


@pytest.mark.parametrize("preset", ALL)
def test_old_versions_expire_in_every_other_folder(preset: str) -> None:
    kept = PRESETS[preset].old_versions_kept_days
    expiring = {rule.prefix: rule.expire_old_after_days for rule in media_rules(preset) if rule.prefix}
    assert expiring == {TRANSFER: 1} | {folder: kept for folder in FOLDERS if folder != MASTERS}
    assert kept >= 30


@pytest.mark.parametrize("preset", ALL)
def test_unfinished_uploads_are_aborted_within_a_week_everywhere(preset: str) -> None:
    everywhere = [rule for rule in media_rules(preset) if rule.prefix == ""]
    assert [rule.abort_uploads_after_days for rule in everywhere] == [7]


@pytest.mark.parametrize("preset", ALL)
def test_no_move_comes_before_the_last_one_is_paid_off(preset: str) -> None:
    chosen = PRESETS[preset]
    for earlier, later in pairwise(chosen.tiers):
        assert later.after_days - earlier.after_days >= LEAST_BILLED_DAYS[earlier.storage_class]
    for tier in chosen.old_tiers:
        assert chosen.old_versions_kept_days - tier.after_days >= LEAST_BILLED_DAYS[tier.storage_class]


@pytest.mark.parametrize("preset", ALL)
def test_s3_accepts_the_days_and_names_of_the_rules(preset: str) -> None:
    rules = media_rules(preset)
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        for tier in (*rule.tiers, *rule.old_tiers):
            assert tier.after_days >= 30 or tier.storage_class != "STANDARD_IA"


@pytest.mark.parametrize("preset", ALL)
def test_a_preset_says_in_words_what_it_does(preset: str) -> None:
    assert len(PRESETS[preset].summary) > 20


def test_logs_go_after_their_time_and_not_before() -> None:
    (rule,) = log_rules(366)
    assert (rule.expire_after_days, rule.prefix) == (366, "")
    assert all(tier.after_days < 366 for tier in rule.tiers)


def test_every_folder_says_what_belongs_into_it() -> None:
    assert all(folder.endswith("/") and meaning for folder, meaning in FOLDERS.items())
    assert {"footage/", "audio/", "graphics/", "project-files/", "exports/", "masters/", "proxies/"} == set(FOLDERS)
