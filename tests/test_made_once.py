"""What is made once for many tests, when making it fails."""

from pathlib import Path

import pytest
from tests.made_once import STUDIO, MadeOnce

from soundstage.core.home import home_to_read
from soundstage.simulator import process


def test_what_could_not_be_made_ran_on_and_was_made_upon_by_the_next_test(
    tmp_path: Path, soundstage_home: Path
) -> None:
    once = MadeOnce(tmp_path)
    homes: list[Path] = []

    def make() -> None:
        homes.append(home_to_read())
        process.ensure(homes[-1])
        begun = homes[-1] / "begun"
        assert not begun.exists()
        begun.touch()
        if len(homes) == 1:
            raise ValueError("the first time")

    with pytest.raises(ValueError, match="the first time"):
        once.put(STUDIO, make)
    assert process.running(homes[0]) is None
    assert not soundstage_home.exists()
    once.put(STUDIO, make)
    assert (soundstage_home / "begun").exists()
