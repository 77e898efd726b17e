"""A studio file is for one cloud, that of its home region, and `--cloud` says which one a command is for."""

from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.stacks.studio_deployment import open_studio


@pytest.mark.parametrize(
    ("region", "cloud", "words"),
    [
        pytest.param("europe-west4", "simulated", "Add `--cloud simulated-gcp` to", id="on Google Cloud"),
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
