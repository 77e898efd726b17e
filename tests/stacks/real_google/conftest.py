"""A project on `cloud: gcp`, whose real addresses and credentials end at the simulated Google Cloud on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.google_on_loopback import RealOne, real_google, studio_file
from tests.stacks.real_google.teaser import write

from soundstage.simulator import process


@pytest.fixture
def google(soundstage_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealOne]:
    """The folder with a studio and the project `teaser` is the current one."""
    folder = tmp_path / "work"
    (folder / "projects").mkdir(parents=True)
    monkeypatch.chdir(folder)
    found = real_google(tmp_path, monkeypatch)
    studio_file(folder)
    write(found, "gcp")
    yield found
    process.stop(soundstage_home)
