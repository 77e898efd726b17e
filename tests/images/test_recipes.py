"""Recipes: what comes with the project is whole and pinned, and what a person writes wrong is said with its place."""

import os
import re
from pathlib import Path

import pytest

from soundstage.components import sizes
from soundstage.components.images import images
from soundstage.core.errors import SpecError, UsageError
from soundstage.images.index import for_work, indexed, shipped_index, text_of
from soundstage.images.recipe import CARRIES
from soundstage.images.recipes import parts, recipes, shipped
from soundstage.images.steps.download import UNPUBLISHED

NAMES = sorted(shipped().by_name)
OWN = """\
recipe: house-edit
about: Our own.
os: linux
system: debian
extends: edit-linux
base: ubuntu-24.04-2026-09
builder: {for: editing, disk_gib: 60}
bake_minutes: 40
downloads:
  resolve:
    version: 19.1.3
    studio: installers/resolve-19.1.3.run
    sha256: "SUM"
    source: our own copy
    read: "2026-11-20"
steps:
  - download: {get: resolve, to: /var/cache/soundstage/resolve.run}
  - script: {unless: test -d /opt/resolve, run: sh /var/cache/soundstage/resolve.run -i -y}
""".replace("SUM", "a" * 64)


def _own(tmp_path: Path, text: str = OWN, name: str = "house-edit") -> Path:
    folder = tmp_path / "images"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)
    return tmp_path / "studio.yaml"


def _faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        recipes(_own(tmp_path, text))
    return [str(fault).partition("house-edit.yaml")[2] for fault in refused.value.faults]


def test_every_kind_of_work_has_a_recipe_on_both_systems() -> None:
    for role in sizes.roles():
        for system in ("linux", "windows"):
            found = for_work(shipped_index(), role, system)
            assert found is not None, (role, system)
            assert found.os == system
            assert "display" in found.carries


@pytest.mark.parametrize("family", ["aws", "gcp"])
def test_the_index_says_what_the_recipes_say(repository: Path, family: str) -> None:
    """`UPDATE_SNAPSHOTS=1 pytest tests/images/test_recipes.py` writes it anew."""
    path = repository / "images" / f"index_{family}.json"
    written = text_of(indexed(shipped(family), shipped()))
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(written)
    assert path.read_text() == written
    assert shipped_index(family) == indexed(shipped(family), shipped())


def test_the_recipes_that_are_promised_are_there() -> None:
    assert set(NAMES) >= {
        "audio-linux", "color-linux", "edit-linux", "edit-rocky", "edit-windows", "ml-linux", "photo-linux", "render-node", "vfx-linux",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_carries_what_a_closed_network_cannot_fetch(name: str) -> None:
    recipe = shipped().named(name)
    assert set(recipe.carries) <= set(CARRIES)
    needed = {"agent", "hardening", "media-drive"}
    gpu = sizes.known_types()[sizes.instance_type(recipe.builder.for_, recipe.builder.size)].gpu
    if gpu:
        needed |= {"gpu-driver", "encoder"}
    elif recipe.roles:
        needed.add("screen")
    if recipe.roles:
        needed |= {"display", "desktop", "audio"}
    assert needed <= set(recipe.carries)
    assert recipe.checks
    assert recipe.base == images()[recipe.base.key]
    assert recipe.builder.disk_gib >= recipe.base.smallest_disk_gib


@pytest.mark.parametrize("name", NAMES)
def test_every_download_is_pinned_by_what_can_be_checked(name: str) -> None:
    for source in shipped().named(name).downloads.values():
        assert source.version in (source.url or "")
        assert "latest" not in (source.url or "")
        assert source.sha256 != UNPUBLISHED or source.signature or source.proof
        assert source.read.year >= 2026
        assert source.source


def test_two_recipes_never_have_the_same_digest() -> None:
    digests = [recipe.digest for recipe in shipped().by_name.values()]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_no_part_lies_about_unused() -> None:
    used = {part for family in ("aws", "gcp") for one in shipped(family).by_name.values() for part in one.parts}
    assert set(parts()) <= used


def test_a_studio_adds_its_licensed_installer_to_a_recipe(tmp_path: Path) -> None:
    own = recipes(_own(tmp_path)).named("house-edit")
    first = shipped().named("edit-linux")
    assert own.carries == first.carries
    assert own.steps[: len(first.steps)] == first.steps
    assert own.downloads["resolve"].studio == "installers/resolve-19.1.3.run"
    assert own.digest != first.digest


def test_a_word_that_says_more_to_people_changes_no_digest(tmp_path: Path) -> None:
    before = recipes(_own(tmp_path)).named("house-edit").digest
    assert recipes(_own(tmp_path, OWN.replace("Our own.", "Ours."))).named("house-edit").digest == before
    assert recipes(_own(tmp_path, OWN.replace("-i -y", "-i"))).named("house-edit").digest != before


def test_a_name_that_is_no_recipe_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError, match='Did you mean "edit-linux"') as refused:
        shipped().named("edit-linx")
    assert "color-linux" in refused.value.hint


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("aboot: x", "about: Our own.", "aboot: is not known"),
        ("os: macos", "os: linux", 'os: is "macos" (allowed: linux, windows)'),
        ("base: ubuntu-99", "base: ubuntu-24.04-2026-09", 'base: is "ubuntu-99" (allowed: ubuntu-24.04-gpu-2026-10'),
        ("extends: edit-linx", "extends: edit-linux", 'extends: is "edit-linx", which is no recipe'),
        ("recipe: other", "recipe: house-edit", 'recipe: is "other", and its file is house-edit.yaml'),
        ("get: resolv,", "get: resolve,", 'download.get: is "resolv"'),
        ("system: redhat", "system: debian", 'extends: is "edit-linux", a recipe for the system debian'),
        ("parts: [redhat-base]\nsteps:", "steps:", 'parts[0]: is "redhat-base", a part for the system redhat'),
        ("parts: [dcv]\nsteps:", "steps:", 'parts[0]: is "dcv"'),
        ("sha256: unpublished", f'sha256: "{"a" * 64}"', "downloads.resolve.sha256: is unpublished"),
        ("url: https://x.example/19.1.3\n    studio: a", "studio: installers/resolve-19.1.3.run", "has both url and studio"),
        ("run: a, mehr: b}", "run: sh /var/cache/soundstage/resolve.run -i -y}", "steps[1].script.mehr: is not known"),
        ("- {}", "- script: {unless: test -d /opt/resolve, run: sh /var/cache/soundstage/resolve.run -i -y}", "steps[1]: has no kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_recipe_is_said_with_its_place(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert right in OWN
    assert any(said in fault for fault in _faults(tmp_path, OWN.replace(right, wrong))), _faults(
        tmp_path, OWN.replace(right, wrong)
    )


def test_an_address_that_leads_to_the_newest_version_cannot_be_pinned(tmp_path: Path) -> None:
    moving = OWN.replace("studio: installers/resolve-19.1.3.run", "url: https://x.example/latest/resolve.run")
    assert any("does not hold the version 19.1.3" in fault for fault in _faults(tmp_path, moving))


def test_a_package_on_windows_is_refused(tmp_path: Path) -> None:
    text = (
        OWN.replace("os: linux", "os: windows")
        .replace("system: debian", "system: windows")
        .replace("ubuntu-24.04-2026-09", "windows-2022-2026-09")
        .replace("extends: edit-linux", "extends: edit-windows")
        .replace("steps:", "steps:\n  - package: {install: [curl]}")
    )
    assert any("steps[0].package: is for Linux only" in fault for fault in _faults(tmp_path, text))
