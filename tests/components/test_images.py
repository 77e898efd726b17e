"""Pinned images: exact names, known owners, and a default for every machine."""

import re
from datetime import date
from fnmatch import fnmatchcase

import pytest

from soundstage.components import images


@pytest.mark.parametrize("key", images.images())
def test_an_image_is_pinned_by_name_and_owner(key: str) -> None:
    image = images.images()[key]
    assert image.name
    assert not re.search(r"[*?]|latest|^ami-", image.name)
    assert re.fullmatch(r"\d{12}", image.owner)
    assert image.os in images.OPERATING_SYSTEMS
    assert image.root_device.startswith("/dev/")
    assert image.smallest_disk_gib > 0
    assert image.about.endswith(".")


@pytest.mark.parametrize("key", images.images())
def test_an_image_says_when_it_was_made_in_its_key(key: str) -> None:
    image = images.images()[key]
    made = date.fromisoformat(image.created)
    assert image.key.endswith(f"{made:%Y-%m}")
    assert f"{made:%Y%m%d}" in image.name.replace(".", "").replace("-", "")


@pytest.mark.parametrize("os", images.OPERATING_SYSTEMS)
@pytest.mark.parametrize("gpu", [True, False])
def test_every_machine_has_a_default_image_for_its_system(os: str, gpu: bool) -> None:
    assert images.default_image(os, gpu=gpu).os == os


def test_a_linux_machine_with_a_gpu_gets_an_image_with_its_driver() -> None:
    assert images.default_image("linux", gpu=True).gpu_driver


def test_a_windows_image_that_amazon_withdrew_is_not_what_a_new_machine_asks_for() -> None:
    for image in images.images().values():
        assert bool(image.series) == (image.os == "windows")
        assert not image.series or fnmatchcase(image.name, image.series)
