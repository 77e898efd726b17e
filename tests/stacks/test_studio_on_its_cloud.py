"""A studio file is for one cloud, that of its home region, and `--cloud` says which one a command is for."""

from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.simulator import process
from soundstage.stacks.studio_deployment import open_studio


@pytest.mark.parametrize(
    ("region", "cloud", "words"),
    [
        pytest.param(
            "europe-west4", "simulated", "Add `--cloud simulated-gcp` or `--cloud gcp` to", id="on Google Cloud"
        ),
        pytest.param("eu-west-1", "simulated-gcp", "Add `--cloud simulated` or `--cloud aws` to", id="on AWS"),
    ],
)
def test_a_studio_is_not_looked_for_on_a_cloud_that_does_not_have_its_home_region(
    tmp_path: Path, soundstage_home: Path, region: str, cloud: str, words: str
) -> None:
    """It was said to be down there while it was up, and `studio down` said that there was nothing to take down."""
    file = tmp_path / "studio.yaml"
    file.write_text(f"studio: northlight\nhome_region: {region}\n")
    with pytest.raises(UsageError, match=f"home_region: {region}, a region of") as caught:
        open_studio(str(file), cloud=cloud)
    assert caught.value.hint.startswith(words)


def test_a_studio_that_is_up_is_found_where_it_is_and_told_its_own_region(
    tmp_path: Path, soundstage_home: Path
) -> None:
    file = tmp_path / "studio.yaml"
    file.write_text("studio: northlight\nhome_region: europe-west4\n")
    try:
        open_studio(str(file), cloud="simulated-gcp").up()
        file.write_text("studio: northlight\nhome_region: eu-west-1\n")
        edited = open_studio(str(file), cloud="simulated-gcp")
        assert edited.standing() == "up"
        with pytest.raises(UsageError, match="is up on the simulated Google Cloud, europe-west4") as caught:
            edited.preview()
        assert caught.value.hint.startswith("Put `home_region: europe-west4` back.")
    finally:
        process.stop(soundstage_home, save=False)
