"""Whose a last snapshot on Google Cloud is, which has no labels and is known by its name alone."""

from typing import Any

import pytest

from soundstage.components.naming import last_snapshot_name
from soundstage.stacks.clouds.gcp import media

TAKEN = "20261127-031500"


@pytest.fixture
def snapshots(monkeypatch: pytest.MonkeyPatch) -> media.GoogleSnapshots:
    """Those of the project `teaser` of two studios, and of `teaser-2`, all in one Google Cloud project."""
    owners = [("home", "teaser", "edit-1"), ("home", "teaser-2", "edit-1"), ("away", "teaser", "edit-1")]
    names = [f"{last_snapshot_name(*one)}-{TAKEN}" for one in owners]
    found = [
        {"name": name, "status": "READY", "creationTimestamp": "2026-11-27T03:15:00Z"} for name in (*names, "mine")
    ]
    monkeypatch.setattr(media, "pages", lambda *_: iter(found))
    return media.GoogleSnapshots(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("owner", [("home", "teaser"), ("home", "teaser-2"), ("away", "teaser")])
def test_last_snapshots_of_a_project_or_studio_whose_name_begins_alike_were_taken_for_ones_own(
    owner: tuple[str, str], snapshots: Any
) -> None:
    """A disk came back with another client's work on it, and `down --delete-media` deleted it."""
    (found,) = snapshots.of_project(*owner)
    assert found.id == f"{last_snapshot_name(*owner, 'edit-1')}-{TAKEN}"
    assert found.machine == "edit-1"


def test_the_last_snapshot_of_a_machine_with_the_longest_names_was_found_by_nobody() -> None:
    """Its name was cut off before the word by which it was known."""
    longest = "a-name-of-20-letters"
    name = f"{last_snapshot_name(longest, longest, longest)}-{TAKEN}"
    assert len(name) <= 63
    assert media.LAST_SNAPSHOT.fullmatch(name)
